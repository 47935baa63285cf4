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
#include "daybook/snapshots/snapshot_policy.h"
#include "daybook/snapshots/snapshot_store.h"
#include "google/protobuf/message.h"
#include "registered_aggregate.h"

namespace daybook::internal {

// Where a state stands.
struct StreamPoint {
  std::optional<uint64_t> version;  // nullopt: there is no such stream
  uint64_t next = 0;                // where there is none: the version that its first event gets
  EventsBehind behind;              // the newest snapshot that can be used
  bool from_snapshot = false;
  // Every event since the stream began is in it: nothing but a snapshot may hold what is gone, and
  // what is folded without must not become one.
  bool is_whole = true;
};

// Folds `events` into `state`. DataLoss when one cannot be decoded (Damage names its position) or
// is none that the aggregate knows (UnknownEvent).
absl::Status FoldEvents(absl::Span<const RecordedEvent> events,
                        const RegisteredAggregate& aggregate, google::protobuf::Message* state);

// Folds a stream into a state, some events at a time. Not thread-safe.
class StreamFold {
 public:
  // From the first event that is there into an empty `state`, or into that of version `folded`,
  // if none is gone behind it; up to version `until`. All but the numbers must outlive it.
  StreamFold(const RegisteredAggregate* aggregate, absl::string_view stream,
             std::optional<uint64_t> folded, uint64_t until, google::protobuf::Message* state);

  // Folds what comes next, as of `reader`; false when nothing is left. Errors as FoldEvents.
  absl::StatusOr<bool> Next(const StoreReader& reader);
  // Folds all that is left.
  absl::Status Finish(const StoreReader& reader);

  // Of the last event that is folded; nullopt when none is there, or none of version `folded`.
  std::optional<uint64_t> version() const { return version_; }
  // Where the stream starts, once the first events are folded.
  const StreamStart& start() const { return start_; }
  // No event is gone since the stream began.
  bool is_whole() const { return start_.first == start_.began; }
  // The stream is of another life than version `version`, or is there no more.
  bool began_after(uint64_t version) const { return version < start_.began; }
  Position position() const { return position_; }
  // What was folded behind version `folded`.
  const EventsBehind& behind() const { return behind_; }

 private:
  const RegisteredAggregate* const aggregate_;
  const absl::string_view stream_;
  const std::optional<uint64_t> folded_;
  const uint64_t until_;
  google::protobuf::Message* const state_;
  StreamStart start_;
  std::optional<uint64_t> version_;
  Position position_;
  EventsBehind behind_;
};

// Folds `stream` as of `reader`, up to version `until` at most, into `state`, which must be empty:
// from the newest snapshot that can be used, or from the first event that is there: a stream that
// was cut short has the state of what is left of it. `snapshots` may be null: then none
// is used. Errors as FoldEvents.
absl::StatusOr<StreamPoint> LoadStream(const StoreReader& reader, SnapshotStore* snapshots,
                                       const RegisteredAggregate& aggregate,
                                       absl::string_view stream, uint64_t until,
                                       google::protobuf::Message* state);

}  // namespace daybook::internal

#endif  // DAYBOOK_AGGREGATES_SRC_STREAM_LOADER_H_
