#include "by_hand.h"

#include <cstring>

#include "daybook/core/open.h"
#include "rocksdb/cache.h"
#include "rocksdb/filter_policy.h"
#include "rocksdb/table.h"

namespace daybook::bench {
namespace {

void StoreBigEndian(uint64_t value, char* to) {
  value = __builtin_bswap64(value);
  std::memcpy(to, &value, sizeof(value));
}

}  // namespace

HandLog::HandLog(const std::string& directory) {
  rocksdb::DBOptions options;
  options.create_if_missing = true;
  options.create_missing_column_families = true;
  // As much memory for reads as a store has.
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(StoreOptions().block_cache_bytes);
  rocksdb::ColumnFamilyOptions family;
  family.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  // Rows are looked for that are not there.
  rocksdb::ColumnFamilyOptions rows = family;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  rows.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  std::vector<rocksdb::ColumnFamilyDescriptor> families = {
      {rocksdb::kDefaultColumnFamilyName, family}, {"index", family}, {"rows", rows}};
  rocksdb::DB* db = nullptr;
  Check(rocksdb::DB::Open(options, directory, families, &handles_, &db));
  db_.reset(db);
}

HandLog::~HandLog() {
  for (rocksdb::ColumnFamilyHandle* handle : handles_) db_->DestroyColumnFamilyHandle(handle);
}

std::string HandLog::Key(uint64_t stream, uint64_t version) {
  char key[16];
  StoreBigEndian(stream, key);
  StoreBigEndian(version, key + 8);
  return std::string(key, sizeof(key));
}

std::string HandLog::Key(uint64_t stream) {
  char key[8];
  StoreBigEndian(stream, key);
  return std::string(key, sizeof(key));
}

void HandLog::Add(rocksdb::WriteBatch* batch, uint64_t stream, uint64_t version,
                  absl::string_view event) {
  char position[8];
  char key[16];
  StoreBigEndian(++tip_, position);
  StoreBigEndian(stream, key);
  StoreBigEndian(version, key + 8);
  Check(batch->Put(log(), {position, 8}, {event.data(), event.size()}));
  Check(batch->Put(index(), {key, 16}, {position, 8}));
}

void HandLog::Write(rocksdb::WriteBatch* batch, bool sync) {
  rocksdb::WriteOptions options;
  options.sync = sync;
  Check(db_->Write(options, batch));
}

void HandLog::FlushAndCompact() {
  for (rocksdb::ColumnFamilyHandle* handle : handles_) {
    Check(db_->Flush({}, handle));
    Check(db_->CompactRange({}, handle, nullptr, nullptr));
  }
}

GroupCommit::GroupCommit(HandLog* log) : log_(log), thread_([this] { Run(); }) {}

GroupCommit::~GroupCommit() {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
    queued_.Signal();
  }
  thread_.join();
}

void GroupCommit::Submit(Waiter* waiter) {
  MutexLock lock(&mutex_);
  queue_.push_back(waiter);
  queued_.Signal();
}

void GroupCommit::Run() {
  rocksdb::WriteBatch batch;
  std::vector<Waiter*> group;
  while (true) {
    group.clear();
    {
      MutexLock lock(&mutex_);
      while (queue_.empty() && !stopping_) queued_.Wait(&mutex_);
      if (queue_.empty()) return;
      group.swap(queue_);
    }
    batch.Clear();
    for (Waiter* waiter : group) {
      log_->Add(&batch, waiter->stream, waiter->version, waiter->event);
    }
    log_->Write(&batch, /*sync=*/true);
    for (Waiter* waiter : group) waiter->done.Set();
  }
}

}  // namespace daybook::bench
