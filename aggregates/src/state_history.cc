#include "daybook/aggregates/state_history.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/types/span.h"
#include "daybook/core/codec.h"
#include "daybook/core/status_macros.h"
#include "daybook/core/stream_name.h"
#include "registered_aggregate.h"
#include "stream_loader.h"

namespace daybook {

absl::StatusOr<std::optional<uint64_t>> LoadStateAt(
    const StoreReader& reader, SnapshotStore* snapshots, const AggregateDefinition& aggregate,
    absl::string_view key, const StreamMoment& moment, google::protobuf::Message* state) {
  const std::string stream = StreamNameOf(aggregate.category, key);
  DAYBOOK_ASSIGN_OR_RETURN(const std::optional<uint64_t> version,
                           VersionOf(reader, stream, moment));
  if (!version.has_value()) return std::nullopt;
  const internal::RegisteredAggregate registered(&aggregate);
  DAYBOOK_RETURN_IF_ERROR(
      internal::LoadStream(reader, snapshots, registered, stream, *version, state).status());
  return version;
}

absl::Status VisitStateChanges(const StoreReader& reader, const AggregateDefinition& aggregate,
                               absl::string_view key, Position until, VisitStoredChange visit) {
  const internal::RegisteredAggregate registered(&aggregate);
  const std::string stream = StreamNameOf(aggregate.category, key);
  const std::unique_ptr<google::protobuf::Message> state(aggregate.default_state->New());
  std::optional<std::string> before;
  ReadStreamOptions options;
  options.from = 0;
  while (true) {
    const absl::StatusOr<EventBatch> batch = reader.ReadStream(stream, options);
    if (absl::IsNotFound(batch.status())) return absl::OkStatus();
    DAYBOOK_RETURN_IF_ERROR(batch.status());
    for (const RecordedEvent& event : *batch) {
      if (event.position > until) return absl::OkStatus();
      DAYBOOK_RETURN_IF_ERROR(
          internal::FoldEvents(absl::MakeConstSpan(&event, 1), registered, state.get()));
      StoredChange change{HeaderOf(event), std::move(before), EncodeMessage(*state)};
      if (!visit(change)) return absl::OkStatus();
      before = std::move(change.after);
    }
    if (batch->at_end() || batch->empty()) return absl::OkStatus();
    options.from = batch->back().version + 1;
  }
}

}  // namespace daybook
