#include "follower.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "daybook/core/errors.h"

namespace daybook::internal {

Follower::Follower(Generation* generation, Position checkpoint, ViewTables tables,
                   const ProjectionOptions& options)
    : generation_(generation),
      tables_(tables),
      options_(options),
      folded_(checkpoint),
      stored_(checkpoint) {
  if (options.fold_workers > 1) {
    auto parts = std::make_unique<PartitionedFold>(*generation->definition, options.fold_workers);
    parts_ = parts.get();
    fold_ = std::move(parts);
  } else {
    fold_ = generation->definition->MakeFold();
  }
  generation_->progress.Advance(checkpoint, /*caught_up=*/false);
}

void Follower::Fold(const RecordedEvent& event, absl::Span<const Handling> handlings,
                    const absl::Status& decoded, const StoreReader& reader) {
  if (event.position <= folded_ || stopping()) return;
  absl::Status status = decoded;
  if (status.ok()) {
    status = fold_->Apply(handlings, event, [&](absl::string_view key) {
      return reader.GetRow(generation_->rows, key);
    });
  }
  if (status.ok()) {
    ++events_;
    return;
  }
  folded_ = Position(event.position.sequence() - 1, event.position.partition());
  stop_error_ =
      AtEvent(generation_->name(),
              absl::StrCat("stopped at position ", event.position.ToString(), ","), event, status);
}

void Follower::FoldPart(size_t part, const RecordedEvent& event,
                        absl::Span<const Handling> handlings, const absl::Status& decoded,
                        const StoreReader& reader) {
  absl::Status status = decoded;
  if (status.ok()) {
    status = parts_->part(part).Apply(handlings, event, [&](absl::string_view key) {
      return reader.GetRow(generation_->rows, key);
    });
  }
  if (!status.ok()) failed_.store(true, std::memory_order_relaxed);
}

void Follower::BeginAgainAlone() {
  fold_ = generation_->definition->MakeFold();
  parts_ = nullptr;
  failed_.store(false, std::memory_order_relaxed);
  folded_ = stored_;
  events_ = 0;
  dirty_since_.reset();
}

void Follower::MoveTo(Position position) {
  if (!stopping() && !failed()) folded_ = std::max(folded_, position);
}

void Follower::StopNow(absl::Status error) {
  if (done_) return;
  stop_error_ = absl::Status(
      error.code(), absl::StrCat("view ", generation_->name(), " stopped: ", error.message()));
  done_ = news_ = true;
  generation_->progress.Stop(stop_error_);
}

void Follower::Leave() {
  done_ = true;
  partner_ = nullptr;
  if (!in_flight_) fold_->Clear();
}

bool Follower::FlushDue(absl::Time now, bool at_tip, bool near_tip) const {
  if (in_flight_ || done_ || failed()) return false;
  if (fold_->dirty_rows() == 0) {
    if (folded_ == stored_) return false;
    // Only the checkpoint: it may wait, except where the commits are to find it.
    return near_tip || stopping() ||
           folded_.sequence() - stored_.sequence() >= options_.flush_events;
  }
  return at_tip || near_tip || stopping() || partner_ != nullptr || full() ||
         events_ >= options_.flush_events ||
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
        commit.writes.push_back({generation_->rows, std::string(key), std::move(value)});
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
  commit.writes.push_back({tables_.checkpoints,
                           CheckpointKey(generation_->name(), generation_->number),
                           generation_->Checkpoint(folded_, /*in_commits=*/false)});
  if (generation_->is_inline()) {
    commit.claims.push_back({tables_.transitions,
                             TransitionKey(generation_->name(), generation_->number, stored_), ""});
    if (claimed_.has_value()) {
      commit.writes.push_back({tables_.transitions,
                               TransitionKey(generation_->name(), generation_->number, *claimed_),
                               std::nullopt});
    }
  }
  in_flight_ = true;
  events_ = 0;
  dirty_since_.reset();
  return commit;
}

void Follower::Flushed(const absl::Status& status) {
  in_flight_ = false;
  if (done_) return fold_->Clear();
  if (status.ok()) {
    fold_->FlushDone(/*stored=*/true);
    claimed_ = stored_;
    stored_ = flushing_;
    generation_->rows_written.fetch_add(flushing_rows_, std::memory_order_relaxed);
    generation_->progress.Advance(stored_, flushing_at_tip_);
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
  if (in_flight_ || (generation_->is_inline() && folded_ != stored_)) return;
  generation_->progress.Advance(folded_, at_tip);
  if (at_tip && !std::exchange(caught_up_, true)) news_ = true;
  if (stopping() && folded_ == stored_) {
    done_ = news_ = true;
    generation_->progress.Stop(stop_error_);
  }
}

bool Follower::TakeNews() {
  return std::exchange(news_, false) || (failed() && !in_flight_);
}

}  // namespace daybook::internal
