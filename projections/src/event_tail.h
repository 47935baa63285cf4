// The newest sequenced events, kept for inline views that are about to take part in the commits.
#ifndef DAYBOOK_PROJECTIONS_SRC_EVENT_TAIL_H_
#define DAYBOOK_PROJECTIONS_SRC_EVENT_TAIL_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>

#include "absl/types/span.h"
#include "daybook/core/event.h"

namespace daybook::internal {

// Positions (first - 1, last] without a gap, as far as they are known. A commit that was refused
// after it was added is put right by the next, which starts at the same position. Not thread-safe.
class EventTail {
 public:
  EventTail(size_t max_events, size_t max_bytes) : max_events_(max_events), max_bytes_(max_bytes) {}

  // Must be called for each commit, before its events are added: forgets what was not written.
  void StartAt(uint64_t first);
  void Add(absl::Span<const RecordedEvent> events);
  void Clear();

  // Every event after `after` and before `first` of the last StartAt is here.
  bool Covers(uint64_t after) const { return !events_.empty() && after + 1 >= front(); }

  auto begin() const { return events_.begin(); }
  auto end() const { return events_.end(); }

  // An event with the memory that it views.
  class Kept {
   public:
    explicit Kept(const RecordedEvent& event);
    Kept(const Kept&) = delete;
    Kept& operator=(const Kept&) = delete;
    const RecordedEvent& event() const { return event_; }
    size_t bytes() const { return bytes_.size(); }

   private:
    std::string bytes_;
    RecordedEvent event_;
  };

 private:
  uint64_t front() const { return events_.front().event().position.sequence(); }
  void PopBack();

  const size_t max_events_;
  const size_t max_bytes_;
  std::deque<Kept> events_;
  size_t bytes_ = 0;
};

}  // namespace daybook::internal

#endif  // DAYBOOK_PROJECTIONS_SRC_EVENT_TAIL_H_
