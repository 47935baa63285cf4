// One rebuild or rollback, from its beginning to the flip.
#ifndef DAYBOOK_PROJECTIONS_SRC_REBUILD_RUN_H_
#define DAYBOOK_PROJECTIONS_SRC_REBUILD_RUN_H_

#include <memory>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "daybook/core/event_store.h"
#include "daybook/projections/rebuild.h"
#include "difference_search.h"
#include "generation_keeper.h"
#include "rebuild_state.h"
#include "row_comparison.h"
#include "view.h"

namespace daybook::internal {

// Of the task's steps only. The builds meet in one of these ways:
//   async   both are folded by one feed; when they stand at the same event it waits until the rows
//           of both are stored: a reader then has both at one position, and either can answer next
//   inline  both are in the commits: every reader has both at its tip
//   the old one stands still (it stopped, or is of another definition): nothing is compared, and
//           the new one can answer once it has passed it and is near the tip
class RebuildRun {
 public:
  // The new build is stored as one that is being built; unless it is paused, it is moved on
  // already or joins with the first step. All must outlive this.
  RebuildRun(GenerationKeeper* keeper, View* view, Generation* generation, RebuildOptions options,
             std::shared_ptr<RebuildState> state);
  // The handles hear that it goes on at the next opening.
  ~RebuildRun();

  // Does a bounded part. True: there is more to do at once.
  bool Step(const std::shared_ptr<const StoreReader>& reader);
  // It serves, or was given up.
  bool over() const { return over_; }
  bool failed() const { return progress_.phase == RebuildPhase::kFailed; }
  // It was compared, or is being compared.
  bool compared() const { return report_.compared_at.has_value(); }
  // From now on; it must not be compared. What is stored of them is the caller's.
  void SetOptions(const RebuildOptions& options);
  const std::shared_ptr<RebuildState>& state() const { return state_; }

 private:
  absl::StatusOr<bool> Build(const std::shared_ptr<const StoreReader>& reader);
  absl::StatusOr<bool> Compare();
  absl::StatusOr<bool> TakeOver(const StoreReader& reader);
  absl::StatusOr<bool> SetPaused(bool paused);
  absl::StatusOr<bool> Cancel();
  void Fail(const absl::Status& status);

  // The old build will not be moved on.
  bool OldStands() const;
  // Keys of a build that are parked.
  uint64_t ParkedKeysOf(const Generation& generation) const;
  // The builds have met, as above. Asks for it where it does not come by itself.
  absl::StatusOr<bool> Meet(const StoreReader& reader);
  absl::StatusOr<bool> MeetInCommits(const StoreReader& reader);
  void Part();
  void UpdateProgress(const StoreReader& reader);
  void EnterPhase(RebuildPhase phase);
  void Settle(absl::StatusOr<RebuildReport> outcome);

  GenerationKeeper& keeper_;
  View& view_;
  Generation* const old_;
  Generation* const new_;
  RebuildOptions options_;
  const std::shared_ptr<RebuildState> state_;
  RebuildProgress progress_;
  RebuildReport report_;
  std::optional<RowComparison> comparison_;
  std::optional<DifferenceSearch> search_;
  std::shared_ptr<const StoreReader> compared_;  // both builds at one position
  bool nudged_ = false;                          // it is worth to look again
  absl::Time began_;
  std::optional<Position> began_at_;
  bool settled_ = false;
  bool over_ = false;
};

}  // namespace daybook::internal

#endif  // DAYBOOK_PROJECTIONS_SRC_REBUILD_RUN_H_
