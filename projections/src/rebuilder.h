// All rebuilds of an engine, and the builds whose rows are being deleted.
#ifndef DAYBOOK_PROJECTIONS_SRC_REBUILDER_H_
#define DAYBOOK_PROJECTIONS_SRC_REBUILDER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "daybook/projections/rebuild.h"
#include "generation_keeper.h"
#include "rebuild_run.h"
#include "view.h"

namespace daybook::internal {

// Of the task's steps only, but for the constructor and Start.
class Rebuilder final : public AsyncRunner::Companion {
 public:
  // Both must outlive this.
  Rebuilder(GenerationKeeper* keeper, const std::vector<std::unique_ptr<View>>* views)
      : keeper_(*keeper), views_(*views) {}

  // Goes on with what the store says is under way. Starts the task.
  absl::Status Start();

  // Begins a build of the view, or joins the one under way: with these options, unless it was
  // compared by its own.
  absl::StatusOr<std::shared_ptr<RebuildState>> Begin(View& view, const RebuildOptions& options);
  // Goes back to the build that is kept.
  absl::StatusOr<std::shared_ptr<RebuildState>> BeginRollback(View& view);
  // Has the rows of a build that is kept deleted.
  absl::Status Drop(View& view, uint32_t number);

  bool StepWith(const std::shared_ptr<const StoreReader>& reader) override;

 private:
  // A build whose rows are being deleted, some with each commit, and then the entries of its
  // indexes, and what of it is parked.
  struct Dropping {
    struct Piece {
      TableId table;
      std::string prefix;  // of the keys that go
    };
    View* view;
    uint32_t number;
    std::vector<Piece> pieces;
    size_t pieces_gone = 0;
    std::string from;  // of the piece at hand, what is before it is gone
    // The step's reader may be older than what was written last: a flush that was under way when
    // it was given up, or the commits of an inline one.
    bool found_just_now = true;
    bool in_flight = false;
    bool done = false;
  };

  RebuildRun* RunOf(const View& view);
  std::shared_ptr<RebuildState> AddRun(View& view, Generation* generation,
                                       const RebuildOptions& options, bool paused);
  absl::Status FindDroppings(View& view);
  bool StepDropping(Dropping& dropping, const StoreReader& reader);
  // ResourceExhausted: not yet.
  absl::Status Forget(Dropping& dropping);

  GenerationKeeper& keeper_;
  const std::vector<std::unique_ptr<View>>& views_;
  struct ViewRun {
    View* view;
    std::unique_ptr<RebuildRun> run;
  };
  std::vector<ViewRun> runs_;
  std::vector<std::unique_ptr<Dropping>> droppings_;
};

}  // namespace daybook::internal

#endif  // DAYBOOK_PROJECTIONS_SRC_REBUILDER_H_
