#include "daybook/core/clock.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "daybook/core/mutex.h"

namespace daybook {
namespace {

class SystemClock : public Clock {
 public:
  absl::Time Now() override { return absl::Now(); }
};

// One thread for all calls that wait, from the first one on. It is never ended: a process that
// exits does not wait for what it would have called.
class Timer {
 public:
  static Timer& Instance() {
    static Timer* const timer = new Timer;
    return *timer;
  }

  void Add(absl::Duration wait, absl::AnyInvocable<void() &&> call) {
    // Longer than a year is as good as never, and no time of the steady clock.
    const absl::Duration bounded = std::clamp(wait, absl::ZeroDuration(), absl::Hours(24 * 365));
    MutexLock lock(&mutex_);
    calls_.emplace(Steady::now() + absl::ToChronoNanoseconds(bounded), std::move(call));
    changed_.Signal();
  }

 private:
  using Steady = std::chrono::steady_clock;

  Timer() {
    std::thread([this] { Run(); }).detach();
  }

  [[noreturn]] void Run() {
    while (true) std::move(TakeNext())();
  }

  absl::AnyInvocable<void() &&> TakeNext();

  Mutex mutex_;
  CondVar changed_;
  std::multimap<Steady::time_point, absl::AnyInvocable<void() &&>> calls_ ABSL_GUARDED_BY(mutex_);
};

absl::AnyInvocable<void() &&> Timer::TakeNext() {
  MutexLock lock(&mutex_);
  while (calls_.empty() || Steady::now() < calls_.begin()->first) {
    if (calls_.empty()) {
      changed_.Wait(&mutex_);
    } else {
      changed_.WaitUntil(&mutex_, calls_.begin()->first);
    }
  }
  absl::AnyInvocable<void()&&> call = std::move(calls_.begin()->second);
  calls_.erase(calls_.begin());
  return call;
}

}  // namespace

void Clock::CallAt(absl::Time time, absl::AnyInvocable<void() &&> call) {
  Timer::Instance().Add(time - Now(), std::move(call));
}

Clock& Clock::System() {
  static SystemClock* const clock = new SystemClock;
  return *clock;
}

}  // namespace daybook
