// daybook_layouts: where the events of a stream may lie, on bare RocksDB, so that a layout is
// chosen by its figures (docs/adr/0019-streams-point-into-the-log.md).
//
//   daybook_layouts [EVENTS]    a line of figures for each layout, as tab separated values
//
// disk and written are multiples of the payloads: what is there in the end, and what flushes and
// compaction had written when the last event was flushed; some compaction may still have been due.
//
// Events of 256 bytes that do not compress, 100 in each stream, as far apart in the log as can be.
#include <array>
#include <cstdio>
#include <cstdlib>

#include "by_hand.h"
#include "fixtures.h"
#include "rocksdb/cache.h"
#include "rocksdb/statistics.h"
#include "rocksdb/table.h"

namespace daybook::bench {
namespace {

constexpr uint64_t kPerStream = 100;
constexpr uint64_t kTail = 10;
constexpr uint64_t kPerBatch = 1'000;
constexpr size_t kLoads = 1'000;
constexpr size_t kScanned = 200'000;
constexpr uint64_t kPayloads = 997;  // a prime: neighbours have others
constexpr int kRounds = 5;

enum class Layout {
  kPointers,  // the log has the events, an index by stream has their positions
  kCopies,    // the log has the events, an index by stream has them once more
  kByStream,  // events lie by stream, an index by position has their streams and versions
};
constexpr std::array<const char*, 3> kNames = {"pointers", "copies", "by-stream"};

// Both families of a layout: one is ordered by position, one by stream and version.
class LaidOut {
 public:
  LaidOut(Layout layout, const std::string& directory) : layout_(layout) {
    rocksdb::DBOptions options;
    options.create_if_missing = true;
    options.create_missing_column_families = true;
    options.statistics = statistics_;
    const auto cache = rocksdb::NewLRUCache(StoreOptions().block_cache_bytes);
    const auto family = [&cache](bool events) {
      rocksdb::BlockBasedTableOptions table;
      table.block_cache = cache;
      table.block_size = events ? 16 << 10 : 4 << 10;
      if (events) table.block_restart_interval = 1;
      rocksdb::ColumnFamilyOptions made;
      made.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
      made.compression = rocksdb::kLZ4Compression;
      return made;
    };
    rocksdb::DB* db = nullptr;
    Check(
        rocksdb::DB::Open(options, directory,
                          {{rocksdb::kDefaultColumnFamilyName, family(layout != Layout::kByStream)},
                           {"streams", family(layout != Layout::kPointers)}},
                          &handles_, &db));
    db_.reset(db);
  }
  ~LaidOut() {
    for (rocksdb::ColumnFamilyHandle* handle : handles_) db_->DestroyColumnFamilyHandle(handle);
  }

  // Events per second, nothing synced.
  double Fill(uint64_t events) {
    const uint64_t streams = events / kPerStream;
    std::vector<std::string> payloads;
    for (uint64_t n = 0; n < kPayloads; ++n) payloads.push_back(Payload(n));
    const Stopwatch watch;
    for (uint64_t n = 0; n < events;) {
      rocksdb::WriteBatch batch;
      for (const uint64_t end = std::min(n + kPerBatch, events); n < end; ++n) {
        const std::string position = HandLog::Key(n + 1);
        const std::string place = HandLog::Key(n % streams, n / streams);
        const std::string& event = payloads[n % kPayloads];
        Check(batch.Put(log(), position, layout_ == Layout::kByStream ? place : event));
        Check(batch.Put(by_stream(), place, layout_ == Layout::kPointers ? position : event));
      }
      Check(db_->Write({}, &batch));
    }
    const double seconds = watch.Seconds();
    for (rocksdb::ColumnFamilyHandle* handle : handles_) Check(db_->Flush({}, handle));
    written_ = static_cast<double>(statistics_->getTickerCount(rocksdb::FLUSH_WRITE_BYTES) +
                                   statistics_->getTickerCount(rocksdb::COMPACT_WRITE_BYTES));
    for (rocksdb::ColumnFamilyHandle* handle : handles_) {
      Check(db_->CompactRange({}, handle, nullptr, nullptr));
    }
    return static_cast<double>(events) / seconds;
  }

  // Into table files by flushes and compaction, up to the last flush of Fill.
  double WrittenBytes() const { return written_; }
  double DiskBytes() const {
    uint64_t bytes = 0;
    for (rocksdb::ColumnFamilyHandle* handle : handles_) {
      uint64_t size = 0;
      db_->GetIntProperty(handle, rocksdb::DB::Properties::kTotalSstFilesSize, &size);
      bytes += size;
    }
    return static_cast<double>(bytes);
  }

