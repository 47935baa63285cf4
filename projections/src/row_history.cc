#include "daybook/projections/row_history.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "daybook/core/stream_name.h"
#include "event_dispatcher.h"
#include "events_until.h"
#include "parking.h"
#include "view.h"

namespace daybook {
namespace {

using internal::EventDispatcher;
using internal::EventsUntil;
using internal::Reading;
using internal::RowFold;

// The one stream whose events alone touch the row of `key`; empty when others may too.
std::string StreamOfRow(const ProjectionDefinition& projection, absl::string_view key) {
  const std::vector<HandledEvent>& handled = projection.handled();
  const bool by_stream = std::all_of(handled.begin(), handled.end(),
                                     [](const HandledEvent& e) { return e.keyed_by_stream; });
  if (!by_stream || projection.categories().size() != 1) return "";
  return StreamNameOf(projection.categories().front(), key);
}

absl::StatusOr<std::optional<std::string>> NoStoredRow(absl::string_view) {
  return std::nullopt;
}

// Folds the events into `fold` and calls `folded` after each, until it returns false.
absl::Status FoldPast(const StoreReader& reader, const ProjectionDefinition& projection,
                      std::string stream, Position until, RowFold& fold,
                      absl::FunctionRef<absl::StatusOr<bool>(const RecordedEvent&)> folded) {
  EventDispatcher dispatcher;
  dispatcher.Add(projection);
  EventsUntil events = stream.empty() ? EventsUntil(reader, dispatcher, Position::Start(), until)
                                      : EventsUntil(reader, std::move(stream), until);
  return events.ForEach([&](const RecordedEvent& event) -> absl::StatusOr<bool> {
    Reading* const reading = dispatcher.Find(event);
    if (reading == nullptr || event.removed) return true;
    const Reading::Target& target = reading->targets().front();
    absl::Status status = reading->Decode(event);
    if (!status.ok()) {
      // Of another row, it is no matter of this one.
      const auto row = internal::RowOfStream(projection, target.handlers, event);
      if (row.has_value() && !fold.Folds(*row)) return true;
    }
    if (status.ok()) status = fold.Apply(target.handlings, event, &NoStoredRow);
    if (!status.ok()) {
      return internal::AtEvent(projection.name(),
                               absl::StrCat("at position ", event.position.ToString(), " refuses"),
                               event, status);
    }
    return folded(event);
  });
}

// The rows that changed since the last time; nullopt: deleted.
absl::StatusOr<std::map<std::string, std::optional<std::string>>> TakeChanges(RowFold& fold) {
  std::map<std::string, std::optional<std::string>> rows;
  DAYBOOK_RETURN_IF_ERROR(
      fold.FlushRows([&](absl::string_view key, std::optional<std::string> value) {
        rows[std::string(key)] = std::move(value);
      }));
  fold.FlushDone(/*stored=*/true);
  return rows;
}

}  // namespace

namespace internal {

absl::Status NoRow(absl::string_view view, absl::string_view key) {
  return absl::NotFoundError(
      absl::StrCat("view ", view, " has no row \"", absl::CHexEscape(key), "\""));
}

absl::Status NoRowAt(absl::string_view view, absl::string_view key, Position position) {
  return absl::NotFoundError(absl::StrCat("view ", view, " had no row \"", absl::CHexEscape(key),
                                          "\" at position ", position.ToString()));
}

}  // namespace internal

absl::Status VisitRowChanges(const StoreReader& reader, const ProjectionDefinition& projection,
                             absl::string_view key, Position until, VisitStoredChange visit) {
  const std::unique_ptr<RowFold> fold = projection.MakeFold();
  fold->Restrict([key](absl::string_view other) { return other == key; });
  std::optional<std::string> row;
  return FoldPast(reader, projection, StreamOfRow(projection, key), until, *fold,
                  [&](const RecordedEvent& event) -> absl::StatusOr<bool> {
                    if (fold->dirty_rows() == 0) return true;
                    DAYBOOK_ASSIGN_OR_RETURN(auto rows, TakeChanges(*fold));
                    StoredChange change{HeaderOf(event), std::move(row), std::nullopt};
                    if (!rows.empty()) change.after = std::move(rows.begin()->second);
                    row = change.after;
                    return visit(change);
                  });
}

absl::StatusOr<std::optional<std::string>> RowAt(const StoreReader& reader,
                                                 const ProjectionDefinition& projection,
                                                 absl::string_view key, Position position) {
  const std::unique_ptr<RowFold> fold = projection.MakeFold();
  fold->Restrict([key](absl::string_view other) { return other == key; });
  DAYBOOK_RETURN_IF_ERROR(FoldPast(reader, projection, StreamOfRow(projection, key), position,
                                   *fold, [](const RecordedEvent&) { return true; }));
  DAYBOOK_ASSIGN_OR_RETURN(auto rows, TakeChanges(*fold));
  if (rows.empty()) return std::nullopt;
  return std::move(rows.begin()->second);
}

absl::StatusOr<std::map<std::string, std::string>> RowsAt(const StoreReader& reader,
                                                          const ProjectionDefinition& projection,
                                                          Position position) {
  const std::unique_ptr<RowFold> fold = projection.MakeFold();
  DAYBOOK_RETURN_IF_ERROR(FoldPast(reader, projection, /*stream=*/"", position, *fold,
                                   [](const RecordedEvent&) { return true; }));
  std::map<std::string, std::string> rows;
  DAYBOOK_RETURN_IF_ERROR(
      fold->FlushRows([&](absl::string_view key, std::optional<std::string> value) {
        if (value.has_value()) rows[std::string(key)] = *std::move(value);
      }));
  return rows;
}

}  // namespace daybook
