#include "daybook/projections/row_history.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "daybook/core/stream_name.h"
#include "event_dispatcher.h"
#include "parking.h"
#include "view.h"

namespace daybook {
namespace {

using internal::EventDispatcher;
using internal::Reading;
using internal::RowFold;

// The log or one stream, batch by batch, up to a position.
class EventsUntil {
 public:
  // The events that `dispatcher` lets by, and more; of `stream` alone when it is not empty.
  EventsUntil(const StoreReader& reader, const EventDispatcher& dispatcher, std::string stream,
              Position until)
      : reader_(reader), stream_(std::move(stream)), until_(until) {
    log_.filter = dispatcher.Filter();
    in_stream_.from = 0;
  }

  // Calls `visit` until it returns an error or false.
  absl::Status ForEach(absl::FunctionRef<absl::StatusOr<bool>(const RecordedEvent&)> visit) {
    while (true) {
      absl::StatusOr<EventBatch> batch =
          stream_.empty() ? reader_.ReadLog(log_) : reader_.ReadStream(stream_, in_stream_);
      if (absl::IsNotFound(batch.status())) return absl::OkStatus();  // no such stream: no events
      DAYBOOK_RETURN_IF_ERROR(batch.status());
      for (const RecordedEvent& event : *batch) {
        if (event.position > until_) return absl::OkStatus();
        DAYBOOK_ASSIGN_OR_RETURN(const bool go_on, visit(event));
        if (!go_on) return absl::OkStatus();
      }
      if (batch->at_end() || (stream_.empty() && batch->next() >= until_)) return absl::OkStatus();
      if (stream_.empty()) {
        log_.from = batch->next();
      } else {
        in_stream_.from = batch->back().version + 1;
      }
    }
  }

 private:
  const StoreReader& reader_;
  const std::string stream_;
  const Position until_;
  ReadLogOptions log_;
  ReadStreamOptions in_stream_;
};

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
  EventsUntil events(reader, dispatcher, std::move(stream), until);
  return events.ForEach([&](const RecordedEvent& event) -> absl::StatusOr<bool> {
    Reading* const reading = dispatcher.Find(event);
    if (reading == nullptr) return true;
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
