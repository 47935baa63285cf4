// The events of a stretch of the log or of one stream, batch by batch.
#ifndef DAYBOOK_PROJECTIONS_SRC_EVENTS_UNTIL_H_
#define DAYBOOK_PROJECTIONS_SRC_EVENTS_UNTIL_H_

#include <string>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "daybook/core/event_store.h"
#include "daybook/core/position.h"
#include "event_dispatcher.h"

namespace daybook::internal {

// Not thread-safe.
class EventsUntil {
 public:
  // Those after `after` and up to `until` that `dispatcher` lets by, and perhaps more. `reader`
  // must outlive this.
  EventsUntil(const StoreReader& reader, const EventDispatcher& dispatcher, Position after,
              Position until);
  // Those of the stream from its start, where there is one.
  EventsUntil(const StoreReader& reader, std::string stream, Position until);

  // Calls `visit` until it returns an error or false.
  absl::Status ForEach(absl::FunctionRef<absl::StatusOr<bool>(const RecordedEvent&)> visit);

 private:
  const StoreReader& reader_;
  const std::string stream_;  // empty: the log
  const Position until_;
  ReadLogOptions log_;
  ReadStreamOptions in_stream_;
};

}  // namespace daybook::internal

#endif  // DAYBOOK_PROJECTIONS_SRC_EVENTS_UNTIL_H_
