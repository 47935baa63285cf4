// From a stream to its state: snapshot and the events behind it.
#ifndef DAYBOOK_AGGREGATES_SRC_STREAM_LOADER_H_
#define DAYBOOK_AGGREGATES_SRC_STREAM_LOADER_H_

#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "daybook/core/event_store.h"
#include "daybook/snapshots/snapshot_store.h"
#include "google/protobuf/message.h"
#include "registered_aggregate.h"

namespace daybook::internal {

// Where a state stands.
struct StreamPoint {
  std::optional<uint64_t> version;  // nullopt: no events
  // Events that the stored snapshot of the state covers; 0 when there is none that can be used.
  uint64_t events_in_snapshot = 0;
};

// Folds `events` into `state`. DataLoss when one cannot be decoded (Damage names its position) or
// is none that the aggregate knows (UnknownEvent).
absl::Status FoldEvents(absl::Span<const RecordedEvent> events,
                        const RegisteredAggregate& aggregate, google::protobuf::Message* state);

// Folds `stream` as of `reader`, up to version `until` at most, into `state`, which must be empty.
// `snapshots` may be null: then none is used. Errors as FoldEvents.
absl::StatusOr<StreamPoint> LoadStream(const StoreReader& reader, SnapshotStore* snapshots,
                                       const RegisteredAggregate& aggregate,
                                       absl::string_view stream, uint64_t until,
                                       google::protobuf::Message* state);

}  // namespace daybook::internal

#endif  // DAYBOOK_AGGREGATES_SRC_STREAM_LOADER_H_
