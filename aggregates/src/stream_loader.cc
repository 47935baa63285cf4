#include "stream_loader.h"

#include "absl/strings/str_cat.h"
#include "daybook/core/errors.h"
#include "daybook/core/status_macros.h"

namespace daybook::internal {
namespace {

absl::Status FoldBatch(const EventBatch& batch, const RegisteredAggregate& aggregate,
                       google::protobuf::Message* state) {
  const EventDefinition* definition = nullptr;
  uint32_t type_id = 0;
  for (const RecordedEvent& event : batch) {
    if (definition == nullptr || event.type_id != type_id) {
      const auto found = aggregate.events.find(event.type);
      if (found == aggregate.events.end()) {
        return DamageError(
            "event", event.position,
            absl::StrCat(event.type, " is no event of ", aggregate.definition->name));
      }
      definition = found->second;
      type_id = event.type_id;
    }
    DAYBOOK_RETURN_IF_ERROR(definition->evolve(event, *state));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<StreamPoint> LoadStream(const StoreReader& reader, SnapshotStore& snapshots,
                                       const RegisteredAggregate& aggregate,
                                       absl::string_view stream, google::protobuf::Message* state) {
  StreamPoint point;
  DAYBOOK_ASSIGN_OR_RETURN(point.version, reader.StreamVersion(stream));
  if (!point.version.has_value()) return point;

  if (aggregate.definition->snapshot_every > 0) {
    const std::optional<Snapshot> snapshot =
        snapshots.Find(reader, stream, *point.version, aggregate.fingerprint);
    if (snapshot.has_value() && state->ParseFromString(snapshot->state)) {
      snapshots.CountUsed();
      point.events_in_snapshot = snapshot->version + 1;
    } else if (snapshot.has_value()) {
      snapshots.CountTorn();
      state->Clear();
    }
  }

  ReadStreamOptions options;
  uint64_t next = point.events_in_snapshot;
  while (next <= *point.version) {
    options.from = next;
    DAYBOOK_ASSIGN_OR_RETURN(const EventBatch batch, reader.ReadStream(stream, options));
    if (batch.empty()) {
      return DamageError("stream", reader.tip(), absl::StrCat(stream, " lacks version ", next));
    }
    DAYBOOK_RETURN_IF_ERROR(FoldBatch(batch, aggregate, state));
    next = batch.back().version + 1;
  }
  return point;
}

}  // namespace daybook::internal
