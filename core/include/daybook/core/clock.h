// Where the time comes from.
#ifndef DAYBOOK_CORE_CLOCK_H_
#define DAYBOOK_CORE_CLOCK_H_

#include "absl/functional/any_invocable.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace daybook {

// Thread-safe. May step back: the log keeps recorded time from decreasing by itself.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual absl::Time Now() = 0;
  // Calls `call` once, at about `time`, or soon where that has passed: a hint to look at Now, which
  // may have been set back meanwhile. On a thread of its own, or that of who moves the clock, or
  // the caller's: must not block. `call` may be kept until then, longer than this lives. Unless a
  // clock says otherwise it waits as long as real time takes to go from Now to `time`.
  virtual void CallAt(absl::Time time, absl::AnyInvocable<void() &&> call);

  static Clock& System();
};

}  // namespace daybook

#endif  // DAYBOOK_CORE_CLOCK_H_
