#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <utility>

#include "absl/time/clock.h"
#include "daybook/core/runtime.h"
#include "fatal.h"
#include "futex.h"

namespace daybook {

void Latch::Open() {
  // A waiter may destroy the latch as soon as it reads kOpen: only its address is used after.
  if (state_.exchange(kOpen, std::memory_order_acq_rel) == kAwaited) {
    internal::FutexWakeAll(&state_);
  }
}

bool Latch::is_open() const {
  return state_.load(std::memory_order_acquire) == kOpen;
}

bool Latch::Wait(absl::Duration timeout) {
  const absl::Time deadline = absl::Now() + timeout;
  while (true) {
    uint32_t state = kClosed;
    state_.compare_exchange_strong(state, kAwaited, std::memory_order_acq_rel);
    if (state == kOpen) return true;
    if (timeout == absl::InfiniteDuration()) {
      internal::FutexWait(state_, kAwaited);
      continue;
    }
    const absl::Duration left = deadline - absl::Now();
    if (left <= absl::ZeroDuration()) return is_open();
    const timespec rest = absl::ToTimespec(std::min(left, absl::Hours(1)));
    internal::FutexWait(state_, kAwaited, &rest);
  }
}

namespace {

// A task and its thread. A shared one may be lent to a caller while its thread sleeps.
class ThreadWorker : public Runtime::Worker {
 public:
  ThreadWorker(absl::string_view name, Task* task, bool shared)
      : task_(task), shared_(shared), thread_([this] { Run(); }) {
    // The system keeps 15 characters.
    pthread_setname_np(thread_.native_handle(), std::string(name.substr(0, 15)).c_str());
  }

  ~ThreadWorker() override {
    if (thread_.get_id() == std::this_thread::get_id()) {
      internal::Fatal("a task destroyed its own worker within a step");
    }
    stop_.store(true, std::memory_order_release);
    WakeThread();
    thread_.join();
  }

  void Wake() override;

  // By the caller that it was lent to: makes steps until the latch is open, or nothing is left to
  // be done and nothing is on its way. Then the task is its thread's again.
  void StepUntil(const Latch& latch) {
    bool more = true;
    while (!latch.is_open()) {
      more = task_->Step();
      if (more) continue;
      if (!task_->IsBusy()) break;
      AwaitWake();
    }
    // What the last step left is seldom more than to see that nothing is left.
    Return(more && task_->Step());
  }

  // Gives the task back to its thread, and wakes that when something is to be done.
  void Return(bool due) {
    uint32_t state = kLent;
    if (!due && state_.compare_exchange_strong(state, kAsleep, std::memory_order_acq_rel)) return;
    state_.store(kDue, std::memory_order_release);
    internal::FutexWakeAll(&state_);
  }

 private:
  // kIdle, kDue: the thread is up, and has been woken since it last looked or not. kAsleep: it
  // waits to be woken. kLent, kLentDue, kLentAsleep: the same three for the caller; the thread
  // waits.
  enum : uint32_t { kIdle, kDue, kAsleep, kLent, kLentDue, kLentAsleep };

  void Run() {
    while (true) {
      // The stop is looked for after the exchange, which takes the wake that came with it: asked
      // before, it could be set and its wake taken in between, and the thread would sleep for good.
      const bool due = state_.exchange(kIdle, std::memory_order_acq_rel) == kDue;
      do {
        if (stop_.load(std::memory_order_acquire)) return;
      } while (due && task_->Step());
      uint32_t state = kIdle;
      if (!state_.compare_exchange_strong(state, kAsleep, std::memory_order_acq_rel)) continue;
      while ((state = state_.load(std::memory_order_acquire)) != kDue) {
        internal::FutexWait(state_, state);
      }
    }
  }

  bool Lend() {
    uint32_t state = kAsleep;
    return shared_ && state_.compare_exchange_strong(state, kLent, std::memory_order_acq_rel);
  }

  void WakeThread() {
    uint32_t state = state_.load(std::memory_order_acquire);
    while (true) {
      const bool lent = state >= kLent;
      const uint32_t due = lent ? kLentDue : kDue;
      if (state_.compare_exchange_weak(state, due, std::memory_order_acq_rel)) break;
    }
    if (state == kAsleep) internal::FutexWakeAll(&state_);
    if (state == kLentAsleep) {
      turns_.fetch_add(1, std::memory_order_release);
      internal::FutexWakeAll(&turns_);
    }
  }

  void AwaitWake() {
    const uint32_t turn = turns_.load(std::memory_order_acquire);
    uint32_t state = kLent;
    if (state_.compare_exchange_strong(state, kLentAsleep, std::memory_order_acq_rel)) {
      while (state_.load(std::memory_order_acquire) == kLentAsleep) {
        internal::FutexWait(turns_, turn);
      }
    }
    // Not a store: what a waker did before he found it due already must be seen by the next step.
    state_.exchange(kLent, std::memory_order_acq_rel);
  }

  Task* const task_;
  const bool shared_;
  std::atomic<uint32_t> state_{kDue};
  // What a caller waits on: a word of its own, so that waking him leaves the thread asleep.
  std::atomic<uint32_t> turns_{0};
  std::atomic<bool> stop_{false};
  std::thread thread_;  // the last: it uses all of the above
};

// Of the calling thread: how many blocking calls stand on its stack, what was lent to it, and
// whether it makes the steps of that now.
struct Caller {
  int calls = 0;
  ThreadWorker* lent = nullptr;
  bool steps = false;
};
thread_local Caller caller;

void ThreadWorker::Wake() {
  if (caller.calls > 0 && !caller.steps) {
    if (caller.lent == nullptr && Lend()) {
      caller.lent = this;
      return;
    }
    // Woken again before the caller waits: he has more to do than to wait, so the thread goes on.
    if (caller.lent == this) {
      caller.lent = nullptr;
      return Return(true);
    }
  }
  WakeThread();
}

}  // namespace

BlockingCall::BlockingCall() {
  ++caller.calls;
}

BlockingCall::~BlockingCall() {
  if (--caller.calls > 0 || caller.lent == nullptr) return;
  std::exchange(caller.lent, nullptr)->Return(true);
}

class ThreadRuntime : public Runtime {
 public:
  std::unique_ptr<Worker> Start(absl::string_view name, Task* task) override {
    return std::make_unique<ThreadWorker>(name, task, /*shared=*/false);
  }
  std::unique_ptr<Worker> StartShared(absl::string_view name, Task* task) override {
    return std::make_unique<ThreadWorker>(name, task, /*shared=*/true);
  }
  bool Await(Latch& latch, absl::Duration timeout) override {
    if (caller.lent != nullptr) {
      ThreadWorker* const lent = std::exchange(caller.lent, nullptr);
      if (timeout == absl::InfiniteDuration()) {
        caller.steps = true;
        lent->StepUntil(latch);
        caller.steps = false;
      } else {
        lent->Return(true);  // a step may take longer than the caller will wait
      }
    }
    return latch.Wait(timeout);
  }
};

Runtime& Runtime::Threads() {
  static ThreadRuntime* const runtime = new ThreadRuntime;
  return *runtime;
}

}  // namespace daybook
