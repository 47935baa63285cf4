// How far one build of a view is visible, and who waits for it.
#ifndef DAYBOOK_PROJECTIONS_SRC_VIEW_PROGRESS_H_
#define DAYBOOK_PROJECTIONS_SRC_VIEW_PROGRESS_H_

#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "daybook/core/mutex.h"
#include "daybook/core/position.h"
#include "daybook/core/runtime.h"

namespace daybook::internal {

// Thread-safe.
class ViewProgress {
 public:
  struct Snapshot {
    Position visible;
    bool caught_up = false;
    absl::Status error;
  };

  // Rows up to `visible` are published. Never goes back.
  void Advance(Position visible, bool caught_up);
  // The view stays where it is.
  void Stop(absl::Status error);
  // Another build answers from now on: whoever waits looks again, now and later.
  void Retire();
  // It answers again.
  void Resume();
  Snapshot Get() const;
  // Opens `latch` once `position` is visible, or the view has stopped or retired: at once when it
  // is so. Who waits no longer opens it himself, and it is forgotten.
  void WhenReached(Position position, std::shared_ptr<Latch> latch);

 private:
  struct Waiter {
    Position position;
    std::shared_ptr<Latch> latch;
  };
  void WakeAll() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable Mutex mutex_;
  Snapshot now_ ABSL_GUARDED_BY(mutex_);
  bool retired_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<Waiter> waiters_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace daybook::internal

#endif  // DAYBOOK_PROJECTIONS_SRC_VIEW_PROGRESS_H_
