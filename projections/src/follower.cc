#include "follower.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "daybook/core/errors.h"

namespace daybook::internal {

Follower::Follower(View* view, Position checkpoint, InlineViews::Tables tables,
                   const ProjectionOptions& options)
    : view_(view),
      tables_(tables),
      options_(options),
      fold_(view->definition().MakeFold()),
      folded_(checkpoint),
      stored_(checkpoint) {
  view_->progress.Advance(checkpoint, /*caught_up=*/false);
}

void Follower::Fold(const RecordedEvent& event, absl::Span<const FoldPart> parts,
                    const absl::Status& decoded, const StoreReader& reader) {
  if (event.position <= folded_ || stopping()) return;
  absl::Status status = decoded;
  if (status.ok()) {
    status = fold_->Apply(parts, event,
                          [&](absl::string_view key) { return reader.GetRow(view_->rows, key); });
  }
  if (status.ok()) {
    ++events_;
    return;
  }
  folded_ = Position(event.position.sequence() - 1, event.position.partition());
  stop_error_ =
      AtEvent(view_->name(), absl::StrCat("stopped at position ", event.position.ToString(), ","),
              event, status);
}

void Follower::MoveTo(Position position) {
  if (!stopping()) folded_ = std::max(folded_, position);
}

void Follower::StopNow(absl::Status error) {
  if (done_) return;
  stop_error_ = absl::Status(error.code(),
                             absl::StrCat("view ", view_->name(), " stopped: ", error.message()));
  done_ = true;
  view_->progress.Stop(stop_error_);
}

bool Follower::FlushDue(absl::Time now, bool at_tip, bool near_tip) const {
  if (in_flight_ || done_) return false;
  if (fold_->dirty_rows() == 0) {
    if (folded_ == stored_) return false;
    // Only the checkpoint: it may wait, except where the commits are to find it.
    return near_tip || stopping() ||
           folded_.sequence() - stored_.sequence() >= options_.flush_events;
  }
  return at_tip || near_tip || stopping() || full() || events_ >= options_.flush_events ||
         (dirty_since_.has_value() && now - *dirty_since_ >= options_.flush_interval) ||
         HasMuchToFlush();
}

// Many events of few rows do not make much to write. The bound may be half reached after a look:
// so the next one comes not before as much was folded again.
bool Follower::HasMuchToFlush() const {
  if (fold_->dirty_bytes() < options_.flush_bytes) return false;
  fold_->Measure();
  return fold_->dirty_bytes() >= options_.flush_bytes / 2;
}

std::optional<Commit> Follower::Flush(bool at_tip) {
  Commit commit;
  commit.writes.reserve(fold_->dirty_rows() + 2);
  const absl::Status status =
      fold_->Flush([&](absl::string_view key, std::optional<std::string> value) {
        commit.writes.push_back({view_->rows, std::string(key), std::move(value)});
      });
  if (!status.ok()) {
    fold_->Clear();
    folded_ = stored_;
    StopNow(status);
    return std::nullopt;
  }
  flushing_rows_ = commit.writes.size();
  flushing_ = folded_;
  flushing_at_tip_ = at_tip;
  commit.writes.push_back(
      {tables_.views, view_->name(), view_->Checkpoint(folded_, /*in_commits=*/false)});
  if (view_->is_inline()) {
    commit.claims.push_back({tables_.transitions, TransitionKey(*view_, stored_), ""});
    if (claimed_.has_value()) {
      commit.writes.push_back(
          {tables_.transitions, TransitionKey(*view_, *claimed_), std::nullopt});
    }
  }
  in_flight_ = true;
  events_ = 0;
  dirty_since_.reset();
  return commit;
}

void Follower::Flushed(const absl::Status& status) {
  in_flight_ = false;
  if (status.ok()) {
    fold_->FlushDone(/*stored=*/true);
    claimed_ = stored_;
    stored_ = flushing_;
    view_->rows_written.fetch_add(flushing_rows_, std::memory_order_relaxed);
    view_->progress.Advance(stored_, flushing_at_tip_);
    return;
  }
  if (absl::IsResourceExhausted(status)) {
    fold_->FlushDone(/*stored=*/false);
    return;
  }
  fold_->Clear();
  if (ErrorPayload<v1::ClaimConflict>(status).has_value()) {
    promoted_ = done_ = true;  // a commit took the view over at the checkpoint before
  } else {
    StopNow(status);
  }
}

void Follower::Publish(bool at_tip) {
  if (done_) return;
  if (fold_->dirty_rows() > 0) {
    if (!dirty_since_.has_value()) dirty_since_ = options_.clock->Now();
    return;
  }
  // Of an inline view nothing counts but its stored checkpoint.
  if (in_flight_ || (view_->is_inline() && folded_ != stored_)) return;
  view_->progress.Advance(folded_, at_tip);
  if (stopping() && folded_ == stored_) {
    done_ = true;
    view_->progress.Stop(stop_error_);
  }
}

}  // namespace daybook::internal
