#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>

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

class ThreadWorker : public Runtime::Worker {
 public:
  ThreadWorker(absl::string_view name, Task* task) : task_(task), thread_([this] { Run(); }) {
    // The system keeps 15 characters.
    pthread_setname_np(thread_.native_handle(), std::string(name.substr(0, 15)).c_str());
  }

  ~ThreadWorker() override {
    if (thread_.get_id() == std::this_thread::get_id()) {
      internal::Fatal("a task destroyed its own worker within a step");
    }
    stop_.store(true, std::memory_order_release);
    Wake();
    thread_.join();
  }

  void Wake() override {
    if (state_.exchange(kDue, std::memory_order_acq_rel) == kAsleep) {
      internal::FutexWakeAll(&state_);
    }
  }

 private:
  enum : uint32_t { kIdle, kDue, kAsleep };

  void Run() {
    while (!stop_.load(std::memory_order_acquire)) {
      if (state_.exchange(kIdle, std::memory_order_acq_rel) == kDue) {
        while (task_->Step()) {
          if (stop_.load(std::memory_order_acquire)) return;
        }
      }
      uint32_t state = kIdle;
      if (!state_.compare_exchange_strong(state, kAsleep, std::memory_order_acq_rel)) continue;
      while (state_.load(std::memory_order_acquire) == kAsleep) {
        internal::FutexWait(state_, kAsleep);
      }
    }
  }

  Task* const task_;
  std::atomic<uint32_t> state_{kDue};
  std::atomic<bool> stop_{false};
  std::thread thread_;  // the last: it uses all of the above
};

}  // namespace

class ThreadRuntime : public Runtime {
 public:
  std::unique_ptr<Worker> Start(absl::string_view name, Task* task) override {
    return std::make_unique<ThreadWorker>(name, task);
  }
  bool Await(Latch& latch, absl::Duration timeout) override { return latch.Wait(timeout); }
};

Runtime& Runtime::Threads() {
  static ThreadRuntime* const runtime = new ThreadRuntime;
  return *runtime;
}

}  // namespace daybook
