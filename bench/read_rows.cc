// The rows that read the log.
#include <cstring>

#include "by_hand.h"
#include "fixtures.h"
#include "rows.h"

namespace daybook::bench {
namespace {

constexpr size_t kEvents = 400'000;

// A store with events in 10,000 streams, all in table files, made once and kept for every run.
struct FilledStore {
  Directory directory;
  std::unique_ptr<EventStore> store;
};

FilledStore& Ours() {
  static const auto filled = [] {
    auto made = std::make_unique<FilledStore>();
    const size_t events = Scaled(kEvents);
    {
      const auto store = OpenBenchStore(made->directory.path(), Durability::kNone);
      for (size_t i = 0; i < events;) {
        Commit commit;
        for (size_t j = 0; j < 1'000 && i < events; ++j, ++i) {
          Event event;
          event.type = "Deposited";
          event.payload = Payload(i);
          commit.appends.push_back({StreamOf(i), ExpectedVersion::Any(), {}});
          commit.appends.back().events.push_back(std::move(event));
        }
        Check(store->Append(std::move(commit)).status());
      }
    }
    made->store = OpenBenchStore(made->directory.path(), Durability::kStrict);
    return made;
  }();
  return *filled;
}

struct FilledLog {
  Directory directory;
  std::unique_ptr<HandLog> log;
};

FilledLog& ByHand() {
  static const auto filled = [] {
    auto made = std::make_unique<FilledLog>();
    made->log = std::make_unique<HandLog>(made->directory.path());
    const size_t events = Scaled(kEvents);
    for (size_t i = 0; i < events;) {
      rocksdb::WriteBatch batch;
      for (size_t j = 0; j < 1'000 && i < events; ++j, ++i) {
        made->log->Add(&batch, i % kStreams, i / kStreams, Payload(i));
      }
      made->log->Write(&batch, /*sync=*/false);
    }
    made->log->FlushAndCompact();
    return made;
  }();
  return *filled;
}

// Looks at a byte of each payload, so that it is read.
double Scan() {
  EventStore& store = *Ours().store;
  const Stopwatch watch;
  uint64_t seen = 0;
  uint64_t sum = 0;
  const auto reader = store.Reader();
  ReadLogOptions options;
  while (true) {
    const EventBatch batch = Value(reader->ReadLog(options));
    for (const RecordedEvent& event : batch) {
      sum += static_cast<uint8_t>(event.payload[0]);
      ++seen;
    }
    options.from = batch.next();
    if (batch.at_end()) break;
  }
  if (seen != Scaled(kEvents) || sum == 0) std::abort();
  return static_cast<double>(seen) / watch.Seconds();
}

double HandScan() {
  HandLog& log = *ByHand().log;
  const Stopwatch watch;
  uint64_t seen = 0;
  uint64_t sum = 0;
  const std::unique_ptr<rocksdb::Iterator> it(log.db()->NewIterator({}, log.log()));
  for (it->SeekToFirst(); it->Valid(); it->Next()) {
    sum += static_cast<uint8_t>(it->value()[0]);
    ++seen;
  }
  Check(it->status());
  if (seen != Scaled(kEvents) || sum == 0) std::abort();
  return static_cast<double>(seen) / watch.Seconds();
}

}  // namespace

void AddReadRows(std::vector<Row>* rows) {
  rows->push_back({"scan", Scan, HandScan});
}

}  // namespace daybook::bench
