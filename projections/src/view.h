// One registered view: what the engine, the commits and the task behind them share of it.
#ifndef DAYBOOK_PROJECTIONS_SRC_VIEW_H_
#define DAYBOOK_PROJECTIONS_SRC_VIEW_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "daybook/core/event_store.h"
#include "daybook/core/mutex.h"
#include "daybook/core/position.h"
#include "daybook/core/runtime.h"
#include "daybook/projections/projection.h"
#include "daybook/v1/view.pb.h"

namespace daybook::internal {

// How far the task has brought a view, and who waits for it. Thread-safe.
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
  Snapshot Get() const;
  // Opens `latch` once `position` is visible or the view has stopped: at once when it is so. Who
  // waits no longer opens it himself, and it is forgotten.
  void WhenReached(Position position, std::shared_ptr<Latch> latch);

 private:
  struct Waiter {
    Position position;
    std::shared_ptr<Latch> latch;
  };
  mutable Mutex mutex_;
  Snapshot now_ ABSL_GUARDED_BY(mutex_);
  std::vector<Waiter> waiters_ ABSL_GUARDED_BY(mutex_);
};

struct View {
  // Constant once the engine is open.
  ProjectionRegistration registration;
  TableId rows = 0;
  uint32_t generation = 0;

  ViewProgress progress;
  std::atomic<uint64_t> rows_written{0};

  const ProjectionDefinition& definition() const { return *registration.definition; }
  const std::string& name() const { return definition().name(); }
  bool is_inline() const { return registration.lifecycle == Lifecycle::kInline; }

  // The row of "$views" for this build.
  std::string Checkpoint(Position position, bool in_commits) const;
};

// DataLoss when it does not parse.
absl::StatusOr<v1::ViewCheckpoint> ParseCheckpoint(absl::string_view view, absl::string_view bytes);

// `status` with its code and payloads, and the view and the event before its message.
absl::Status AtEvent(absl::string_view view, absl::string_view verb, const RecordedEvent& event,
                     const absl::Status& status);

}  // namespace daybook::internal

#endif  // DAYBOOK_PROJECTIONS_SRC_VIEW_H_
