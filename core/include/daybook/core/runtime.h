// Who runs the store's work: threads, or a test one step at a time.
#ifndef DAYBOOK_CORE_RUNTIME_H_
#define DAYBOOK_CORE_RUNTIME_H_

#include <atomic>
#include <cstdint>
#include <memory>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace daybook {

// A piece of work that goes on for the life of its owner.
class Task {
 public:
  virtual ~Task() = default;
  // Does a bounded part of what is due. Returns false when nothing is left until the next Wake.
  virtual bool Step() = 0;
  // Asked after a Step that returned false: whether the next Wake is on its way and needs nobody
  // who waits for this task, such as that of a disk at work.
  virtual bool IsBusy() const { return false; }
};

// Opens once; whoever awaits it goes on. Thread-safe; it may be destroyed as soon as Await has
// returned true. Waited for with Runtime::Await.
class Latch {
 public:
  Latch() = default;
  Latch(const Latch&) = delete;
  Latch& operator=(const Latch&) = delete;

  void Open();
  bool is_open() const;

 private:
  friend class ThreadRuntime;
  bool Wait(absl::Duration timeout);

  enum : uint32_t { kClosed, kAwaited, kOpen };
  std::atomic<uint32_t> state_{kClosed};
};

class Runtime {
 public:
  // A started task. Destruction waits for the current step and ends it.
  class Worker {
   public:
    virtual ~Worker() = default;
    // Has Step called again, at least once after this call. From any thread, cheap.
    virtual void Wake() = 0;
  };

  virtual ~Runtime() = default;
  // Step is called once without a Wake. `task` and this runtime must outlive the worker.
  virtual std::unique_ptr<Worker> Start(absl::string_view name, Task* task) = 0;
  // The same for a task whose steps may also be made by the threads of its callers: BlockingCall.
  virtual std::unique_ptr<Worker> StartShared(absl::string_view name, Task* task) {
    return Start(name, task);
  }
  // Blocks the caller until the latch is open; false when `timeout` passed before.
  virtual bool Await(Latch& latch, absl::Duration timeout = absl::InfiniteDuration()) = 0;

  // One thread for each task.
  static Runtime& Threads();
};

// Stands on the stack around a call that wakes a task and then awaits what it does. If it wakes one
// shared task, once, and finds it asleep, the task's thread sleeps on and the caller makes its
// steps within Await: a lone caller is spared two switches of threads. At the end of its life the
// task is its own thread's again. Nested ones do nothing; nor does it with the step runtime, where
// callers make all steps anyway.
class BlockingCall {
 public:
  BlockingCall();
  ~BlockingCall();
  BlockingCall(const BlockingCall&) = delete;
  BlockingCall& operator=(const BlockingCall&) = delete;
};

// Runs every task on the thread that waits, one step at a time, in an order drawn from `seed`: the
// same seed and the same calls give the same run. A step takes a microsecond of Await's timeout,
// and when no task has anything to do the rest of it passes at once: so Await with a finite timeout
// runs a store until it is idle. Without a timeout that is a deadlock, and aborts with the names of
// the tasks. A step may itself Await: the other tasks go on. For tests and simulations; one thread
// only.
std::unique_ptr<Runtime> MakeStepRuntime(uint64_t seed);

}  // namespace daybook

#endif  // DAYBOOK_CORE_RUNTIME_H_