  // The median of reading a stream from the version `first` on, of random streams; in µs.
  double LoadMicros(uint64_t streams, uint64_t first) {
    std::mt19937_64 random(first);
    std::vector<double> micros;
    for (size_t i = 0; i < kLoads; ++i) {
      const uint64_t stream = random() % streams;
      const Stopwatch watch;
      const std::string end = HandLog::Key(stream + 1);
      const rocksdb::Slice upper(end);
      rocksdb::ReadOptions bounded;
      bounded.iterate_upper_bound = &upper;
      std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator(bounded, by_stream()));
      std::vector<std::string> values;
      for (it->Seek(HandLog::Key(stream, first)); it->Valid(); it->Next()) {
        values.push_back(it->value().ToString());
      }
      Look(layout_ == Layout::kPointers ? LookUp(log(), values) : std::move(values),
           kPerStream - first);
      micros.push_back(watch.Micros());
    }
    return Median(std::move(micros));
  }

  // Events per second, of the log's first ones in its order.
  double ScanRate() {
    size_t scanned = 0;
    const Stopwatch watch;
    std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator({}, log()));
    std::vector<std::string> values;
    for (it->SeekToFirst(); it->Valid() && scanned < kScanned;) {
      values.clear();
      for (; it->Valid() && values.size() < kPerBatch; it->Next()) {
        values.push_back(it->value().ToString());
      }
      const size_t read = values.size();
      scanned += read;
      Look(layout_ == Layout::kByStream ? LookUp(by_stream(), values) : std::move(values), read);
    }
    return static_cast<double>(scanned) / watch.Seconds();
  }

 private:
  rocksdb::ColumnFamilyHandle* log() const { return handles_[0]; }
  rocksdb::ColumnFamilyHandle* by_stream() const { return handles_[1]; }

  std::vector<std::string> LookUp(rocksdb::ColumnFamilyHandle* family,
                                  const std::vector<std::string>& keys) {
    const std::vector<rocksdb::Slice> slices(keys.begin(), keys.end());
    std::vector<rocksdb::PinnableSlice> found(keys.size());
    std::vector<rocksdb::Status> statuses(keys.size());
    db_->MultiGet({}, family, keys.size(), slices.data(), found.data(), statuses.data());
    std::vector<std::string> values;
    for (size_t i = 0; i < keys.size(); ++i) {
      Check(statuses[i]);
      values.push_back(found[i].ToString());
    }
    return values;
  }

  // All of them are there, and are events.
  static void Look(const std::vector<std::string>& events, size_t expected) {
    if (events.size() != expected) std::abort();
    for (const std::string& event : events) {
      if (event.size() != kPayloadBytes) std::abort();
    }
  }

  const Layout layout_;
  const std::shared_ptr<rocksdb::Statistics> statistics_ = rocksdb::CreateDBStatistics();
  double written_ = 0;
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> handles_;
};

int Measure(uint64_t events) {
  const uint64_t streams = events / kPerStream;
  std::printf("layout\tfill\tdisk\twritten\tload_100_us\tload_10_us\tscan\n");
  std::array<std::vector<double>, 3> load_100, load_10, scan;
  std::array<double, 3> fill{}, disk{}, written{};
  std::array<std::unique_ptr<Directory>, 3> directories;
  std::array<std::unique_ptr<LaidOut>, 3> laid_out;
  for (size_t i = 0; i < kNames.size(); ++i) {
    directories[i] = std::make_unique<Directory>();
    laid_out[i] = std::make_unique<LaidOut>(static_cast<Layout>(i), directories[i]->path());
    fill[i] = laid_out[i]->Fill(events);
    const auto payload = static_cast<double>(events * kPayloadBytes);
    disk[i] = laid_out[i]->DiskBytes() / payload;
    written[i] = laid_out[i]->WrittenBytes() / payload;
  }
  // By turns: what disturbs the machine disturbs all.
  for (int round = 0; round < kRounds; ++round) {
    for (size_t i = 0; i < kNames.size(); ++i) {
      load_100[i].push_back(laid_out[i]->LoadMicros(streams, 0));
      load_10[i].push_back(laid_out[i]->LoadMicros(streams, kPerStream - kTail));
      scan[i].push_back(laid_out[i]->ScanRate());
    }
  }
  for (size_t i = 0; i < kNames.size(); ++i) {
    std::printf("%s\t%.0f\t%.2f\t%.2f\t%.1f\t%.1f\t%.0f\n", kNames[i], fill[i], disk[i], written[i],
                Median(load_100[i]), Median(load_10[i]), Median(scan[i]));
  }
  return 0;
}

}  // namespace
}  // namespace daybook::bench

int main(int argc, char** argv) {
  uint64_t events = argc == 2 ? std::strtoull(argv[1], nullptr, 10) : 400'000;
  events -= events % daybook::bench::kPerStream;
  if (argc > 2 || events < 100'000) {
    std::fprintf(stderr, "usage: daybook_layouts [EVENTS], at least 100000\n");
    return 2;
  }
  return daybook::bench::Measure(events);
}
