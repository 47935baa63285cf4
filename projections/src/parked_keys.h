// The sequences of one handler that are held: their keys in memory, their events in the table.
#ifndef DAYBOOK_PROJECTIONS_SRC_PARKED_KEYS_H_
#define DAYBOOK_PROJECTIONS_SRC_PARKED_KEYS_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "daybook/core/event_store.h"
#include "daybook/core/position.h"
#include "daybook/v1/parked.pb.h"

namespace daybook::internal {

// Knows nothing of what the events are for: who holds them says which key an event is of, and what
// came of it. What is written goes with the handler's next commit, so that the table is as far as
// the handler's checkpoint, always. Not thread-safe.
class ParkedKeys {
 public:
  struct Sequence {
    Position first;                                // what is parked begins here
    absl::Time parked_at;                          // that one
    uint32_t attempts = 0;                         // that were made with it; 0: it is due
    absl::Time retry_at = absl::InfiniteFuture();  // by itself
  };
  struct Event {
    Position position;
    absl::Time parked_at;
  };
  using WriteEntry =
      absl::FunctionRef<void(const std::string& key, const std::optional<std::string>& value)>;

  // Entries stand under `prefix` in `table`.
  ParkedKeys(std::string prefix, TableId table) : prefix_(std::move(prefix)), table_(table) {}

  // The keys that the table has as of `reader`, of those that `mine` says yes to. Those that were
  // tried fewer than `attempts` times are due at `now`. DataLoss.
  absl::Status Load(const StoreReader& reader, std::function<bool(absl::string_view key)> mine,
                    size_t attempts, absl::Time now);

  bool empty() const { return sequences_.empty(); }
  size_t size() const { return sequences_.size(); }
  // nullptr: the key is not held.
  const Sequence* Find(absl::string_view key) const;
  std::vector<std::string> Keys() const;

  // An event that is the first of its key to be held: it was tried once, and `why` came of it.
  void Park(absl::string_view key, Position position, const absl::Status& why, absl::Time now,
            absl::Time retry_at);
  // A later event of a key that is held.
  void PutBehind(absl::string_view key, Position position, absl::Time now);
  // The first one failed again.
  void Fail(const std::string& key, const absl::Status& why, absl::Time retry_at);
  // The first one is parked no more; `next` is first now, and due, or the key is free.
  void Release(const std::string& key, const std::optional<Event>& next, absl::Time now);

  // The first `limit` events of a key that is held, some of which may not be in the table yet.
  // DataLoss.
  absl::StatusOr<std::vector<Event>> Read(const std::string& key, size_t limit,
                                          const StoreReader& reader) const;

  // When the first retry is due; InfiniteFuture: none is to come.
  absl::Time NextRetry() const;
  // A key that is due at `now`.
  std::optional<std::string> Due(absl::Time now) const;
  size_t retrying() const { return retries_.size(); }

  // How many more events are parked than when this was made or loaded.
  int64_t added_events() const { return added_events_; }
  // How many were released since.
  uint64_t released_events() const { return released_events_; }
  // Memory, estimated.
  size_t bytes() const { return key_bytes_ + changed_bytes_; }
  // Of what the next Flush hands out.
  size_t changed_bytes() const { return changed_bytes_; }
  bool changed() const { return !changed_.empty(); }

  // Hands out what changed since the last time, nullopt: to be deleted. As RowFold.
  void Flush(WriteEntry write);
  void FlushDone(bool stored);

 private:
  void SetRetry(const std::string& key, Sequence& sequence, absl::Time retry_at);
  void Write(std::string entry_key, std::optional<std::string> value);
  void WriteFailure(const std::string& key, const Sequence& sequence, const absl::Status& why);

  const std::string prefix_;
  const TableId table_;
  absl::flat_hash_map<std::string, Sequence> sequences_;
  std::set<std::pair<absl::Time, std::string>> retries_;
  // By the key of the row in the table; of the flush in flight, and since.
  std::map<std::string, std::optional<std::string>> flushing_;
  std::map<std::string, std::optional<std::string>> changed_;
  size_t key_bytes_ = 0;
  size_t changed_bytes_ = 0;
  int64_t added_events_ = 0;
  uint64_t released_events_ = 0;
};

}  // namespace daybook::internal

#endif  // DAYBOOK_PROJECTIONS_SRC_PARKED_KEYS_H_
