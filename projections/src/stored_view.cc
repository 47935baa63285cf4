#include "daybook/projections/stored_view.h"

#include <memory>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "daybook/core/status_macros.h"
#include "event_dispatcher.h"
#include "view.h"
#include "view_tables.h"

namespace daybook {
namespace {

// That of the build that answers; nullopt: the store does not know the view.
absl::StatusOr<std::optional<v1::ViewCheckpoint>> FindCheckpoint(const EventStore& store,
                                                                 const StoreReader& reader,
                                                                 absl::string_view view) {
  const std::optional<TableId> checkpoints = FindTable(store, internal::kCheckpointsTable);
  if (!checkpoints.has_value()) return std::nullopt;
  std::string key(view);  // of the first form, which had one build and no list
  if (const auto list = FindTable(store, internal::kGenerationsTable); list.has_value()) {
    DAYBOOK_ASSIGN_OR_RETURN(const std::optional<v1::ViewGenerations> generations,
                             internal::ReadGenerations(reader, {.generations = *list}, view));
    if (generations.has_value()) key = internal::CheckpointKey(view, generations->serving());
  }
  DAYBOOK_ASSIGN_OR_RETURN(const std::optional<std::string> row, reader.GetRow(*checkpoints, key));
  if (!row.has_value()) return std::nullopt;
  DAYBOOK_ASSIGN_OR_RETURN(v1::ViewCheckpoint checkpoint, internal::ParseCheckpoint(view, *row));
  return checkpoint;
}

absl::Status FindLag(const StoreReader& reader, StoredView* view) {
  if (view->checkpoint >= reader.tip()) return absl::OkStatus();
  view->lag_events = reader.tip().sequence() - view->checkpoint.sequence();
  ReadLogOptions next;
  next.from = view->checkpoint;
  next.limit = 1;
  DAYBOOK_ASSIGN_OR_RETURN(const EventBatch batch, reader.ReadLog(next));
  if (!batch.empty()) view->behind_since = batch.front().recorded_time;
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<StoredView> FindStoredView(const EventStore& store, const StoreReader& reader,
                                          const ProjectionDefinition& projection) {
  StoredView view;
  DAYBOOK_ASSIGN_OR_RETURN(const auto checkpoint, FindCheckpoint(store, reader, projection.name()));
  if (checkpoint.has_value()) {
    view.generation = checkpoint->generation();
    view.checkpoint = Position(checkpoint->position());
    view.current = checkpoint->fingerprint() == projection.fingerprint().bytes();
    view.rows = FindTable(store, internal::RowsTable(projection.name(), view.generation));
  }
  DAYBOOK_RETURN_IF_ERROR(FindLag(reader, &view));
  return view;
}

absl::StatusOr<PendingEvents> TryPendingEvents(const StoreReader& reader,
                                               const ProjectionDefinition& projection,
                                               const StoredView& view, size_t max_events) {
  internal::EventDispatcher dispatcher;
  dispatcher.Add(projection);
  const std::unique_ptr<internal::RowFold> fold = projection.MakeFold();
  const auto load = [&](absl::string_view key) -> absl::StatusOr<std::optional<std::string>> {
    if (!view.rows.has_value()) return std::nullopt;
    return reader.GetRow(*view.rows, key);
  };
  PendingEvents pending;
  ReadLogOptions options;
  options.from = view.checkpoint;
  options.filter = dispatcher.Filter();
  while (true) {
    DAYBOOK_ASSIGN_OR_RETURN(const EventBatch batch, reader.ReadLog(options));
    for (const RecordedEvent& event : batch) {
      internal::Reading* const reading = dispatcher.Find(event);
      if (reading == nullptr) continue;
      if (pending.events == max_events) return pending;
      ++pending.events;
      absl::Status status = reading->Decode(event);
      if (status.ok()) status = fold->Apply(reading->targets().front().handlings, event, load);
      if (!status.ok()) {
        pending.stops = internal::AtEvent(
            projection.name(), absl::StrCat("stops at position ", event.position.ToString(), ","),
            event, status);
        return pending;
      }
    }
    if (batch.at_end()) return pending;
    options.from = batch.next();
  }
}

}  // namespace daybook
