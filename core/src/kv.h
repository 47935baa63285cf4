// The seam below the engine: an ordered key-value store with column families, atomic batches,
// snapshots and a log that is synced apart from the write.
#ifndef DAYBOOK_CORE_SRC_KV_H_
#define DAYBOOK_CORE_SRC_KV_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace daybook::internal {

// The fixed few. Their order is part of format 1.
enum class Family : uint8_t { kLog = 0, kStreams = 1, kIds = 2, kRows = 3, kMeta = 4 };
inline constexpr int kFamilies = 5;

// Puts and deletes that are applied as one. Its bytes are what the witness keeps:
//   batch := { op:u8 family:u8 key_len:varint32 key [value_len:varint32 value] }*
//   op    := 1 (put, with a value) | 2 (delete, without)
class KvBatch {
 public:
  void Put(Family family, absl::string_view key, absl::string_view value);
  // The same with a value given in parts, which are joined without a copy in between.
  void Put(Family family, absl::string_view key, absl::Span<const absl::string_view> value_parts);
  void Delete(Family family, absl::string_view key);
  // Keeps the memory, for the next batch.
  void Clear() { bytes_.clear(); }
  bool empty() const { return bytes_.empty(); }
  absl::string_view bytes() const { return bytes_; }

  // Calls put(family, key, value) or del(family, key) for each operation in order. DataLoss when
  // `bytes` is not a batch; the operations before the damage have been called by then.
  template <typename PutFn, typename DeleteFn>
  static absl::Status ForEach(absl::string_view bytes, PutFn put, DeleteFn del);

 private:
  static constexpr uint8_t kPut = 1;
  static constexpr uint8_t kDelete = 2;

  struct Operation {
    uint8_t op;
    Family family;
    absl::string_view key;
    absl::string_view value;
  };
  // Takes the first operation off `bytes`; false when there is no whole one.
  static bool Take(absl::string_view& bytes, Operation& operation);

  void Begin(uint8_t op, Family family, absl::string_view key);

  std::string bytes_;
};

template <typename PutFn, typename DeleteFn>
absl::Status KvBatch::ForEach(absl::string_view bytes, PutFn put, DeleteFn del) {
  Operation operation;
  while (!bytes.empty()) {
    if (!Take(bytes, operation)) return absl::DataLossError("not a batch of keys and values");
    if (operation.op == kPut) {
      put(operation.family, operation.key, operation.value);
    } else {
      del(operation.family, operation.key);
    }
  }
  return absl::OkStatus();
}

// The store at one moment. Released when the last owner lets go.
class KvSnapshot {
 public:
  virtual ~KvSnapshot() = default;
};

// Bytes that stay valid as long as it lives; a value without a copy where the backend can.
class KvValue {
 public:
  class Pin {
   public:
    virtual ~Pin() = default;
  };
  KvValue() = default;
  KvValue(absl::string_view view, std::unique_ptr<Pin> pin) : view_(view), pin_(std::move(pin)) {}
  absl::string_view view() const { return view_; }

 private:
  absl::string_view view_;
  std::unique_ptr<Pin> pin_;
};

// Positioned on a key or not Valid(); after !Valid() look at status().
class KvIterator {
 public:
  virtual ~KvIterator() = default;
  virtual bool Valid() const = 0;
  virtual void Seek(absl::string_view key) = 0;         // the first key >= key
  virtual void SeekForPrev(absl::string_view key) = 0;  // the last key <= key
  virtual void Next() = 0;
  virtual void Prev() = 0;
  virtual absl::string_view key() const = 0;    // valid until the next move
  virtual absl::string_view value() const = 0;  // likewise
  virtual absl::Status status() const = 0;
};

// [lower, upper): empty stands for open.
struct KvBounds {
  std::string lower;
  std::string upper;
};

// Reads may run on any thread at any time. Writes, SyncLog excepted, come from one thread at a
// time. Snapshots, iterators and values must be gone before the store is.
class Kv {
 public:
  virtual ~Kv() = default;

  // Applies the batch to the memory table and the (unsynced) log, or fails with nothing promised:
  // after an error the store is to be reopened.
  virtual absl::Status Write(const KvBatch& batch) = 0;
  // Every write that returned before this call is durable when it returns OK. May run beside Write.
  virtual absl::Status SyncLog() = 0;
  // Every write that returned before this call is in table files when it returns OK. May run beside
  // Write; one at a time.
  virtual absl::Status Flush() = 0;

  virtual std::shared_ptr<const KvSnapshot> Snapshot() = 0;

  // nullopt: no such key. `snapshot` may be null: the newest state.
  virtual absl::StatusOr<std::optional<KvValue>> Get(const KvSnapshot* snapshot, Family family,
                                                     absl::string_view key) const = 0;
  // One result for each key, in their order.
  virtual absl::StatusOr<std::vector<std::optional<KvValue>>> MultiGet(
      const KvSnapshot* snapshot, Family family,
      absl::Span<const absl::string_view> keys) const = 0;
  virtual std::unique_ptr<KvIterator> NewIterator(std::shared_ptr<const KvSnapshot> snapshot,
                                                  Family family, KvBounds bounds) const = 0;

  // Rewrites what is stored, so that what was deleted or replaced takes no more room, but for what
  // a snapshot holds. May run beside everything else, for long.
  virtual absl::Status Compact() = 0;

  // Entries of the family by the backend's own count; exact while no key was written twice.
  virtual absl::StatusOr<uint64_t> CountEntries(Family family) const = 0;
  virtual uint64_t DiskBytes() const = 0;
};

}  // namespace daybook::internal

#endif  // DAYBOOK_CORE_SRC_KV_H_
