#include <pthread.h>

#include <atomic>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "daybook/core/runtime.h"
#include "fatal.h"

namespace daybook {

void Latch::Open() {
  MutexLock lock(&mutex_);
  open_ = true;
  opened_.SignalAll();  // under the lock: a waiter may destroy the latch once it is released
}

bool Latch::is_open() const {
  MutexLock lock(&mutex_);
  return open_;
}

bool Latch::Wait(absl::Duration timeout) {
  // Far enough for "never", near enough not to overflow the clocks.
  constexpr absl::Duration kLongest = absl::Hours(24 * 365);
  MutexLock lock(&mutex_);
  if (timeout >= kLongest) {
    while (!open_) opened_.Wait(&mutex_);
    return true;
  }
  const auto deadline = std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(timeout);
  while (!open_) {
    if (!opened_.WaitUntil(&mutex_, deadline)) break;
  }
  return open_;
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
    if (due_.exchange(true, std::memory_order_acq_rel)) return;
    MutexLock lock(&mutex_);
    woken_.Signal();
  }

 private:
  void Run() {
    while (!stop_.load(std::memory_order_acquire)) {
      if (due_.exchange(false, std::memory_order_acq_rel)) {
        while (task_->Step()) {
          if (stop_.load(std::memory_order_acquire)) return;
        }
      }
      MutexLock lock(&mutex_);
      while (!due_.load(std::memory_order_acquire)) woken_.Wait(&mutex_);
    }
  }

  Task* const task_;
  std::atomic<bool> due_{true};
  std::atomic<bool> stop_{false};
  Mutex mutex_;
  CondVar woken_;
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
