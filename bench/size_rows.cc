// What the log takes on disk, and how long an append can take while RocksDB rewrites files.
#include <algorithm>
#include <thread>
#include <vector>

#include "fixtures.h"
#include "rows.h"

namespace daybook::bench {
namespace {

constexpr size_t kDiskEvents = 200'000;
constexpr size_t kDiskPerCommit = 100;
constexpr size_t kLatencyAppends = 200'000;
constexpr int kCallers = 16;

// Bytes in table files, of events with ids of their own: log and all indexes.
double DiskBytes() {
  Directory directory;
  const size_t events = Scaled(kDiskEvents);
  {
    const auto store = OpenBenchStore(directory.path(), Durability::kNone);
    for (size_t n = 0; n < events; n += kDiskPerCommit) {
      Event event;
      event.type = "Deposited";
      std::vector<Event> commit(kDiskPerCommit, event);
      for (size_t i = 0; i < kDiskPerCommit; ++i) {
        commit[i].id = Uuid::Random();
        commit[i].payload = Payload(n + i);
      }
      Check(store->Append(StreamOf(n / kDiskPerCommit), ExpectedVersion::Any(), commit).status());
    }
  }
  const auto store = Value(OpenStoreReadOnly(directory.path()));
  return static_cast<double>(store->Stats().disk_bytes) / static_cast<double>(events);
}

// Durable appends of some callers, with a ring so small that table files are written and merged all
// the while; in µs.
std::vector<double> Latencies() {
  Directory directory;
  StoreOptions options;
  options.witness_bytes = size_t{4} << 20;
  const auto store = Value(OpenStore(directory.path(), options));
  const size_t each = Scaled(kLatencyAppends) / kCallers;
  std::vector<std::vector<double>> latencies(kCallers);
  std::vector<std::thread> callers;
  for (int caller = 0; caller < kCallers; ++caller) {
    callers.emplace_back([&, caller] {
      const std::string payload = Payload(static_cast<uint64_t>(caller));
      std::mt19937_64 random(static_cast<uint64_t>(caller));
      std::vector<double>& mine = latencies[static_cast<size_t>(caller)];
      for (size_t i = 0; i < each; ++i) {
        Event event;
        event.type = "Deposited";
        event.payload = payload;
        const Stopwatch watch;
        Check(store->Append(StreamOf(random()), ExpectedVersion::Any(), {event}).status());
        mine.push_back(watch.Micros());
      }
    });
  }
  std::vector<double> all;
  for (size_t i = 0; i < callers.size(); ++i) {
    callers[i].join();
    all.insert(all.end(), latencies[i].begin(), latencies[i].end());
  }
  std::sort(all.begin(), all.end());
  return all;
}

double Quantile(double q) {
  const std::vector<double> latencies = Latencies();
  return latencies[static_cast<size_t>(q * static_cast<double>(latencies.size() - 1))];
}

}  // namespace

void AddSizeRows(std::vector<Row>* rows) {
  // By hand: the payloads alone.
  rows->push_back({"disk", DiskBytes, [] { return static_cast<double>(kPayloadBytes); }});
  // By hand: the half of all that are quicker.
  rows->push_back(
      {"append-p999-compaction", [] { return Quantile(0.999); }, [] { return Quantile(0.5); }});
}

}  // namespace daybook::bench
