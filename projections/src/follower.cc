#include "follower.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "daybook/core/errors.h"
#include "daybook/core/status_macros.h"

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

absl::Status Follower::LoadParked(const StoreReader& reader) {
  if (generation_->is_inline()) return absl::OkStatus();
  if (parking_ == nullptr) {
    parking_ = std::make_unique<Parking>(generation_, tables_, options_.clock);
    replayer_ = std::make_unique<ParkedReplayer>(generation_, parking_.get());
  }
  DAYBOOK_RETURN_IF_ERROR(parking_->Load(reader, parts_ == nullptr ? nullptr : &parts_->deal()));
  stored_parked_keys_ = parking_->key_count();
  generation_->failures = parking_->Failures();
  TellParked();
  return absl::OkStatus();
}

absl::Status Follower::FoldInto(size_t part, RowFold& fold, const RecordedEvent& event,
                                const Reading::Target& target, const absl::Status& decoded,
                                const StoreReader& reader, bool* skippable) {
  *skippable = !decoded.ok();
  if (event.removed) {
    // Gone for good, so there is nothing to wait for. Told once, that nobody takes the rows for
    // those of all events; an inline view has no place for it.
    if (parking_ == nullptr) return absl::OkStatus();
    const auto row = RowOfStream(*generation_->definition, target.handlers, event);
    if (part == (row.has_value() ? parking_->PartOf(*row) : 0)) {
      parking_->Skip(part, row.value_or(""), event.position, decoded);
    }
    return absl::OkStatus();
  }
  if (!decoded.ok()) {
    if (parking_ == nullptr) return decoded;
    const auto row = RowOfStream(*generation_->definition, target.handlers, event);
    if (!row.has_value()) return decoded;
    if (parking_->PartOf(*row) != part) return absl::OkStatus();
    return parking_->Refuse(part, *row, event, decoded) ? absl::OkStatus() : decoded;
  }
  RowByRow* const rows = parking_ == nullptr ? nullptr : parking_->Begin(part);
  const absl::Status status = fold.ApplyByRow(
      target.handlings, event,
      [&](absl::string_view key) { return reader.GetRow(generation_->rows, key); }, rows);
  if (status.ok() && rows != nullptr && !rows->passed_over().empty()) parking_->End(part, event);
  return status;
}

void Follower::Fold(const RecordedEvent& event, const Reading::Target& target,
                    const absl::Status& decoded, const StoreReader& reader) {
  if (event.position <= folded_ || stopping() || waiting()) return;
  bool skippable = false;
  const absl::Status status = FoldInto(0, *fold_, event, target, decoded, reader, &skippable);
  if (status.ok()) {
    ++events_;
  } else {
    Refuse(event, status, skippable);
  }
}

void Follower::Refuse(const RecordedEvent& event, const absl::Status& status, bool skippable) {
  attempts_ = event.position == refused_ ? attempts_ + 1 : 1;
  refused_ = event.position;
  const FailureOptions& options = generation_->on_failure;
  const bool again = parking_ != nullptr && attempts_ < options.retry.attempts;
  if (!again && skippable && parking_ != nullptr && options.policy == FailurePolicy::kSkip) {
    parking_->Skip(0, /*key=*/"", event.position, status);
    return;
  }
  folded_ = Position(event.position.sequence() - 1, event.position.partition());
  if (again) {
    retry_at_ = options_.clock->Now() + BackoffAfter(options.retry, attempts_);
    news_ = true;
    return;
  }
  stop_error_ =
      AtEvent(generation_->name(),
              absl::StrCat("stopped at position ", event.position.ToString(), ","), event, status);
}

void Follower::FoldPart(size_t part, const RecordedEvent& event, const Reading::Target& target,
                        const absl::Status& decoded, const StoreReader& reader) {
  bool skippable = false;
  if (!FoldInto(part, parts_->part(part), event, target, decoded, reader, &skippable).ok()) {
    failed_.store(true, std::memory_order_relaxed);
  }
}

void Follower::BeginAgainAlone(const StoreReader& reader) {
  fold_ = generation_->definition->MakeFold();
  parts_ = nullptr;
  deals_anew_ = false;
  failed_.store(false, std::memory_order_relaxed);
  folded_ = stored_;
  events_ = 0;
  dirty_since_.reset();
  if (replayer_ != nullptr) replayer_->BeginAgain();
  if (absl::Status loaded = LoadParked(reader); !loaded.ok()) StopNow(std::move(loaded));
}

void Follower::DealAnew() {
  // A flush that was refused comes again.
  if (!deals_anew() || in_flight_ || changed()) return;
  deals_anew_ = false;
  fold_->Evict();
  parts_->deal().Redeal();
}

absl::Time Follower::next_retry() const {
  if (done_ || stopping()) return absl::InfiniteFuture();
  if (parking_ == nullptr) return retry_at_;
  return std::min(retry_at_, parking_->NextRetry());
}

bool Follower::Replay(const StoreReader& reader, absl::Time now) {
  if (parking_ == nullptr || done_ || stopping() || failed() || deals_anew_) return false;
  const absl::StatusOr<bool> more = replayer_->Step(reader, now, [this](size_t part) -> RowFold& {
    return parts_ == nullptr ? *fold_ : parts_->part(part);
  });
  if (parts_ != nullptr) parts_->AddUp();
  if (!more.ok()) {
    StopNow(more.status());
    return false;
  }
  replayer_->Settle(changed(), in_flight_);
  return *more;
}

