// A clock that stands still until it is told otherwise.
#ifndef DAYBOOK_TESTKIT_FAKE_CLOCK_H_
#define DAYBOOK_TESTKIT_FAKE_CLOCK_H_

#include "absl/base/thread_annotations.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "daybook/core/clock.h"
#include "daybook/core/mutex.h"

namespace daybook {

// Thread-safe.
class FakeClock : public Clock {
 public:
  // The time at which tests begin when they name none: noon of a Thursday, UTC.
  static absl::Time DefaultStart() {
    return absl::FromCivil(absl::CivilSecond(2026, 1, 1, 12, 0, 0), absl::UTCTimeZone());
  }

  explicit FakeClock(absl::Time start = DefaultStart()) : now_(start) {}

  absl::Time Now() override {
    MutexLock lock(&mutex_);
    return now_;
  }
  // May step back, as a system's clock does.
  void Set(absl::Time now) {
    MutexLock lock(&mutex_);
    now_ = now;
  }
  void Advance(absl::Duration by) {
    MutexLock lock(&mutex_);
    now_ += by;
  }

 private:
  Mutex mutex_;
  absl::Time now_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace daybook

#endif  // DAYBOOK_TESTKIT_FAKE_CLOCK_H_
