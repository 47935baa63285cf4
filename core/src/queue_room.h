// How many bytes wait in the sequencer's queue, and who waits for room in it.
#ifndef DAYBOOK_CORE_SRC_QUEUE_ROOM_H_
#define DAYBOOK_CORE_SRC_QUEUE_ROOM_H_

#include <atomic>
#include <cstddef>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "daybook/core/mutex.h"

namespace daybook::internal {

// Thread-safe. Taking and giving back cost an atomic addition while nobody waits.
class QueueRoom {
 public:
  using Wake = absl::AnyInvocable<void() &&>;

  explicit QueueRoom(size_t bytes) : bytes_(bytes) {}

  // ResourceExhausted when that much is not free. An empty queue takes anything: what is larger
  // than the queue could never be taken otherwise.
  absl::Status Take(size_t bytes);
  void GiveBack(size_t bytes);

  // While held nothing becomes free: there is no space for what would be queued.
  void Hold(bool held);

  // Calls `wake` once: as soon as the queue would take the largest of what was refused and is at
  // most half full (so that those who are woken do not come for every few bytes), or on Close.
  void WhenFree(Wake wake);
  // Wakes everybody, now and from now on.
  void Close();

 private:
  bool IsFree() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void WakeWhenFree();

  const size_t bytes_;
  std::atomic<size_t> taken_{0};
  // Something waits: whoever gives back looks after it. Set before `taken_` is looked at by the one
  // who waits, read after it was changed by the other, so one of the two sees both.
  std::atomic<bool> awaited_{false};

  Mutex mutex_;
  size_t largest_refused_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<Wake> waiters_ ABSL_GUARDED_BY(mutex_);
  bool held_ ABSL_GUARDED_BY(mutex_) = false;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace daybook::internal

#endif  // DAYBOOK_CORE_SRC_QUEUE_ROOM_H_
