#include "stream_loader.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "daybook/core/errors.h"
#include "daybook/core/status_macros.h"

namespace daybook::internal {

absl::Status FoldEvents(absl::Span<const RecordedEvent> events,
                        const RegisteredAggregate& aggregate, google::protobuf::Message* state) {
  const KnownEvent* known = nullptr;
  uint32_t type_id = 0;
  for (const RecordedEvent& event : events) {
    if (known == nullptr || event.type_id != type_id ||
        event.schema_version != known->schema_version) {
      DAYBOOK_ASSIGN_OR_RETURN(known, aggregate.Find(event));
      type_id = event.type_id;
    }
    DAYBOOK_RETURN_IF_ERROR(known->evolve(event, *state));
  }
  return absl::OkStatus();
}

namespace {

// Folds the events of `stream` up to version `until` into `state`, but for those up to version
// `folded`, and returns the last version folded; nullopt when it has no events, or none of version
// `folded`.
absl::StatusOr<std::optional<uint64_t>> FoldBehind(const StoreReader& reader,
                                                   const RegisteredAggregate& aggregate,
                                                   absl::string_view stream,
                                                   std::optional<uint64_t> folded, uint64_t until,
                                                   google::protobuf::Message* state) {
  std::optional<uint64_t> last;
  ReadStreamOptions options;
  // The last one that is folded is read again: so that it is known to be there.
  options.from = folded.value_or(0);
  const size_t batch_limit = options.limit;
  while (true) {
    options.limit = std::min<uint64_t>(batch_limit, until - *options.from + 1);
    const absl::StatusOr<EventBatch> batch = reader.ReadStream(stream, options);
    if (absl::IsNotFound(batch.status())) return std::nullopt;
    DAYBOOK_RETURN_IF_ERROR(batch.status());
    if (batch->empty()) return last;
    if (batch->front().version != *options.from) {
      return DamageError("stream", batch->front().position,
                         absl::StrCat(stream, " lacks version ", *options.from));
    }
    const bool skip_first = !last.has_value() && folded.has_value();
    DAYBOOK_RETURN_IF_ERROR(
        FoldEvents(absl::MakeConstSpan(batch->begin(), batch->size()).subspan(skip_first ? 1 : 0),
                   aggregate, state));
    last = batch->back().version;
    if (batch->at_end() || *last == until) return last;
    options.from = *last + 1;
  }
}

}  // namespace

absl::StatusOr<StreamPoint> LoadStream(const StoreReader& reader, SnapshotStore* snapshots,
                                       const RegisteredAggregate& aggregate,
                                       absl::string_view stream, uint64_t until,
                                       google::protobuf::Message* state) {
  StreamPoint point;
  std::optional<Snapshot> snapshot;
  if (snapshots != nullptr && aggregate.definition->snapshot_every > 0) {
    snapshot = snapshots->Find(reader, stream, aggregate.fingerprint);
  }
  if (snapshot.has_value() && snapshot->version <= until) {
    if (state->ParseFromString(snapshot->state)) {
      DAYBOOK_ASSIGN_OR_RETURN(
          point.version, FoldBehind(reader, aggregate, stream, snapshot->version, until, state));
      if (point.version.has_value()) {
        snapshots->CountUsed();
        point.events_in_snapshot = snapshot->version + 1;
        return point;
      }
    }
    snapshots->CountTorn();
    state->Clear();
  }
  DAYBOOK_ASSIGN_OR_RETURN(point.version,
                           FoldBehind(reader, aggregate, stream, std::nullopt, until, state));
  return point;
}

}  // namespace daybook::internal
