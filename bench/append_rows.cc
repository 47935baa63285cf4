// The append rows: durable appends of events of 256 bytes to 10,000 streams.
#include "append_rows.h"

#include <algorithm>
#include <thread>

#include "by_hand.h"
#include "fixtures.h"
#include "rows.h"

namespace daybook::bench {
namespace {

constexpr size_t kAppends = 40'000;
constexpr size_t kSingleAppends = 2'000;
constexpr size_t kBulkCommits = 60;
constexpr size_t kBulkEvents = 1'000;

Event MakeEvent(const std::string& payload) {
  Event event;
  event.type = "Deposited";
  event.payload = payload;
  return event;
}

Commit MakeCommit(uint64_t n, const std::string& payload) {
  Commit commit;
  commit.appends.push_back({StreamOf(n), ExpectedVersion::Any(), {}});
  commit.appends.back().events.push_back(MakeEvent(payload));
  return commit;
}

// A store in which every stream has its first event.
std::unique_ptr<EventStore> OpenWithStreams(const std::string& path, Durability durability) {
  auto store = OpenBenchStore(path, durability);
  const std::string payload = Payload(1);
  for (uint64_t n = 0; n < kStreams; n += kBulkEvents) {
    Commit commit;
    for (uint64_t i = n; i < n + kBulkEvents; ++i) {
      commit.appends.push_back({StreamOf(i), ExpectedVersion::Any(), {}});
      commit.appends.back().events.push_back(MakeEvent(payload));
    }
    Check(store->Append(std::move(commit)).status());
  }
  return store;
}

// The same by hand.
void AddStreams(HandLog* log) {
  const std::string payload = Payload(1);
  for (uint64_t n = 0; n < kStreams; n += kBulkEvents) {
    rocksdb::WriteBatch batch;
    for (uint64_t i = n; i < n + kBulkEvents; ++i) log->Add(&batch, i, 0, payload);
    log->Write(&batch, /*sync=*/true);
  }
}

// Appends from `threads` threads that keep `in_flight` of them going each.
double InFlight(int threads, int in_flight, Durability durability) {
  Directory directory;
  const auto store = OpenWithStreams(directory.path(), durability);
  const std::string payload = Payload(1);
  const size_t each = Scaled(kAppends) / static_cast<size_t>(threads);
  const Stopwatch watch;
  std::vector<std::thread> callers;
  for (int thread = 0; thread < threads; ++thread) {
    callers.emplace_back([&, thread] {
      std::vector<Signal> waiters(static_cast<size_t>(in_flight));
      for (size_t i = 0; i < each; ++i) {
        Signal& waiter = waiters[i % waiters.size()];
        if (i >= waiters.size()) waiter.Wait();
        store->AppendAsync(
            MakeCommit(i * static_cast<size_t>(threads) + static_cast<size_t>(thread), payload),
            [&waiter](absl::StatusOr<AppendResult> result) {
              Check(result.status());
              waiter.Set();
            });
      }
      for (size_t i = 0; i < std::min(each, waiters.size()); ++i) waiters[i].Wait();
    });
  }
  for (std::thread& caller : callers) caller.join();
  return static_cast<double>(each) * threads / watch.Seconds();
}

double HandInFlight(int threads, int in_flight) {
  Directory directory;
  HandLog log(directory.path());
  AddStreams(&log);
  GroupCommit commit(&log);
  const std::string payload = Payload(1);
  const size_t each = Scaled(kAppends) / static_cast<size_t>(threads);
  const Stopwatch watch;
  std::vector<std::thread> callers;
  for (int thread = 0; thread < threads; ++thread) {
    callers.emplace_back([&, thread] {
      std::vector<GroupCommit::Waiter> waiters(static_cast<size_t>(in_flight));
      for (size_t i = 0; i < each; ++i) {
        GroupCommit::Waiter& waiter = waiters[i % waiters.size()];
        if (i >= waiters.size()) waiter.done.Wait();
        waiter.stream = (i * static_cast<size_t>(threads) + static_cast<size_t>(thread)) % kStreams;
        waiter.version = i + 1;
        waiter.event = payload;
        commit.Submit(&waiter);
      }
      for (size_t i = 0; i < std::min(each, waiters.size()); ++i) waiters[i].done.Wait();
    });
  }
  for (std::thread& caller : callers) caller.join();
  return static_cast<double>(each) * threads / watch.Seconds();
}

double SingleP50(Durability durability) {
  Directory directory;
  const auto store = OpenWithStreams(directory.path(), durability);
  const std::string payload = Payload(1);
  std::vector<double> micros;
  for (size_t i = 0; i < Scaled(kSingleAppends); ++i) {
    const Stopwatch watch;
    Check(store->Append(MakeCommit(i, payload)).status());
    micros.push_back(watch.Micros());
  }
  return Median(std::move(micros));
}

double HandSingleP50() {
  Directory directory;
  HandLog log(directory.path());
  AddStreams(&log);
  const std::string payload = Payload(1);
  std::vector<double> micros;
  for (size_t i = 0; i < Scaled(kSingleAppends); ++i) {
    const Stopwatch watch;
    rocksdb::WriteBatch batch;
    log.Add(&batch, i % kStreams, i + 1, payload);
    log.Write(&batch, /*sync=*/true);
    micros.push_back(watch.Micros());
  }
  return Median(std::move(micros));
}

double Bulk() {
  Directory directory;
  const auto store = OpenWithStreams(directory.path(), Durability::kStrict);
  const std::string payload = Payload(1);
  const size_t commits = Scaled(kBulkCommits);
  const Stopwatch watch;
  for (size_t i = 0; i < commits; ++i) {
    Check(store
              ->Append(StreamOf(i), ExpectedVersion::Any(),
                       std::vector<Event>(kBulkEvents, MakeEvent(payload)))
              .status());
  }
  return static_cast<double>(commits * kBulkEvents) / watch.Seconds();
}

double HandBulk() {
  Directory directory;
  HandLog log(directory.path());
  AddStreams(&log);
  const std::string payload = Payload(1);
  const size_t commits = Scaled(kBulkCommits);
  const Stopwatch watch;
  for (size_t i = 0; i < commits; ++i) {
    rocksdb::WriteBatch batch;
    for (size_t j = 0; j < kBulkEvents; ++j) log.Add(&batch, i, j + 1, payload);
    log.Write(&batch, /*sync=*/true);
  }
  return static_cast<double>(commits * kBulkEvents) / watch.Seconds();
}

}  // namespace

double AppendBlocking(int threads) {
  Directory directory;
  const auto store = OpenWithStreams(directory.path(), Durability::kStrict);
  const std::string payload = Payload(1);
  const size_t each = Scaled(kAppends) / static_cast<size_t>(threads);
  const Stopwatch watch;
  std::vector<std::thread> callers;
  for (int thread = 0; thread < threads; ++thread) {
    callers.emplace_back([&, thread] {
      for (size_t i = 0; i < each; ++i) {
        Check(store
                  ->Append(MakeCommit(
                      i * static_cast<size_t>(threads) + static_cast<size_t>(thread), payload))
                  .status());
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  return static_cast<double>(each) * threads / watch.Seconds();
}

void AddAppendRows(std::vector<Row>* rows) {
  rows->push_back({"append-64-blocking", [] { return AppendBlocking(64); },
                   [] { return HandInFlight(64, 1); }});
  rows->push_back({"append-4x64-inflight", [] { return InFlight(4, 64, Durability::kStrict); },
                   [] { return HandInFlight(4, 64); }});
  rows->push_back({"append-1-p50", [] { return SingleP50(Durability::kStrict); }, HandSingleP50});
  rows->push_back(
      {"append-1-p50-relaxed", [] { return SingleP50(Durability::kRelaxed); }, HandSingleP50});
  rows->push_back({"append-bulk-1000", Bulk, HandBulk});
}

}  // namespace daybook::bench
