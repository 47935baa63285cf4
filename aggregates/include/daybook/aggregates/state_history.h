// The past of an aggregate's state: its stream folded up to a moment.
//
// An event of the past is folded as what it is today (upcast.h): one step, however many that are.
//
// Errors: NotFound when the version or position is beyond the end; DataLoss when an event cannot be
// decoded (Damage names its position) or is none that the aggregate knows (UnknownEvent).
// Thread-safe.
#ifndef DAYBOOK_AGGREGATES_STATE_HISTORY_H_
#define DAYBOOK_AGGREGATES_STATE_HISTORY_H_

#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "daybook/aggregates/aggregate.h"
#include "daybook/core/change.h"
#include "daybook/core/event_store.h"
#include "daybook/core/moment.h"
#include "daybook/core/position.h"
#include "daybook/snapshots/snapshot_store.h"
#include "google/protobuf/message.h"

namespace daybook {

// Folds the aggregate of `key` into `state`, which must be an empty one of its State, up to the
// moment; returns the version that it stands at, nullopt when the stream had no events yet. Starts
// at the stream's snapshot when that is valid and no newer than the moment; `snapshots` may be
// null. On an error `state` is unspecified.
absl::StatusOr<std::optional<uint64_t>> LoadStateAt(
    const StoreReader& reader, SnapshotStore* snapshots, const AggregateDefinition& aggregate,
    absl::string_view key, const StreamMoment& moment, google::protobuf::Message* state);

// Calls `visit` with each event of the aggregate of `key` up to position `until`, in order, until
// it returns false. Reads the stream, and serializes the state after each event.
absl::Status VisitStateChanges(const StoreReader& reader, const AggregateDefinition& aggregate,
                               absl::string_view key, Position until, VisitStoredChange visit);

}  // namespace daybook

#endif  // DAYBOOK_AGGREGATES_STATE_HISTORY_H_
