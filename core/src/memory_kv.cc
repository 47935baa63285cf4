#include "memory_kv.h"

#include <algorithm>
#include <array>
#include <deque>
#include <functional>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "daybook/core/mutex.h"
#include "fatal.h"

namespace daybook::internal {
namespace {

using Sequence = uint64_t;  // the number of a write
using Value = std::shared_ptr<const std::string>;

struct Version {
  Sequence sequence;
  Value value;  // null: deleted
};
using Versions = std::vector<Version>;  // ascending
using Table = std::map<std::string, Versions, std::less<>>;

// The newest version that `at` sees; null when there is none or it is a deletion.
const Value* Find(const Versions& versions, Sequence at) {
  for (auto it = versions.rbegin(); it != versions.rend(); ++it) {
    if (it->sequence <= at) return it->value != nullptr ? &it->value : nullptr;
  }
  return nullptr;
}

bool Live(const Versions& versions) {
  return versions.back().value != nullptr;
}

// The snapshots that are held. Outlives the store that made them.
class SnapshotList {
 public:
  void Add(Sequence sequence) {
    MutexLock lock(&mutex_);
    held_.insert(sequence);
  }
  void Remove(Sequence sequence) {
    MutexLock lock(&mutex_);
    held_.erase(held_.find(sequence));
  }
  Sequence Oldest() const {
    MutexLock lock(&mutex_);
    return held_.empty() ? std::numeric_limits<Sequence>::max() : *held_.begin();
  }

 private:
  mutable Mutex mutex_;
  std::multiset<Sequence> held_ ABSL_GUARDED_BY(mutex_);
};

class MemorySnapshot : public KvSnapshot {
 public:
  MemorySnapshot(std::shared_ptr<SnapshotList> list, Sequence sequence)
      : list_(std::move(list)), sequence_(sequence) {
    list_->Add(sequence_);
  }
  ~MemorySnapshot() override { list_->Remove(sequence_); }
  Sequence sequence() const { return sequence_; }

 private:
  const std::shared_ptr<SnapshotList> list_;
  const Sequence sequence_;
};

struct ValuePin : KvValue::Pin {
  explicit ValuePin(Value v) : value(std::move(v)) {}
  const Value value;
};

class MemoryKvImpl : public MemoryKv {
 public:
  absl::Status Write(const KvBatch& batch) override {
    WriterLock lock(&mutex_);
    if (const absl::Status status = Fail(); !status.ok()) {
      if (!lost_.has_value()) {
        lost_ = std::string(batch.bytes());
        ++last_;
      }
      return status;
    }
    absl::Status status = Apply(last_ + 1, batch.bytes());
    if (status.ok()) ++last_;
    Prune();
    return status;
  }

  absl::Status SyncLog() override {
    WriterLock lock(&mutex_);
    if (const absl::Status status = Fail(); !status.ok()) return status;
    synced_ = last_;
    Prune();
    return absl::OkStatus();
  }

  absl::Status Flush() override {
    WriterLock lock(&mutex_);
    if (failed_) return failure_;
    synced_ = last_;
    Prune();
    return absl::OkStatus();
  }

  std::shared_ptr<const KvSnapshot> Snapshot() override { return NewestSnapshot(); }

  absl::StatusOr<std::optional<KvValue>> Get(const KvSnapshot* snapshot, Family family,
                                             absl::string_view key) const override {
    ReaderLock lock(&mutex_);
    return GetLocked(SequenceOf(snapshot), family, key);
  }

  absl::StatusOr<std::vector<std::optional<KvValue>>> MultiGet(
      const KvSnapshot* snapshot, Family family,
      absl::Span<const absl::string_view> keys) const override {
    ReaderLock lock(&mutex_);
    std::vector<std::optional<KvValue>> values;
    values.reserve(keys.size());
    const Sequence at = SequenceOf(snapshot);
    for (const absl::string_view key : keys) values.push_back(GetLocked(at, family, key));
    return values;
  }

  std::unique_ptr<KvIterator> NewIterator(std::shared_ptr<const KvSnapshot> snapshot, Family family,
                                          KvBounds bounds) const override;

  absl::StatusOr<uint64_t> CountEntries(Family family) const override {
    ReaderLock lock(&mutex_);
    return live_[Index(family)];
  }
  absl::Status Compact() override { return absl::OkStatus(); }  // Prune does, all the while
  uint64_t DiskBytes() const override { return 0; }

