// What an engineer would write by hand on bare RocksDB for the same work: a log, an index by
// stream, and the naive group commit. No witness, no chain, no ids.
#ifndef DAYBOOK_BENCH_BY_HAND_H_
#define DAYBOOK_BENCH_BY_HAND_H_

#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/string_view.h"
#include "daybook/core/mutex.h"
#include "fixtures.h"
#include "rocksdb/db.h"
#include "rocksdb/write_batch.h"

namespace daybook::bench {

inline void Check(const rocksdb::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  std::abort();
}

// An event log, its index by stream, and rows of any kind, in three column families. One writer.
class HandLog {
 public:
  explicit HandLog(const std::string& directory);
  ~HandLog();

  // The key of an event in the index, and of a stream where there is one value for each.
  static std::string Key(uint64_t stream, uint64_t version);
  static std::string Key(uint64_t stream);

  // Adds an event to `batch` and gives it the next position.
  void Add(rocksdb::WriteBatch* batch, uint64_t stream, uint64_t version, absl::string_view event);
  void Write(rocksdb::WriteBatch* batch, bool sync);
  void FlushAndCompact();

  rocksdb::DB* db() { return db_.get(); }
  rocksdb::ColumnFamilyHandle* log() { return handles_[0]; }
  rocksdb::ColumnFamilyHandle* index() { return handles_[1]; }
  rocksdb::ColumnFamilyHandle* rows() { return handles_[2]; }
  uint64_t tip() const { return tip_; }

 private:
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> handles_;
  uint64_t tip_ = 0;
};

// Callers queue; one thread takes all that is queued, writes and syncs it as one, and wakes them.
class GroupCommit {
 public:
  struct Waiter {
    uint64_t stream = 0;
    uint64_t version = 0;
    std::string event;
    Signal done;
  };

  explicit GroupCommit(HandLog* log);
  ~GroupCommit();

  void Submit(Waiter* waiter);

 private:
  void Run();

  HandLog* const log_;
  Mutex mutex_;
  CondVar queued_;
  std::vector<Waiter*> queue_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace daybook::bench

#endif  // DAYBOOK_BENCH_BY_HAND_H_
