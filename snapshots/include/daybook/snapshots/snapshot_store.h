// States at a version, kept beside the log so that a stream need not be folded from its start.
#ifndef DAYBOOK_SNAPSHOTS_SNAPSHOT_STORE_H_
#define DAYBOOK_SNAPSHOTS_SNAPSHOT_STORE_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "daybook/core/commit.h"
#include "daybook/core/event_store.h"
#include "daybook/core/limits.h"

namespace daybook {

struct Snapshot {
  uint64_t version = 0;  // the last event that is folded in
  std::string state;     // serialized
};

// Since the store was opened. Those of loading are counted by SnapshotStore, those of writing and
// auditing by the application that does it.
struct SnapshotStats {
  uint64_t written = 0;  // and durable
  // Not written, since a later one of the same stream was due before it was its turn.
  uint64_t superseded = 0;
  // Not written, since too many waited (AppOptions::pending_snapshots) or the store refused them.
  uint64_t skipped = 0;
  // Not written, since the state is larger than a row may be (kMaxRowBytes).
  uint64_t too_large = 0;

  uint64_t used = 0;
  // Of another fingerprint: ignored, folded afresh, and written anew with the stream's next event.
  uint64_t stale = 0;
  // Damaged, undecodable, or ahead of its stream: the same.
  uint64_t torn = 0;

  uint64_t audited = 0;  // held against the fold of all events
  // Of these, those that were something else, and were deleted.
  uint64_t differing = 0;
  // Audits that were due and not made, since too many waited.
  uint64_t audits_skipped = 0;
};

// The newest snapshot of each stream, in the table "$snapshots", and some before it, in
// "$kept-snapshots". A snapshot is derived and never trusted: what is wrong with it is counted, and
// the caller folds the events. Thread-safe.
class SnapshotStore {
 public:
  // `store` must outlive it; `keep`: the most snapshots of a stream that Replace will be asked to
  // keep. Errors as EventStore::OpenTable.
  static absl::StatusOr<std::unique_ptr<SnapshotStore>> Open(EventStore* store, uint32_t keep = 1);

  // The newest snapshot of `stream` that is sound, of this fingerprint and of version `until` at
  // most, as `reader` sees it; nullopt when there is none. It may be ahead of the stream: the
  // caller finds out when he reads the events behind it.
  std::optional<Snapshot> Find(const StoreReader& reader, absl::string_view stream,
                               absl::string_view fingerprint, uint64_t until = kMaxVersion);

  // The row of a snapshot that is the newest of `stream`; nullopt, and counted, when the state is
  // too large.
  std::optional<TableWrite> Write(absl::string_view stream, uint64_t version,
                                  absl::string_view fingerprint, std::string state);

  // What a commit must write for the snapshot to be the newest of `stream`: its row, those of the
  // `keep` - 1 before it that are sound, older, of this fingerprint and of the stream's life, and
  // the deletion of the others, as `reader` sees them. Empty when the state is too large, or of a
  // life that is over. One commit at a time for a stream.
  std::vector<TableWrite> Replace(const StoreReader& reader, absl::string_view stream,
                                  absl::string_view fingerprint, Snapshot snapshot, uint32_t keep);

  // The deletion of all snapshots of `stream`.
  std::vector<TableWrite> Erase(const StoreReader& reader, absl::string_view stream) const;

  // Erases the snapshots of lives that are over: of streams that were deleted or have a tombstone,
  // also where they began anew. Nobody uses these, but they hold what the events said: so call this
  // before a scavenge (EventStore::Scavenge), which rewrites the files. Reads the streams of all
  // snapshots, some at a time, and may run while the store is in use: what is being written at that
  // moment may be missed, which the next call erases, or erased in place of an older one, and then
  // it is made again later. `goes_on` is told, after each of some, how many were erased; false:
  // enough. DataLoss where stored bytes are damaged, and the errors of every append: call it again,
  // what was erased stays so.
  static absl::Status EraseGone(EventStore& store,
                                absl::FunctionRef<bool(uint64_t erased)> goes_on);

  // Looks at every snapshot of the streams that `fingerprint_of` gives a fingerprint for, and
  // counts those that cannot be used; returns how many it looked at. nullptr: the stream is left
  // out.
  absl::StatusOr<uint64_t> Survey(
      const StoreReader& reader,
      absl::FunctionRef<const std::string*(absl::string_view stream)> fingerprint_of);

  // What the user of a snapshot found when he parsed the state and read its event.
  void CountUsed() { used_.fetch_add(1, std::memory_order_relaxed); }
  void CountTorn() { torn_.fetch_add(1, std::memory_order_relaxed); }

  SnapshotStats stats() const;

 private:
  SnapshotStore(TableId newest, std::optional<TableId> kept) : newest_(newest), kept_(kept) {}

  // The snapshot of a row; nullopt, and counted, when it cannot be used.
  std::optional<Snapshot> Use(absl::string_view stream, absl::string_view fingerprint,
                              absl::string_view row);
  std::optional<Snapshot> FindKept(const StoreReader& reader, absl::string_view stream,
                                   absl::string_view fingerprint, uint64_t until);

  const TableId newest_;
  const std::optional<TableId> kept_;  // nullopt: the store has none
  std::atomic<uint64_t> used_{0};
  std::atomic<uint64_t> stale_{0};
  std::atomic<uint64_t> torn_{0};
  std::atomic<uint64_t> too_large_{0};
};

}  // namespace daybook

#endif  // DAYBOOK_SNAPSHOTS_SNAPSHOT_STORE_H_
