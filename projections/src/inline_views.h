// Inline views: folded by the sequencer, in the commit of the events.
#ifndef DAYBOOK_PROJECTIONS_SRC_INLINE_VIEWS_H_
#define DAYBOOK_PROJECTIONS_SRC_INLINE_VIEWS_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "daybook/core/commit_participant.h"
#include "daybook/projections/row_fold.h"
#include "event_dispatcher.h"
#include "event_tail.h"
#include "view.h"
#include "view_tables.h"

namespace daybook::internal {

// Where catch-up and commits meet. An inline view's checkpoint row says what its rows cover, to the
// event. A commit that starts at p folds itself into the view when the rows cover p - 1, or when
// the tail holds what is missing before p, and moves the checkpoint with it; otherwise it leaves
// the view to the task behind. A commit without events takes over what stands at the tip. The task
// writes rows and checkpoint by commits that claim the transition away from the checkpoint that
// they build on; so does the commit that takes the view over. Hence only one of them ever moves a
// view on from a given position. The argument stands in
// docs/adr/0003-one-mover-for-each-checkpoint.md.

// Called by the sequencer alone, but for KeepTail. Its members never change: for others, another
// one is added to the store before this one is removed. While there are two, the second finds the
// checkpoints moved, and does nothing.
class InlineViews final : public CommitParticipant {
 public:
  // `generations` must outlive this.
  InlineViews(std::vector<Generation*> generations, ViewTables tables, size_t tail_events);

  const std::vector<Generation*>& generations() const { return generations_; }

  absl::Status OnCommit(absl::Span<const RecordedEvent> events, TableTransaction& tables) override;

  // Whether some view is about to take part. From any thread.
  void KeepTail(bool keep) { keep_tail_.store(keep, std::memory_order_release); }

 private:
  struct Member {
    Generation* generation;
    std::string checkpoint_key;
    std::unique_ptr<RowFold> fold;
    // Of the commit at hand.
    bool known = false;  // it has a checkpoint
    uint64_t checkpoint = 0;
    bool taken_over = false;  // for the first time: from the task
    bool taking_part = false;
  };

  absl::Status Fold(absl::Span<const RecordedEvent> events, TableTransaction& tables);
  absl::Status TakeOverAtTip(TableTransaction& tables);
  absl::Status ReadCheckpoint(Member& member, TableTransaction& tables);
  absl::Status Admit(Member& member, uint64_t first, TableTransaction& tables);
  absl::Status FoldTail(size_t member, TableTransaction& tables);
  absl::Status FoldEvent(const RecordedEvent& event, TableTransaction& tables);
  absl::Status Apply(Member& member, absl::Span<const Handling> handlings,
                     const RecordedEvent& event, TableTransaction& tables);
  absl::Status Write(Member& member, Position last, TableTransaction& tables);

  const std::vector<Generation*> generations_;
  const ViewTables tables_;
  std::vector<Member> members_;
  EventDispatcher dispatcher_;
  EventTail tail_;
  std::atomic<bool> keep_tail_{false};
};

}  // namespace daybook::internal

#endif  // DAYBOOK_PROJECTIONS_SRC_INLINE_VIEWS_H_