  void Crash(size_t keep) override {
    WriterLock lock(&mutex_);
    if (snapshots_->Oldest() != std::numeric_limits<Sequence>::max()) {
      Fatal("MemoryKv::Crash with a snapshot or an iterator still held");
    }
    const Sequence kept = std::min<Sequence>(last_, synced_ + keep);
    const std::optional<std::string> lost = std::exchange(lost_, std::nullopt);
    const Sequence applied = lost.has_value() ? last_ - 1 : last_;
    ForgetAfter(kept);
    failed_ = false;
    failure_ = absl::OkStatus();
    calls_until_failure_ = 0;
    // The log is read again up to its torn end; the write that failed may be in it.
    if (kept > applied && !Apply(kept, *lost).ok()) Fatal("a MemoryKv batch is damaged");
    last_ = kept;
    synced_ = kept;
    Prune();
  }

  size_t unsynced() const override {
    ReaderLock lock(&mutex_);
    return last_ - synced_;
  }

  void FailAfter(int n, absl::Status status) override {
    WriterLock lock(&mutex_);
    calls_until_failure_ = n;
    failure_ = std::move(status);
  }

 private:
  class Iterator;

  struct Superseded {
    Sequence by;
    Family family;
    std::string key;
  };

  static size_t Index(Family family) { return static_cast<size_t>(family); }
  static Sequence SequenceOf(const KvSnapshot* snapshot) {
    return snapshot == nullptr ? std::numeric_limits<Sequence>::max()
                               : static_cast<const MemorySnapshot*>(snapshot)->sequence();
  }

  std::shared_ptr<const MemorySnapshot> NewestSnapshot() const {
    ReaderLock lock(&mutex_);  // so that nothing is pruned before the snapshot is listed
    return std::make_shared<MemorySnapshot>(snapshots_, lost_.has_value() ? last_ - 1 : last_);
  }

  std::optional<KvValue> GetLocked(Sequence at, Family family, absl::string_view key) const
      ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    const Table& table = tables_[Index(family)];
    const auto it = table.find(key);
    const Value* const value = it == table.end() ? nullptr : Find(it->second, at);
    if (value == nullptr) return std::nullopt;
    return KvValue(**value, std::make_unique<ValuePin>(*value));
  }

  absl::Status Fail() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (calls_until_failure_ > 0 && --calls_until_failure_ == 0) failed_ = true;
    return failed_ ? failure_ : absl::OkStatus();
  }

  absl::Status Apply(Sequence sequence, absl::string_view bytes)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return KvBatch::ForEach(
        bytes,
        [&](Family family, absl::string_view key, absl::string_view value) {
          Put(sequence, family, key, std::make_shared<const std::string>(value));
        },
        [&](Family family, absl::string_view key) { Put(sequence, family, key, nullptr); });
  }

  void Put(Sequence sequence, Family family, absl::string_view key, Value value)
      ABSL_NO_THREAD_SAFETY_ANALYSIS {  // called through ForEach, under Apply's lock
    Table& table = tables_[Index(family)];
    auto it = table.lower_bound(key);
    if (it == table.end() || it->first != key) {
      if (value == nullptr) return;
      it = table.emplace_hint(it, std::string(key), Versions());
    }
    Versions& versions = it->second;
    const bool was_live = !versions.empty() && Live(versions);
    if (!versions.empty()) superseded_.push_back({sequence, family, it->first});
    if (!versions.empty() && versions.back().sequence == sequence) {
      versions.back().value = std::move(value);
    } else {
      versions.push_back({sequence, std::move(value)});
    }
    live_[Index(family)] += Live(versions);
    live_[Index(family)] -= was_live;
  }

  // Drops the versions that neither a snapshot nor a crash can bring back.
  void Prune() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const Sequence horizon = std::min(synced_, snapshots_->Oldest());
    while (!superseded_.empty() && superseded_.front().by <= horizon) {
      const Superseded& due = superseded_.front();
      Table& table = tables_[Index(due.family)];
      if (const auto it = table.find(due.key); it != table.end()) {
        Versions& versions = it->second;
        // The newest one at or before the horizon hides those before it.
        auto keep = std::upper_bound(versions.begin(), versions.end(), horizon,
                                     [](Sequence s, const Version& v) { return s < v.sequence; });
        if (keep != versions.begin()) versions.erase(versions.begin(), std::prev(keep));
        if (versions.size() == 1 && !Live(versions) && versions[0].sequence <= horizon) {
          table.erase(it);
        }
      }
      superseded_.pop_front();
    }
  }

  void ForgetAfter(Sequence last) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    for (size_t i = 0; i < tables_.size(); ++i) {
      live_[i] = 0;
      for (auto it = tables_[i].begin(); it != tables_[i].end();) {
        Versions& versions = it->second;
        while (!versions.empty() && versions.back().sequence > last) versions.pop_back();
        if (!versions.empty()) live_[i] += Live(versions);
        it = versions.empty() ? tables_[i].erase(it) : std::next(it);
      }
    }
    while (!superseded_.empty() && superseded_.back().by > last) superseded_.pop_back();
  }

  mutable SharedMutex mutex_;
  const std::shared_ptr<SnapshotList> snapshots_ = std::make_shared<SnapshotList>();
  std::array<Table, kFamilies> tables_ ABSL_GUARDED_BY(mutex_);
  std::array<uint64_t, kFamilies> live_ ABSL_GUARDED_BY(mutex_) = {};
  std::deque<Superseded> superseded_ ABSL_GUARDED_BY(mutex_);
  Sequence last_ ABSL_GUARDED_BY(mutex_) = 0;
  Sequence synced_ ABSL_GUARDED_BY(mutex_) = 0;
  int calls_until_failure_ ABSL_GUARDED_BY(mutex_) = 0;  // 0: never
  bool failed_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
  // The batch of the Write that failed: the last one of the log, not in the tables.
  std::optional<std::string> lost_ ABSL_GUARDED_BY(mutex_);
};

