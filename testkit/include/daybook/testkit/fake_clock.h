// A clock that stands still until it is told otherwise.
#ifndef DAYBOOK_TESTKIT_FAKE_CLOCK_H_
#define DAYBOOK_TESTKIT_FAKE_CLOCK_H_

#include <map>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "daybook/core/clock.h"
#include "daybook/core/mutex.h"

namespace daybook {

// Thread-safe. What CallAt was given is called by who moves the clock to its time, before Set or
// Advance returns; at once where that has come.
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
  void CallAt(absl::Time time, absl::AnyInvocable<void() &&> call) override {
    {
      MutexLock lock(&mutex_);
      calls_.emplace(time, std::move(call));
    }
    CallDue();
  }
  // May step back, as a system's clock does.
  void Set(absl::Time now) {
    {
      MutexLock lock(&mutex_);
      now_ = now;
    }
    CallDue();
  }
  void Advance(absl::Duration by) {
    {
      MutexLock lock(&mutex_);
      now_ += by;
    }
    CallDue();
  }

 private:
  // Without the lock: what is called may look at the clock.
  void CallDue() {
    std::vector<absl::AnyInvocable<void() &&>> due;
    {
      MutexLock lock(&mutex_);
      const auto end = calls_.upper_bound(now_);
      for (auto it = calls_.begin(); it != end; ++it) due.push_back(std::move(it->second));
      calls_.erase(calls_.begin(), end);
    }
    for (auto& call : due) std::move(call)();
  }

  Mutex mutex_;
  absl::Time now_ ABSL_GUARDED_BY(mutex_);
  std::multimap<absl::Time, absl::AnyInvocable<void() &&>> calls_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace daybook

#endif  // DAYBOOK_TESTKIT_FAKE_CLOCK_H_
