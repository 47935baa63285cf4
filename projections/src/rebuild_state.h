// What a rebuild's handles and the task that does it share.
#ifndef DAYBOOK_PROJECTIONS_SRC_REBUILD_STATE_H_
#define DAYBOOK_PROJECTIONS_SRC_REBUILD_STATE_H_

#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "daybook/core/mutex.h"
#include "daybook/core/runtime.h"
#include "daybook/projections/rebuild.h"

namespace daybook::internal {

// Thread-safe.
class RebuildState {
 public:
  struct Wishes {
    bool paused = false;
    bool take_over = false;
    bool with_parked = false;
    bool cancel = false;
  };

  // `wake` has the task look at the wishes; it may be called after the task's end. `runtime` must
  // live until Close.
  RebuildState(Runtime* runtime, std::function<void()> wake, bool paused)
      : runtime_(runtime), wake_(std::move(wake)) {
    wishes_.paused = paused;
  }

  // Of the handles.
  void Wish(absl::FunctionRef<void(Wishes&)> change);
  RebuildProgress progress() const;
  absl::StatusOr<RebuildReport> Wait(absl::Duration timeout);

  // Of the task.
  Wishes wishes() const;
  void SetProgress(const RebuildProgress& progress);
  // Nothing more happens by itself.
  void Settle(absl::StatusOr<RebuildReport> outcome);
  // What happened by itself is not all.
  void GoOn();
  // Nobody looks at the wishes any more: what has no outcome, now or by a later wish, is
  // Unavailable.
  void Close();

 private:
  // Of a build that waits: it will not go on waiting.
  static bool IsToldToGoOn(const Wishes& wishes, const RebuildReport& report) {
    return wishes.cancel || (wishes.take_over && (report.new_parked == 0 || wishes.with_parked));
  }
  void SettleClosed() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Runtime* const runtime_;
  const std::function<void()> wake_;
  mutable Mutex mutex_;
  Wishes wishes_ ABSL_GUARDED_BY(mutex_);
  RebuildProgress progress_ ABSL_GUARDED_BY(mutex_);
  std::optional<absl::StatusOr<RebuildReport>> outcome_ ABSL_GUARDED_BY(mutex_);
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::shared_ptr<Latch>> waiters_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace daybook::internal

#endif  // DAYBOOK_PROJECTIONS_SRC_REBUILD_STATE_H_
