#include "event_tail.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace daybook::internal {

EventTail::Kept::Kept(const RecordedEvent& event)
    : bytes_(absl::StrCat(event.stream, event.type, event.payload, event.metadata.bytes())),
      event_(event) {
  absl::string_view rest = bytes_;
  const auto next = [&rest](size_t size) {
    const absl::string_view part = rest.substr(0, size);
    rest.remove_prefix(size);
    return part;
  };
  event_.stream = next(event.stream.size());
  event_.type = next(event.type.size());
  event_.payload = next(event.payload.size());
  event_.metadata = MetadataView(rest);
}

void EventTail::StartAt(uint64_t first) {
  while (!events_.empty() && events_.back().event().position.sequence() >= first) PopBack();
  if (!events_.empty() && events_.back().event().position.sequence() + 1 != first) Clear();
}

void EventTail::Add(absl::Span<const RecordedEvent> events) {
  for (const RecordedEvent& event : events) bytes_ += events_.emplace_back(event).bytes();
  while (events_.size() > max_events_ || bytes_ > max_bytes_) {
    bytes_ -= events_.front().bytes();
    events_.pop_front();
  }
}

void EventTail::Clear() {
  events_.clear();
  bytes_ = 0;
}

void EventTail::PopBack() {
  bytes_ -= events_.back().bytes();
  events_.pop_back();
}

}  // namespace daybook::internal
