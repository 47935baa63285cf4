// States at a version, kept beside the log so that a stream need not be folded from its start.
#ifndef DAYBOOK_SNAPSHOTS_SNAPSHOT_STORE_H_
#define DAYBOOK_SNAPSHOTS_SNAPSHOT_STORE_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "daybook/core/commit.h"
#include "daybook/core/event_store.h"

namespace daybook {

struct Snapshot {
  uint64_t version = 0;  // the last event that is folded in
  std::string state;     // serialized
};

// Since the store was opened.
struct SnapshotStats {
  uint64_t written = 0;
  uint64_t used = 0;
  // Of another fingerprint: ignored, folded afresh, and written anew with the next command.
  uint64_t stale = 0;
  // Damaged, undecodable, or ahead of its stream: the same.
  uint64_t torn = 0;
  // Not written, since the state is larger than a row may be (kMaxRowBytes).
  uint64_t too_large = 0;
};

// The table "$snapshots": the newest snapshot of each stream. A snapshot is derived and never
// trusted: what is wrong with it is counted, and the caller folds the events. Thread-safe.
class SnapshotStore {
 public:
  // `store` must outlive it. Errors as EventStore::OpenTable.
  static absl::StatusOr<std::unique_ptr<SnapshotStore>> Open(EventStore* store);

  // The snapshot of `stream` as `reader` sees it; nullopt when there is none that can be used. It
  // may be ahead of the stream: the caller finds out when he reads the events behind it.
  std::optional<Snapshot> Find(const StoreReader& reader, absl::string_view stream,
                               absl::string_view fingerprint);

  // The write that belongs in the commit of event `version`, and counts it; nullopt when the state
  // is too large.
  std::optional<TableWrite> Write(absl::string_view stream, uint64_t version,
                                  absl::string_view fingerprint, std::string state);

  // What the user of a snapshot found when he parsed the state and read its event.
  void CountUsed() { used_.fetch_add(1, std::memory_order_relaxed); }
  void CountTorn() { torn_.fetch_add(1, std::memory_order_relaxed); }

  SnapshotStats stats() const;

 private:
  explicit SnapshotStore(TableId table) : table_(table) {}

  const TableId table_;
  std::atomic<uint64_t> written_{0};
  std::atomic<uint64_t> used_{0};
  std::atomic<uint64_t> stale_{0};
  std::atomic<uint64_t> torn_{0};
  std::atomic<uint64_t> too_large_{0};
};

}  // namespace daybook

#endif  // DAYBOOK_SNAPSHOTS_SNAPSHOT_STORE_H_
