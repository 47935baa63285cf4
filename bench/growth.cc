// daybook_growth: how a store behaves as it grows. It is filled up to one size after the other, and
// measured at each:
//
//   daybook_growth EVENTS [DIRECTORY]    a line of figures for each size, as tab separated values
//   daybook_growth --open DIRECTORY      opens the store: how long that took, and the memory then
//
// Every fifth event begins a stream. Payloads are 100 bytes that do not compress.
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <thread>

#include "fixtures.h"

namespace daybook::bench {
namespace {

constexpr uint64_t kEventsPerStream = 5;
constexpr uint64_t kCommitEvents = 1'000;
constexpr size_t kGrowthPayload = 100;
constexpr int kCallers = 16;
constexpr size_t kAppendsEach = 500;
constexpr size_t kLoads = 2'000;
constexpr size_t kScanned = 200'000;

// The stream of an event: they get their events in turns, a thousand streams at a time.
std::string GrowthStream(uint64_t event) {
  const uint64_t block = event / (kCommitEvents * kEventsPerStream);
  return absl::StrCat("account-", block * kCommitEvents + event % kCommitEvents);
}

std::vector<Event> GrowthEvents(std::mt19937_64& random, size_t n) {
  std::vector<Event> events(n);
  for (Event& event : events) {
    event.type = "Deposited";
    event.payload.resize(kGrowthPayload);
    for (char& byte : event.payload) byte = static_cast<char>(random());
  }
  return events;
}

double ResidentMiB() {
  std::ifstream statm("/proc/self/statm");
  uint64_t size = 0, resident = 0;
  statm >> size >> resident;
  return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE)) / (1 << 20);
}

// Events per second, nothing synced: for the size alone.
double Fill(const std::string& path, uint64_t from, uint64_t until) {
  const auto store = OpenBenchStore(path, Durability::kNone);
  std::mt19937_64 random(from);
  const Stopwatch watch;
  for (uint64_t n = from; n < until; n += kCommitEvents) {
    std::vector<Event> events = GrowthEvents(random, kCommitEvents);
    Commit commit;
    for (uint64_t i = 0; i < kCommitEvents; ++i) {
      commit.appends.push_back({GrowthStream(n + i), ExpectedVersion::Any(), {}});
      commit.appends.back().events.push_back(std::move(events[i]));
    }
    Check(store->Append(std::move(commit)).status());
  }
  return static_cast<double>(until - from) / watch.Seconds();
}

struct Opened {
  double millis = 0;
  double mib = 0;
};

// In a process of its own, so that the memory is the store's.
Opened OpenElsewhere(const std::string& program, const std::string& path) {
  const std::string command = absl::StrCat("'", program, "' --open '", path, "'");
  std::FILE* const pipe = popen(command.c_str(), "r");
  Opened opened;
  if (pipe == nullptr || std::fscanf(pipe, "%lf %lf", &opened.millis, &opened.mib) != 2) {
    std::abort();
  }
  pclose(pipe);
  return opened;
}

// Durable, to any streams, by callers that wait for each; per second.
double AppendRate(EventStore& store, uint64_t streams) {
  std::vector<std::thread> callers;
  const Stopwatch watch;
  for (int caller = 0; caller < kCallers; ++caller) {
    callers.emplace_back([&, caller] {
      std::mt19937_64 random(static_cast<uint64_t>(caller));
      for (size_t i = 0; i < kAppendsEach; ++i) {
        Check(store
                  .Append(absl::StrCat("account-", random() % streams), ExpectedVersion::Any(),
                          GrowthEvents(random, 1))
                  .status());
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  return kCallers * kAppendsEach / watch.Seconds();
}

// The median of the reads of whole streams, drawn from all, in µs.
double LoadMicros(const EventStore& store, uint64_t streams) {
  std::mt19937_64 random(streams);
  const auto reader = store.Reader();
  std::vector<double> micros;
  for (size_t i = 0; i < kLoads; ++i) {
    const std::string stream = absl::StrCat("account-", random() % streams);
    const Stopwatch watch;
    if (Value(reader->ReadStream(stream)).size() < kEventsPerStream) std::abort();
    micros.push_back(watch.Micros());
  }
  return Median(std::move(micros));
}

// Of the log, from somewhere in its middle; events per second.
double ScanRate(const EventStore& store) {
  ReadLogOptions options;
  options.from = Position(store.Tip().sequence() / 2);
  const auto reader = store.Reader();
  size_t read = 0;
  const Stopwatch watch;
  while (read < kScanned) {
    const EventBatch batch = Value(reader->ReadLog(options));
    if (batch.empty()) break;
    read += batch.size();
    options.from = batch.next();
  }
  return static_cast<double>(read) / watch.Seconds();
}

int Open(const std::string& path) {
  const Stopwatch watch;
  const auto store = OpenBenchStore(path, Durability::kStrict);
  const double millis = watch.Seconds() * 1e3;
  // A look at many streams, as an application takes one after it was started.
  LoadMicros(*store, store->Tip().sequence() / kEventsPerStream / 2);
  std::printf("%.1f %.1f\n", millis, ResidentMiB());
  return 0;
}

int Grow(const std::string& program, uint64_t most, const std::string& path) {
  std::printf("events\tstreams\tfill\topen_ms\trss_mib\tappend\tload_us\tscan\tdisk_bytes\n");
  uint64_t from = 0;
  for (uint64_t decade = 100'000; from < most; decade *= 10) {
    for (const uint64_t factor : {1, 2, 5}) {
      const uint64_t until = decade * factor;
      if (until > most) return 0;
      const double filled = Fill(path, from, until);
      from = until;
      const Opened opened = OpenElsewhere(program, path);
      const uint64_t streams = until / kEventsPerStream;
      const auto store = OpenBenchStore(path, Durability::kStrict);
      const double load = LoadMicros(*store, streams);
      const double scan = ScanRate(*store);
      const double disk =
          static_cast<double>(store->Stats().disk_bytes) / static_cast<double>(until);
      // Last: it adds some, which the next size does without.
      const double append = AppendRate(*store, streams);
      std::printf("%llu\t%llu\t%.0f\t%.1f\t%.1f\t%.0f\t%.1f\t%.0f\t%.1f\n",
                  static_cast<unsigned long long>(until), static_cast<unsigned long long>(streams),
                  filled, opened.millis, opened.mib, append, load, scan, disk);
      std::fflush(stdout);
    }
  }
  return 0;
}

}  // namespace
}  // namespace daybook::bench

int main(int argc, char** argv) {
  using namespace daybook::bench;  // NOLINT: this is its program
  if (argc == 3 && std::strcmp(argv[1], "--open") == 0) return Open(argv[2]);
  const uint64_t most = argc >= 2 ? std::strtoull(argv[1], nullptr, 10) : 0;
  if (argc < 2 || argc > 3 || most < 100'000) {
    std::fprintf(stderr, "usage: daybook_growth EVENTS [DIRECTORY], at least 100000 events\n");
    return 2;
  }
  if (argc == 3) return Grow(argv[0], most, argv[2]);
  const Directory directory;
  return Grow(argv[0], most, directory.path());
}
