// What a projection's On may want to know beside the event.
#ifndef DAYBOOK_PROJECTIONS_EVENT_CONTEXT_H_
#define DAYBOOK_PROJECTIONS_EVENT_CONTEXT_H_

#include "absl/strings/string_view.h"
#include "daybook/core/event.h"

namespace daybook {

// Lives for one call of On. Not thread-safe.
class EventContext {
 public:
  // Both are viewed, not copied.
  EventContext(const RecordedEvent& event, absl::string_view key) : event_(event), key_(key) {}
  EventContext(const EventContext&) = delete;
  EventContext& operator=(const EventContext&) = delete;

  // The event as recorded: position, stream, version, time, metadata.
  const RecordedEvent& event() const { return event_; }
  // The key of the row that On was called for.
  absl::string_view key() const { return key_; }

  // Removes the row when On returns, whatever On left in it. A later event of the key starts with
  // an empty row.
  void DeleteRow() { row_deleted_ = true; }
  bool row_deleted() const { return row_deleted_; }

 private:
  const RecordedEvent& event_;
  absl::string_view key_;
  bool row_deleted_ = false;
};

}  // namespace daybook

#endif  // DAYBOOK_PROJECTIONS_EVENT_CONTEXT_H_
