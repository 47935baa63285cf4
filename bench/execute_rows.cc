// The execute rows: commands, each of which records one event.
//   execute-nosync[-n-views]  CPU time of the whole process for a command, in µs: caller, sequencer
//                             and background, everything but waiting. 10,000 streams whose states
//                             are in memory, one caller with 256 commands going, nothing synced;
//                             with n inline views
//   execute-nosync-p50        what one caller that waits for each command waits, in µs: with the
//                             two switches of threads
//   execute-hot               64 callers that wait, one stream, durable, commands in 1/s. By hand:
//                             append-64-blocking of ours
#include <ctime>
#include <thread>

#include "append_rows.h"
#include "bank.h"
#include "fixtures.h"
#include "rows.h"

namespace daybook::bench {
namespace {

constexpr size_t kCommands = 40'000;
constexpr size_t kSingleCommands = 5'000;
constexpr size_t kGoing = 256;

bank::Deposit CommandOf(uint64_t n, const std::string& note) {
  return Make<bank::Deposit>({.account = absl::StrCat(n % kStreams), .amount = 1, .note = note});
}

std::string Note() {
  return Payload(1).substr(0, kPayloadBytes - 5);
}

// Executes commands `from` to `until`, kGoing of them at a time.
void ExecuteMany(App& app, size_t from, size_t until) {
  Mutex mutex;
  CondVar changed;
  size_t going = 0;
  const std::string note = Note();
  for (size_t i = from; i < until; ++i) {
    {
      MutexLock lock(&mutex);
      while (going == kGoing) changed.Wait(&mutex);
      ++going;
    }
    app.ExecuteAsync(CommandOf(i, note), {}, [&](absl::StatusOr<Reply> reply) {
      Check(reply.status());
      MutexLock lock(&mutex);
      if (going-- == kGoing || going == 0) changed.Signal();
    });
  }
  MutexLock lock(&mutex);
  while (going > 0) changed.Wait(&mutex);
}

double CpuMicros() {
  timespec now;
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

template <typename... Views>
App OpenBank(const Directory& directory, Durability durability, Views... views) {
  AppOptions options;
  options.store.durability = durability;
  return Value(App::Open(directory.path(), options, Aggregate<Account>(), std::move(views)...));
}

template <typename... Views>
double CpuOfCommand(Views... views) {
  Directory directory;
  App app = OpenBank(directory, Durability::kNone, std::move(views)...);
  const size_t streams = Scaled(kStreams);
  ExecuteMany(app, 0, streams);
  const double before = CpuMicros();
  ExecuteMany(app, 0, Scaled(kCommands));
  return (CpuMicros() - before) / static_cast<double>(Scaled(kCommands));
}

double SingleP50() {
  Directory directory;
  App app = OpenBank(directory, Durability::kNone);
  const std::string note = Note();
  const size_t commands = Scaled(kSingleCommands);
  ExecuteMany(app, 0, commands);
  std::vector<double> micros;
  for (size_t i = 0; i < commands; ++i) {
    const bank::Deposit command = CommandOf(i, note);
    const Stopwatch watch;
    Check(app.Execute(command).status());
    micros.push_back(watch.Micros());
  }
  return Median(std::move(micros));
}

double Hot() {
  constexpr size_t kCallers = 64;
  Directory directory;
  App app = OpenBank(directory, Durability::kStrict);
  const std::string note = Note();
  ExecuteMany(app, 0, 1);
  const size_t each = std::max<size_t>(1, Scaled(kCommands) / kCallers);
  const Stopwatch watch;
  std::vector<std::thread> callers;
  for (size_t caller = 0; caller < kCallers; ++caller) {
    callers.emplace_back([&] {
      for (size_t i = 0; i < each; ++i) Check(app.Execute(CommandOf(0, note)).status());
    });
  }
  for (std::thread& caller : callers) caller.join();
  return static_cast<double>(each * kCallers) / watch.Seconds();
}

}  // namespace

void AddExecuteRows(std::vector<Row>* rows) {
  rows->push_back({"execute-nosync", [] { return CpuOfCommand(); }, nullptr});
  rows->push_back(
      {"execute-nosync-1-view", [] { return CpuOfCommand(Inline<Balances<0>>()); }, nullptr});
  rows->push_back({"execute-nosync-3-views",
                   [] {
                     return CpuOfCommand(Inline<Balances<0>>(), Inline<Balances<1>>(),
                                         Inline<Balances<2>>());
                   },
                   nullptr});
  rows->push_back({"execute-nosync-p50", SingleP50, nullptr});
  rows->push_back({"execute-hot", Hot, [] { return AppendBlocking(64); }});
}

}  // namespace daybook::bench
