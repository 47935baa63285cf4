// Which of a stream's events are still there.
#ifndef DAYBOOK_CORE_STREAM_LIMITS_H_
#define DAYBOOK_CORE_STREAM_LIMITS_H_

#include <cstdint>
#include <optional>

#include "absl/time/time.h"

namespace daybook {

// An event is there while every limit that is set lets it be. What is gone is no longer read with
// its stream, at once, and its payload is removed by the next scavenge (scavenge.h). Reads of the
// whole log return it until then, so that views do not depend on the moment in which they read it.
struct StreamLimits {
  // Since it was recorded, by the store's clock. At least a microsecond.
  std::optional<absl::Duration> max_age;
  // The last so many are there. At least 1.
  std::optional<uint64_t> max_count;
  // Those from this version on are there.
  std::optional<uint64_t> truncate_before;
};

// Where a stream starts. All 0 for one that was never cut short, and for one that is not there and
// never was.
struct StreamStart {
  // The version with which it began: more than 0 for one that was deleted since; that behind the
  // last event where it is not there again, or has a tombstone.
  uint64_t began = 0;
  // The version of the first event that is there; where none is, that of the next one.
  uint64_t first = 0;
};

}  // namespace daybook

#endif  // DAYBOOK_CORE_STREAM_LIMITS_H_
