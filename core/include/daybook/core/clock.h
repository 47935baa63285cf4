// Where the time comes from.
#ifndef DAYBOOK_CORE_CLOCK_H_
#define DAYBOOK_CORE_CLOCK_H_

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace daybook {

// Thread-safe. May step back: the log keeps recorded time from decreasing by itself.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual absl::Time Now() = 0;

  static Clock& System();
};

}  // namespace daybook

#endif  // DAYBOOK_CORE_CLOCK_H_
