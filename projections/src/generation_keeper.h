// Which builds of views are moved on, by whom, and what the store knows of them.
#ifndef DAYBOOK_PROJECTIONS_SRC_GENERATION_KEEPER_H_
#define DAYBOOK_PROJECTIONS_SRC_GENERATION_KEEPER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "async_runner.h"
#include "daybook/core/event_store.h"
#include "inline_views.h"
#include "view.h"
#include "view_tables.h"

namespace daybook::internal {

// Once started, of the task's steps only. A call may wait for a commit; each is short and seldom.
//
// Errors: ResourceExhausted (try again later), and the store's own.
class GenerationKeeper {
 public:
  // All must outlive this.
  GenerationKeeper(EventStore* store, ViewTables tables, const ProjectionOptions& options);
  // Ends the task and the part in commits.
  ~GenerationKeeper();

  // Goes on with `generations` from their checkpoints, and has the task step with `companion`.
  absl::Status Start(const std::vector<Generation*>& generations,
                     AsyncRunner::Companion* companion);

  // Makes a build of the view known here: `stale` as in Generation.
  absl::StatusOr<Generation*> Load(View& view, uint32_t number, bool stale);
  // The build is moved on from its checkpoint: by the task, then, of an inline view, by commits.
  absl::Status Join(Generation* generation);
  // It has joined, or was moved on from the start.
  bool IsMoved(const Generation* generation) const;
  // Nobody moves it on. Its rows and its checkpoint stay where they are stored.
  void Leave(Generation* generation);
  // Stores what is known of the view's builds, together with `writes`.
  absl::Status Store(View& view, const v1::ViewGenerations& generations,
                     std::vector<TableWrite> writes = {});
  // From now on `to` answers, and the one that did is kept as it is; one that was kept before goes.
  absl::Status Flip(View& view, Generation* to);
  // Has everything that is appended published, and what stands at the tip taken over by commits.
  absl::Status Nudge();

  // What moves it on; nullptr: only commits, or nobody.
  Follower* FollowerOf(const Generation* generation) const;
  absl::StatusOr<v1::ViewCheckpoint> CheckpointOf(const Generation& generation,
                                                  const StoreReader& reader) const;

  EventStore* store() const { return store_; }
  const ViewTables& tables() const { return tables_; }
  const ProjectionOptions& options() const { return options_; }
  AsyncRunner& runner() { return *runner_; }

 private:
  struct Moving {
    Generation* generation;
    Follower* follower;
  };
  // The position after which the inline ones of moving_ are part of the commits.
  Position SetInlineViews();

  EventStore* const store_;
  const ViewTables tables_;
  const ProjectionOptions& options_;
  std::vector<Moving> moving_;
  std::unique_ptr<InlineViews> inline_views_;
  std::unique_ptr<AsyncRunner> runner_;
};

}  // namespace daybook::internal

#endif  // DAYBOOK_PROJECTIONS_SRC_GENERATION_KEEPER_H_