absl::Status Follower::Ask(std::shared_ptr<ParkedReplayer::Request> request) {
  if (done_ || stopping() || parking_ == nullptr) {
    return absl::FailedPreconditionError(absl::StrCat(
        "generation ", generation_->number, " of view ", generation_->name(), " does not go on",
        stopping() ? absl::StrCat(": ", stop_error_.message()) : ""));
  }
  return replayer_->Ask(std::move(request), folded_);
}

void Follower::TellParked() {
  const uint64_t keys = parking_->key_count();
  // Queries look whether a row is held only where some are: until no reader sees it any more.
  generation_->parked_keys.store(std::max(keys, stored_parked_keys_));
  generation_->retrying_keys.store(parking_->retrying());
  generation_->parked_bytes.store(parking_->bytes());
}

void Follower::MoveTo(Position position) {
  if (stopping() || failed() || waiting()) return;
  folded_ = std::max(folded_, position);
  if (parking_ == nullptr) return;
  if (const absl::Status room = parking_->CheckRoom(); !room.ok()) {
    stop_error_ = absl::Status(
        room.code(), absl::StrCat("view ", generation_->name(), " stopped after position ",
                                  folded_.ToString(), ": ", room.message()));
  }
}

void Follower::StopNow(absl::Status error) {
  if (done_) return;
  stop_error_ = absl::Status(
      error.code(), absl::StrCat("view ", generation_->name(), " stopped: ", error.message()));
  done_ = news_ = true;
  generation_->progress.Stop(stop_error_);
  EndReplays(stop_error_);
}

void Follower::Leave() {
  done_ = true;
  partner_ = nullptr;
  EndReplays(absl::AbortedError(absl::StrCat("generation ", generation_->number, " of view ",
                                             generation_->name(), " does not go on")));
  if (!in_flight_) fold_->Clear();
}

bool Follower::FlushDue(absl::Time now, bool at_tip, bool near_tip) const {
  if (in_flight_ || done_ || failed()) return false;
  if (!changed()) {
    if (folded_ == stored_) return false;
    // Only the checkpoint: it may wait, except where the commits are to find it, or who looks how
    // far a build is that does not take over.
    return near_tip || stopping() || (at_tip && !caught_up_ && parked_keys() > 0) ||
           folded_.sequence() - stored_.sequence() >= options_.flush_events;
  }
  return at_tip || near_tip || stopping() || deals_anew_ || waiting() || partner_ != nullptr ||
         full() || (replayer_ != nullptr && replayer_->wants_flush()) ||
         events_ >= options_.flush_events ||
         (dirty_since_.has_value() && now - *dirty_since_ >= options_.flush_interval) ||
         HasMuchToFlush();
}

// Many events of few rows do not make much to write. The bound may be half reached after a look:
// so the next one comes not before as much was folded again.
bool Follower::HasMuchToFlush() const {
  const size_t parked = parking_ == nullptr ? 0 : parking_->changed_bytes();
  if (fold_->dirty_bytes() + parked < options_.flush_bytes) return false;
  fold_->Measure();
  return fold_->dirty_bytes() + parked >= options_.flush_bytes / 2;
}

std::optional<Commit> Follower::Flush(bool at_tip) {
  Commit commit;
  commit.writes.reserve(fold_->dirty_rows() + 2);
  uint64_t rows = 0;
  const absl::Status status = fold_->Flush(
      [&](absl::string_view key, std::optional<std::string> value) {
        commit.writes.push_back({generation_->rows, std::string(key), std::move(value)});
        ++rows;
      },
      [&](std::string entry, bool put) {
        commit.writes.push_back({*generation_->index, std::move(entry),
                                 put ? std::optional<std::string>("") : std::nullopt});
      });
  if (!status.ok()) {
    fold_->Clear();
    folded_ = stored_;
    StopNow(status);
    return std::nullopt;
  }
  flushing_rows_ = rows;
  flushing_ = folded_;
  flushing_at_tip_ = at_tip;
  if (parking_ != nullptr) {
    parking_->Flush([&](const std::string& key, const std::optional<std::string>& value) {
      commit.writes.push_back({tables_.parked, key, value});
    });
    replayer_->Flushing();
    generation_->failures = parking_->Failures();
    stored_parked_keys_ = std::max(stored_parked_keys_, uint64_t{parking_->key_count()});
    TellParked();
  }
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
  // What is parked stands with its part, so nothing may be.
  if (parts_ != nullptr && !deals_anew_ && parked_keys() == 0) {
    deals_anew_ = parts_->deal().FindBetter();
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
    if (parking_ != nullptr) {
      parking_->FlushDone(/*stored=*/true);
      stored_parked_keys_ = generation_->failures.parked_keys();
    }
    claimed_ = stored_;
    stored_ = flushing_;
    generation_->rows_written.fetch_add(flushing_rows_, std::memory_order_relaxed);
    generation_->progress.Advance(stored_, flushing_at_tip_);
    if (replayer_ != nullptr) replayer_->Flushed(/*stored=*/true);
    return;
  }
  if (absl::IsResourceExhausted(status)) {
    fold_->FlushDone(/*stored=*/false);
    if (parking_ != nullptr) {
      parking_->FlushDone(/*stored=*/false);
      replayer_->Flushed(/*stored=*/false);
    }
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
  if (parking_ != nullptr) TellParked();
  if (changed()) {
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
    EndReplays(stop_error_);
  }
}

void Follower::EndReplays(const absl::Status& status) {
  if (replayer_ != nullptr) replayer_->Fail(status);
}

bool Follower::TakeNews() {
  return std::exchange(news_, false) || (failed() && !in_flight_);
}

}  // namespace daybook::internal
