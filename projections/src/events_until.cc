#include "events_until.h"

#include "daybook/core/status_macros.h"

namespace daybook::internal {

EventsUntil::EventsUntil(const StoreReader& reader, const EventDispatcher& dispatcher,
                         Position after, Position until)
    : reader_(reader), until_(until) {
  log_.from = after;
  log_.filter = dispatcher.Filter();
}

EventsUntil::EventsUntil(const StoreReader& reader, std::string stream, Position until)
    : reader_(reader), stream_(std::move(stream)), until_(until) {
  in_stream_.from = 0;
  in_stream_.gone_too = true;  // rows are of the log
}

absl::Status EventsUntil::ForEach(
    absl::FunctionRef<absl::StatusOr<bool>(const RecordedEvent&)> visit) {
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

}  // namespace daybook::internal
