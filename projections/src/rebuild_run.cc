#include "rebuild_run.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "daybook/core/clock.h"
#include "daybook/core/status_macros.h"

namespace daybook::internal {
namespace {

// Rows whose first event is looked for.
constexpr size_t kSearchedRows = 8;

}  // namespace

RebuildRun::RebuildRun(GenerationKeeper* keeper, View* view, Generation* generation,
                       RebuildOptions options, std::shared_ptr<RebuildState> state)
    : keeper_(*keeper),
      view_(*view),
      old_(view->serving.load()),
      new_(generation),
      options_(options),
      state_(std::move(state)) {
  report_.old_generation = old_->number;
  report_.new_generation = progress_.generation = new_->number;
  EnterPhase(state_->wishes().paused ? RebuildPhase::kPaused : RebuildPhase::kBuilding);
}

RebuildRun::~RebuildRun() {
  // Whatever it came to: a handle that is kept may tell it to go on, or did a moment ago.
  state_->Close();
}

bool RebuildRun::Step(const std::shared_ptr<const StoreReader>& reader) {
  if (over_) return false;
  const RebuildState::Wishes wishes = state_->wishes();
  absl::StatusOr<bool> more = false;
  if (wishes.cancel) {
    more = Cancel();
  } else if (failed()) {
    return false;
  } else {
    UpdateProgress(*reader);
    switch (progress_.phase) {
      case RebuildPhase::kBuilding:
      case RebuildPhase::kPaused:
        more = wishes.paused != (progress_.phase == RebuildPhase::kPaused)
                   ? SetPaused(wishes.paused)
                   : Build(reader);
        break;
      case RebuildPhase::kComparing:
        more = Compare();
        break;
      case RebuildPhase::kBuilt:
      case RebuildPhase::kServing:
      case RebuildPhase::kFailed:
        more = TakeOver(*reader);
        break;
    }
  }
  if (more.ok()) return *more;
  if (absl::IsResourceExhausted(more.status())) {
    keeper_.runner().HoldUntilRoom();  // and then again
  } else {
    Fail(more.status());
  }
  return false;
}

absl::StatusOr<bool> RebuildRun::Build(const std::shared_ptr<const StoreReader>& reader) {
  if (progress_.phase == RebuildPhase::kPaused) return false;
  // Here, since a full queue may have it tried again.
  if (!keeper_.IsMoved(new_)) {
    DAYBOOK_RETURN_IF_ERROR(keeper_.Join(new_));
    began_at_.reset();  // it goes on from what is stored, which may be less than was folded
    return true;        // `reader` is older than that
  }
  DAYBOOK_RETURN_IF_ERROR(new_->progress.Get().error);
  DAYBOOK_ASSIGN_OR_RETURN(const bool met, Meet(*reader));
  if (!met) return nudged_;
  if (!options_.compare || OldStands()) {
    EnterPhase(RebuildPhase::kBuilt);
    return true;
  }
  Part();
  compared_ = reader;
  DAYBOOK_ASSIGN_OR_RETURN(const v1::ViewCheckpoint checkpoint,
                           keeper_.CheckpointOf(*new_, *reader));
  const Follower* follower = keeper_.FollowerOf(new_);
  report_.compared_at = new_->is_inline() || follower == nullptr ? Position(checkpoint.position())
                                                                 : follower->folded();
  report_.old_parked = ParkedKeysOf(*old_);
  report_.new_parked = ParkedKeysOf(*new_);
  comparison_.emplace(reader, old_->rows, new_->rows, options_.max_differences);
  EnterPhase(RebuildPhase::kComparing);
  return true;
}

absl::StatusOr<bool> RebuildRun::Compare() {
  if (!search_.has_value()) {
    DAYBOOK_ASSIGN_OR_RETURN(const bool more, comparison_->Step());
    if (more) return true;
    std::vector<DifferenceSearch::Row> rows;
    for (const RowComparison::Difference& row : comparison_->differences()) {
      if (rows.size() < kSearchedRows) rows.push_back({row.key, row.before});
    }
    search_.emplace(*new_->definition, compared_, *report_.compared_at, std::move(rows));
    return true;
  }
  if (comparison_->different() > 0) {
    DAYBOOK_ASSIGN_OR_RETURN(const bool more, search_->Step());
    if (more) return true;
  }
  report_.rows_compared = comparison_->compared();
  report_.rows_different = comparison_->different();
  for (const RowComparison::Difference& row : comparison_->differences()) {
    RowDifference& difference = report_.differences.emplace_back();
    difference.key = row.key;
    difference.only_before = !row.now.has_value();
    difference.only_now = !row.before.has_value();
    difference.fields = CompareRows(new_->definition->row(), row.before, row.now);
  }
  for (size_t i = 0; i < search_->origins().size(); ++i) {
    report_.differences[i].origin = search_->origins()[i];
  }
  search_.reset();
  comparison_.reset();
  compared_.reset();
  EnterPhase(RebuildPhase::kBuilt);
  return true;
}

absl::StatusOr<bool> RebuildRun::TakeOver(const StoreReader& reader) {
  DAYBOOK_RETURN_IF_ERROR(new_->progress.Get().error);
  const bool equal = report_.compared_at.has_value() && report_.rows_different == 0;
  const RebuildState::Wishes wishes = state_->wishes();
  const bool wanted = wishes.take_over || options_.flip == Flip::kAlways ||
                      (options_.flip == Flip::kWhenEqual && equal);
  const uint64_t parked = ParkedKeysOf(*new_);
  if (!report_.compared_at.has_value()) report_.old_parked = ParkedKeysOf(*old_);
  // Whoever waits hears it again, since what he told it last was something else.
  const bool told_again = wanted && parked > 0 && !wishes.with_parked;
  if (!wanted || told_again) {
    Part();
    if (std::exchange(report_.new_parked, parked) != parked || !settled_ || told_again) {
      Settle(report_);
    }
    return false;
  }
  report_.new_parked = parked;
  settled_ = false;
  DAYBOOK_ASSIGN_OR_RETURN(const bool met, Meet(reader));
  if (!met) return nudged_;
  DAYBOOK_RETURN_IF_ERROR(keeper_.Flip(view_, new_));
  Part();
  report_.serving = true;
  EnterPhase(RebuildPhase::kServing);
  Settle(report_);
  over_ = true;
  return true;
}

void RebuildRun::SetOptions(const RebuildOptions& options) {
  options_ = options;
  // It may have come to rest without a comparison that is now asked for, or an occasion to flip.
  if (progress_.phase == RebuildPhase::kBuilt) EnterPhase(RebuildPhase::kBuilding);
  settled_ = false;
  state_->GoOn();
}

absl::StatusOr<bool> RebuildRun::SetPaused(bool paused) {
  v1::ViewGenerations next = view_.stored;
  FindGeneration(next, new_->number)->set_paused(paused);
  // First: refused by a full queue, it is as if nothing was said, should the wish be taken back.
  DAYBOOK_RETURN_IF_ERROR(keeper_.Store(view_, next));
  if (paused) {
    Part();
    keeper_.Leave(new_);
  }
  EnterPhase(paused ? RebuildPhase::kPaused : RebuildPhase::kBuilding);
  return true;
}

absl::StatusOr<bool> RebuildRun::Cancel() {
  Part();
  keeper_.Leave(new_);
  v1::ViewGenerations next = view_.stored;
  GiveUp(*FindGeneration(next, new_->number));
  DAYBOOK_RETURN_IF_ERROR(keeper_.Store(view_, next));
  EnterPhase(RebuildPhase::kFailed);
  Settle(absl::CancelledError(absl::StrCat("generation ", new_->number, " was given up")));
  over_ = true;
  return true;
}

void RebuildRun::Fail(const absl::Status& status) {
  Part();
  keeper_.Leave(new_);
  EnterPhase(RebuildPhase::kFailed);
  // Who waits for events that the old one will never see would wait in vain.
  if (old_->stale) old_->progress.Stop(status);
  Settle(status);
}

bool RebuildRun::OldStands() const {
  return old_->stale || !old_->progress.Get().error.ok();
}

absl::StatusOr<bool> RebuildRun::Meet(const StoreReader& reader) {
  if (new_->is_inline()) return MeetInCommits(reader);
  Follower* next = keeper_.FollowerOf(new_);
  if (OldStands()) {
    const ViewProgress::Snapshot now = new_->progress.Get();
    const uint64_t near = now.visible.sequence() + keeper_.options().promotion_events;
    return now.visible >= old_->progress.Get().visible &&
           (now.caught_up || near >= reader.tip().sequence());
  }
  Follower* old = keeper_.FollowerOf(old_);
  if (!keeper_.runner().ReadTogether(old, next)) return false;
  old->AlignWith(next);
  next->AlignWith(old);
  return old->folded() == next->folded() && old->clean() && next->clean();
}

absl::StatusOr<bool> RebuildRun::MeetInCommits(const StoreReader& reader) {
  nudged_ = false;
  DAYBOOK_ASSIGN_OR_RETURN(const v1::ViewCheckpoint old, keeper_.CheckpointOf(*old_, reader));
  DAYBOOK_ASSIGN_OR_RETURN(const v1::ViewCheckpoint next, keeper_.CheckpointOf(*new_, reader));
  if (next.in_commits()) return OldStands() || old.in_commits();
  const bool at_tip = next.position() == reader.tip().sequence();
  if (OldStands() || !old.in_commits()) {
    return at_tip && (OldStands() || old.position() == next.position());
  }
  // Without events nobody takes it over by himself.
  if (!at_tip) return false;
  DAYBOOK_RETURN_IF_ERROR(keeper_.Nudge());
  nudged_ = true;
  return false;
}

uint64_t RebuildRun::ParkedKeysOf(const Generation& generation) const {
  if (const Follower* follower = keeper_.FollowerOf(&generation)) return follower->parked_keys();
  return generation.failures.parked_keys();
}

void RebuildRun::Part() {
  for (const Generation* generation : {old_, new_}) {
    if (Follower* follower = keeper_.FollowerOf(generation)) follower->AlignWith(nullptr);
  }
}

void RebuildRun::UpdateProgress(const StoreReader& reader) {
  progress_.tip = reader.tip();
  const Follower* follower = keeper_.FollowerOf(new_);
  if (follower != nullptr) {
    progress_.position = follower->promoted() ? reader.tip() : follower->folded();
  }
  const absl::Time now = keeper_.options().clock->Now();
  // Back it goes, too, where threads begin again at an event that one of them could not take.
  if (!began_at_.has_value() || progress_.position < *began_at_ ||
      progress_.phase == RebuildPhase::kPaused) {
    began_ = now;
    began_at_ = progress_.position;
  }
  const double seconds = absl::ToDoubleSeconds(now - began_);
  const uint64_t events = progress_.position.sequence() - began_at_->sequence();
  if (seconds > 0) progress_.events_per_second = static_cast<double>(events) / seconds;
  progress_.eta.reset();
  if (progress_.events_per_second > 0) {
    const uint64_t left =
        std::max(progress_.tip, progress_.position).sequence() - progress_.position.sequence();
    progress_.eta = absl::Seconds(static_cast<double>(left) / progress_.events_per_second);
  }
  state_->SetProgress(progress_);
}

void RebuildRun::EnterPhase(RebuildPhase phase) {
  progress_.phase = phase;
  state_->SetProgress(progress_);
}

void RebuildRun::Settle(absl::StatusOr<RebuildReport> outcome) {
  settled_ = true;
  state_->Settle(std::move(outcome));
}

}  // namespace daybook::internal
