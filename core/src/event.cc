#include "daybook/core/event.h"

#include <utility>

namespace daybook {

EventBatch::EventBatch(std::vector<RecordedEvent> events, std::shared_ptr<const void> storage,
                       Position next, bool at_end)
    : events_(std::make_shared<const std::vector<RecordedEvent>>(std::move(events))),
      storage_(std::move(storage)),
      next_(next),
      at_end_(at_end) {}

}  // namespace daybook
