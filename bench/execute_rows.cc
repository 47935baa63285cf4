// The execute rows: commands, each of which records one event.
//   execute-nosync[-n-views]  CPU time of the whole process for a command, in µs: caller, sequencer
//                             and background, everything but waiting. 10,000 streams whose states
//                             are in memory, one caller with 256 commands going, nothing synced;
//                             with n inline views
//   execute-nosync-p50        what one caller that waits for each command waits, in µs: with the
//                             two switches of threads
//   execute-nosync-snapshots  as execute-nosync, with a snapshot each 100 events of a stream, in
//   400
//                             streams
//   execute-snapshot-p50, -p98
//                             what one caller waits for a command to an aggregate whose state of
//                             64 KiB is kept each 20 events, a millisecond after the one before, in
//                             µs, nothing synced: the median, and the 98th percentile, which is
//                             among those that make a snapshot due
//   execute-snapshot-busy-p50, -p98
//                             the same without a pause between the commands
//   execute-hot               64 callers that wait, one stream, durable, commands in 1/s. By hand:
//                             append-64-blocking of ours
#include <algorithm>
#include <ctime>
#include <thread>

#include "absl/time/clock.h"
#include "append_rows.h"
#include "bank.h"
#include "fixtures.h"
#include "rows.h"

namespace daybook::bench {
namespace {

constexpr size_t kCommands = 40'000;
constexpr size_t kSingleCommands = 5'000;
constexpr size_t kNotes = 4'000;
constexpr uint64_t kSavings = 400;
constexpr size_t kGoing = 256;

bank::Deposit CommandOf(uint64_t n, const std::string& note) {
  return Make<bank::Deposit>({.account = absl::StrCat(n % kStreams), .amount = 1, .note = note});
}
bank::Save SaveOf(uint64_t n, const std::string& note) {
  return Make<bank::Save>({.account = absl::StrCat(n % kSavings), .amount = 1, .note = note});
}

std::string Note() {
  return Payload(1).substr(0, kPayloadBytes - 5);
}

// Executes commands `from` to `until`, kGoing of them at a time.
template <typename Command = bank::Deposit>
void ExecuteMany(App& app, size_t from, size_t until,
                 Command (*command_of)(uint64_t, const std::string&) = CommandOf) {
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
    app.ExecuteAsync(command_of(i, note), {}, [&](absl::StatusOr<Reply> reply) {
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

double CpuOfCommandWithSnapshots() {
  Directory directory;
  AppOptions options;
  options.store.durability = Durability::kNone;
  App app = Value(App::Open(directory.path(), options, Aggregate<Savings>()));
  ExecuteMany(app, 0, kSavings, SaveOf);
  const double before = CpuMicros();
  ExecuteMany(app, 0, Scaled(kCommands), SaveOf);
  return (CpuMicros() - before) / static_cast<double>(Scaled(kCommands));
}

double NotePercentile(double part, absl::Duration pause) {
  Directory directory;
  AppOptions options;
  options.store.durability = Durability::kNone;
  App app = Value(App::Open(directory.path(), options, Aggregate<Notebook>()));
  const bank::Note command = Make<bank::Note>({.notebook = "1", .note = Note()});
  for (int i = 0; i < Notebook::kNotes; ++i) Check(app.Execute(command).status());
  std::vector<double> micros;
  for (size_t i = 0; i < Scaled(kNotes); ++i) {
    if (pause > absl::ZeroDuration()) absl::SleepFor(pause);
    const Stopwatch watch;
    Check(app.Execute(command).status());
    micros.push_back(watch.Micros());
  }
  std::sort(micros.begin(), micros.end());
  return micros[static_cast<size_t>(static_cast<double>(micros.size()) * part)];
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
  rows->push_back({"execute-nosync-snapshots", CpuOfCommandWithSnapshots, nullptr});
  rows->push_back({"execute-nosync-p50", SingleP50, nullptr});
  for (const double part : {0.5, 0.98}) {
    const std::string name = part == 0.5 ? "p50" : "p98";
    rows->push_back({absl::StrCat("execute-snapshot-", name),
                     [part] { return NotePercentile(part, absl::Milliseconds(1)); }, nullptr});
    rows->push_back({absl::StrCat("execute-snapshot-busy-", name),
                     [part] { return NotePercentile(part, absl::ZeroDuration()); }, nullptr});
  }
  rows->push_back({"execute-hot", Hot, [] { return AppendBlocking(64); }});
}

}  // namespace daybook::bench
