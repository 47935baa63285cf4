// What an audit found wrong, kept for who looks later: the snapshot itself is deleted.
#ifndef DAYBOOK_SNAPSHOTS_SNAPSHOT_DIFFERENCE_H_
#define DAYBOOK_SNAPSHOTS_SNAPSHOT_DIFFERENCE_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "daybook/core/commit.h"
#include "daybook/core/event_store.h"

namespace daybook {

// A snapshot that was not what the events of its stream fold into. A plain value.
struct SnapshotDifference {
  std::string stream;
  uint64_t version = 0;
  std::string fingerprint;
  absl::Time found;
};

// What a commit must write to keep it, as the last one of its category. Errors as
// EventStore::OpenTable.
absl::StatusOr<TableWrite> WriteSnapshotDifference(EventStore* store,
                                                   const SnapshotDifference& difference);

// The last one of `category`, when its fingerprint is this one: a build of another fingerprint uses
// none of the snapshots that it casts doubt on. nullopt: none. DataLoss where it cannot be read.
absl::StatusOr<std::optional<SnapshotDifference>> FindSnapshotDifference(
    const EventStore& store, const StoreReader& reader, absl::string_view category,
    absl::string_view fingerprint);

}  // namespace daybook

#endif  // DAYBOOK_SNAPSHOTS_SNAPSHOT_DIFFERENCE_H_