// Holds no place in the map, only a key: each move seeks anew, so writes may go on beside it.
class MemoryKvImpl::Iterator : public KvIterator {
 public:
  Iterator(const MemoryKvImpl* kv, std::shared_ptr<const KvSnapshot> snapshot, Family family,
           KvBounds bounds)
      : kv_(kv), snapshot_(std::move(snapshot)), family_(family), bounds_(std::move(bounds)) {}

  bool Valid() const override { return value_ != nullptr; }
  absl::string_view key() const override { return key_; }
  absl::string_view value() const override { return *value_; }
  absl::Status status() const override { return absl::OkStatus(); }

  void Seek(absl::string_view key) override {
    ReaderLock lock(&kv_->mutex_);
    Forwards(table().lower_bound(std::max(key, absl::string_view(bounds_.lower))));
  }
  void Next() override {
    ReaderLock lock(&kv_->mutex_);
    Forwards(table().upper_bound(key_));
  }
  void SeekForPrev(absl::string_view key) override {
    ReaderLock lock(&kv_->mutex_);
    Backwards(!bounds_.upper.empty() && key >= bounds_.upper ? table().lower_bound(bounds_.upper)
                                                             : table().upper_bound(key));
  }
  void Prev() override {
    ReaderLock lock(&kv_->mutex_);
    Backwards(table().lower_bound(key_));
  }

 private:
  const Table& table() const ABSL_SHARED_LOCKS_REQUIRED(kv_->mutex_) {
    return kv_->tables_[Index(family_)];
  }

  void Forwards(Table::const_iterator it) ABSL_SHARED_LOCKS_REQUIRED(kv_->mutex_) {
    for (; it != table().end(); ++it) {
      if (!bounds_.upper.empty() && it->first >= bounds_.upper) break;
      if (Take(it)) return;
    }
    value_ = nullptr;
  }

  // To the last entry before `end`.
  void Backwards(Table::const_iterator end) ABSL_SHARED_LOCKS_REQUIRED(kv_->mutex_) {
    while (end != table().begin()) {
      --end;
      if (end->first < bounds_.lower) break;
      if (Take(end)) return;
    }
    value_ = nullptr;
  }

  bool Take(Table::const_iterator it) {
    const Value* const value = Find(it->second, SequenceOf(snapshot_.get()));
    if (value == nullptr) return false;
    key_ = it->first;
    value_ = *value;
    return true;
  }

  const MemoryKvImpl* const kv_;
  const std::shared_ptr<const KvSnapshot> snapshot_;
  const Family family_;
  const KvBounds bounds_;
  std::string key_;
  Value value_;
};

std::unique_ptr<KvIterator> MemoryKvImpl::NewIterator(std::shared_ptr<const KvSnapshot> snapshot,
                                                      Family family, KvBounds bounds) const {
  if (snapshot == nullptr) snapshot = NewestSnapshot();
  return std::make_unique<Iterator>(this, std::move(snapshot), family, std::move(bounds));
}

}  // namespace

std::unique_ptr<MemoryKv> MemoryKv::Make() {
  return std::make_unique<MemoryKvImpl>();
}

}  // namespace daybook::internal
