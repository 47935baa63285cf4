// A view that the task behind the log keeps: its rows in memory, and how far they are written.
#ifndef DAYBOOK_PROJECTIONS_SRC_FOLLOWER_H_
#define DAYBOOK_PROJECTIONS_SRC_FOLLOWER_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "daybook/core/commit.h"
#include "daybook/core/event_store.h"
#include "daybook/projections/projection_engine.h"
#include "daybook/projections/row_fold.h"
#include "inline_views.h"
#include "view.h"

namespace daybook::internal {

// Not thread-safe: everything happens in the steps of the task.
class Follower {
 public:
  Follower(View* view, Position checkpoint, InlineViews::Tables tables,
           const ProjectionOptions& options);

  View& view() { return *view_; }
  // Everything up to here is in the rows, in memory or stored.
  Position folded() const { return folded_; }
  // It left the task: part of the commits now, or stopped for good.
  bool done() const { return done_; }
  bool in_flight() const { return in_flight_; }
  // It reads no more events: waits for its last rows to be stored, if any.
  bool stopping() const { return !stop_error_.ok(); }
  bool promoted() const { return promoted_; }

  // Folds one event, decoded into `parts` with status `decoded`. A failure stops the view before
  // the event.
  void Fold(const RecordedEvent& event, absl::Span<const FoldPart> parts,
            const absl::Status& decoded, const StoreReader& reader);
  // No event up to `position` is left for it.
  void MoveTo(Position position);
  // The view stays where its rows are: an error of the log or of the store.
  void StopNow(absl::Status error);

  // The rows in memory have reached their bound: it takes no event before a flush or Evict.
  bool full() const { return fold_->cached_bytes() >= options_.row_cache_bytes; }
  // Makes room in a full follower that has no flush in flight and nothing to flush.
  void Evict() { fold_->Evict(); }

  // Whether rows and checkpoint are to be written now; the commit that does it. `at_tip`: nothing
  // more is to be read now. `near_tip`: an inline view that could be taken over soon.
  bool FlushDue(absl::Time now, bool at_tip, bool near_tip) const;
  // nullopt: they cannot be, and the view stopped.
  std::optional<Commit> Flush(bool at_tip);
  // The outcome of the flush in flight.
  void Flushed(const absl::Status& status);
  // Tells what is visible when nothing is to be written for it.
  void Publish(bool at_tip);

 private:
  bool HasMuchToFlush() const;

  View* const view_;
  const InlineViews::Tables tables_;
  const ProjectionOptions& options_;
  const std::unique_ptr<RowFold> fold_;
  Position folded_;
  Position stored_;                  // the checkpoint in the table
  std::optional<Position> claimed_;  // from where the last stored flush moved on
  Position flushing_;                // the checkpoint of the flush in flight
  bool flushing_at_tip_ = false;
  uint64_t flushing_rows_ = 0;
  uint64_t events_ = 0;  // folded since the last flush
  std::optional<absl::Time> dirty_since_;
  bool in_flight_ = false;
  bool promoted_ = false;
  bool done_ = false;
  absl::Status stop_error_;
};

}  // namespace daybook::internal

#endif  // DAYBOOK_PROJECTIONS_SRC_FOLLOWER_H_
