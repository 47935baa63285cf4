#include "daybook/projections/stored_view.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "daybook/core/status_macros.h"
#include "event_dispatcher.h"
#include "index_table.h"
#include "parked_table.h"
#include "parking.h"
#include "view.h"
#include "view_pages.h"
#include "view_tables.h"

namespace daybook {
namespace {

using internal::Reading;
using internal::RowByRow;

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

// Folds events in memory, as a view would that goes on from `view`.
class PendingTrial {
 public:
  PendingTrial(const StoreReader& reader, const ProjectionDefinition& projection,
               const StoredView& view, FailurePolicy policy)
      : reader_(reader),
        projection_(projection),
        view_(view),
        policy_(policy),
        fold_(projection.MakeFold()),
        rows_([this](absl::string_view key) {
          return IsHeld(key) ? RowByRow::Way::kHold : RowByRow::Way::kFold;
        }) {
    dispatcher_.Add(projection);
  }

  EventFilter Filter() const { return dispatcher_.Filter(); }
  bool Handles(const RecordedEvent& event) {
    return !event.removed && dispatcher_.Find(event) != nullptr;
  }
  void Try(const RecordedEvent& event) {
    Reading& reading = *dispatcher_.Find(event);
    const Reading::Target& target = reading.targets().front();
    ++pending_.events;
    absl::Status status = reading.Decode(event);
    if (!status.ok()) {
      const auto row = internal::RowOfStream(projection_, target.handlers, event);
      if (row.has_value() && (IsHeld(*row) || policy_ != FailurePolicy::kStop)) {
        return Refuse(event, *row, status);
      }
      if (policy_ == FailurePolicy::kSkip) return Refuse(event, "", status);
      return Stop(event, status);
    }
    rows_.Begin(/*asks=*/true, /*goes_on=*/policy_ != FailurePolicy::kStop);
    status = fold_->ApplyByRow(
        target.handlings, event,
        [this](absl::string_view key) -> absl::StatusOr<std::optional<std::string>> {
          if (!view_.rows.has_value()) return std::nullopt;
          return reader_.GetRow(*view_.rows, key);
        },
        &rows_);
    if (!status.ok()) return Stop(event, status);
    for (const RowByRow::PassedOver& row : rows_.passed_over()) {
      if (!row.refusal.ok()) Refuse(event, row.key, row.refusal);
    }
  }
  const PendingEvents& pending() const { return pending_; }

 private:
  bool IsHeld(absl::string_view key) {
    const auto [known, is_new] = held_.try_emplace(std::string(key), false);
    if (is_new && view_.failures.parked_keys > 0 && view_.parked.has_value()) {
      // What cannot be read is told by who reads the list.
      (void)internal::VisitParkedEntries(
          reader_, *view_.parked, internal::ParkedPrefix(projection_.name(), view_.generation), key,
          Position::Start(), [held = &known->second](const internal::ParkedEntry&) {
            *held = true;
            return false;
          });
    }
    return known->second;
  }
  void Refuse(const RecordedEvent& event, absl::string_view key, const absl::Status& status) {
    if (IsHeld(key)) return;
    if (policy_ == FailurePolicy::kPark) held_[std::string(key)] = true;
    if (pending_.refused++ == 0) pending_.refuses = At(event, "refuses", status);
  }
  void Stop(const RecordedEvent& event, const absl::Status& status) {
    pending_.stops = At(event, "stops", status);
  }
  absl::Status At(const RecordedEvent& event, absl::string_view verb, const absl::Status& status) {
    const std::string said = absl::StrCat(verb, " at position ", event.position.ToString(), ",");
    return internal::AtEvent(projection_.name(), said, event, status);
  }

  const StoreReader& reader_;
  const ProjectionDefinition& projection_;
  const StoredView& view_;
  const FailurePolicy policy_;
  internal::EventDispatcher dispatcher_;
  const std::unique_ptr<internal::RowFold> fold_;
  RowByRow rows_;
  // Keys that were asked for, and whether they are held.
  std::map<std::string, bool> held_;
  PendingEvents pending_;
};

}  // namespace

absl::StatusOr<StoredView> FindStoredView(const EventStore& store, const StoreReader& reader,
                                          const ProjectionDefinition& projection) {
  StoredView view;
  DAYBOOK_ASSIGN_OR_RETURN(const auto checkpoint, FindCheckpoint(store, reader, projection.name()));
  if (checkpoint.has_value()) {
    view.generation = checkpoint->generation();
    view.checkpoint = Position(checkpoint->position());
    view.current = checkpoint->fingerprint() == projection.fingerprint().bytes();
    view.failures = internal::FailuresOf(checkpoint->failures());
    view.parked = FindTable(store, internal::kParkedTable);
    view.rows = FindTable(store, internal::RowsTable(projection.name(), view.generation));
    view.index = FindTable(store, internal::IndexTable(projection.name(), view.generation));
  }
  DAYBOOK_RETURN_IF_ERROR(FindLag(reader, &view));
  return view;
}

absl::Status ScanStoredRows(
    const StoreReader& reader, const StoredView& view, const RangeOptions& range,
    absl::FunctionRef<bool(absl::string_view key, absl::string_view row)> visit) {
  const ScanOptions scan = internal::ScanOfRange(range);
  if (internal::IsEmpty(scan)) return absl::OkStatus();
  return reader.ScanRows(*view.rows, scan, visit);
}

absl::Status ScanStoredIndex(
    const StoreReader& reader, const ProjectionDefinition& projection, const StoredView& view,
    const IndexText& text, Direction direction,
    absl::FunctionRef<bool(absl::string_view key, absl::string_view row)> visit) {
  const std::vector<RowIndex>& indexes = projection.indexes();
  DAYBOOK_ASSIGN_OR_RETURN(const internal::IndexQuery query,
                           internal::ParseIndexText(projection.name(), indexes, text));
  if (!view.index.has_value()) return absl::OkStatus();  // it was begun, and has no row yet
  const auto index = std::find_if(indexes.begin(), indexes.end(), [&query](const RowIndex& known) {
    return known.name == query.index;
  });
  const internal::StoredIndex stored{projection.name(), *index, *view.index,
                                     static_cast<size_t>(index - indexes.begin())};
  return internal::ScanIndex(reader, stored, query, direction, /*place=*/std::nullopt,
                             [&](absl::string_view, absl::string_view key) -> absl::StatusOr<bool> {
                               DAYBOOK_ASSIGN_OR_RETURN(
                                   const std::string row,
                                   internal::GetIndexedRow(reader, stored, *view.rows, key));
                               return visit(key, row);
                             });
}

absl::StatusOr<PendingEvents> TryPendingEvents(const StoreReader& reader,
                                               const ProjectionDefinition& projection,
                                               const StoredView& view, size_t max_events,
                                               FailurePolicy policy) {
  PendingTrial trial(reader, projection, view, policy);
  ReadLogOptions options;
  options.from = view.checkpoint;
  options.filter = trial.Filter();
  while (true) {
    DAYBOOK_ASSIGN_OR_RETURN(const EventBatch batch, reader.ReadLog(options));
    for (const RecordedEvent& event : batch) {
      if (!trial.Handles(event)) continue;
      if (trial.pending().events == max_events) return trial.pending();
      trial.Try(event);
      if (!trial.pending().stops.ok()) return trial.pending();
    }
    if (batch.at_end()) return trial.pending();
    options.from = batch.next();
  }
}

}  // namespace daybook
