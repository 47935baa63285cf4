#include "rebuild_state.h"

#include "absl/strings/str_cat.h"

namespace daybook {

absl::string_view RebuildPhaseName(RebuildPhase phase) {
  switch (phase) {
    case RebuildPhase::kBuilding:
      return "building";
    case RebuildPhase::kPaused:
      return "paused";
    case RebuildPhase::kComparing:
      return "comparing";
    case RebuildPhase::kBuilt:
      return "built";
    case RebuildPhase::kServing:
      return "serving";
    case RebuildPhase::kFailed:
      return "failed";
  }
  return "";
}

namespace internal {

void RebuildState::Wish(absl::FunctionRef<void(Wishes&)> change) {
  {
    MutexLock lock(&mutex_);
    change(wishes_);
    // Told to go on from where it waited: what comes of it is another outcome.
    const bool waits = outcome_.has_value() && outcome_->ok() && !(*outcome_)->serving;
    if (waits && IsToldToGoOn(wishes_, **outcome_)) outcome_.reset();
    if (closed_) SettleClosed();
  }
  wake_();
}

RebuildProgress RebuildState::progress() const {
  MutexLock lock(&mutex_);
  return progress_;
}

absl::StatusOr<RebuildReport> RebuildState::Wait(absl::Duration timeout) {
  while (true) {
    const auto latch = std::make_shared<Latch>();
    {
      MutexLock lock(&mutex_);
      if (outcome_.has_value()) return *outcome_;
      waiters_.push_back(latch);
    }
    // Once more where it was told to go on before this call saw that it had come to rest.
    if (runtime_->Await(*latch, timeout)) continue;
    MutexLock lock(&mutex_);
    if (outcome_.has_value()) return *outcome_;
    std::erase(waiters_, latch);
    return absl::DeadlineExceededError(
        absl::StrCat("generation ", progress_.generation, " is ", RebuildPhaseName(progress_.phase),
                     " at position ", progress_.position.ToString(), " of ",
                     progress_.tip.ToString(), " after ", absl::FormatDuration(timeout)));
  }
}

RebuildState::Wishes RebuildState::wishes() const {
  MutexLock lock(&mutex_);
  return wishes_;
}

void RebuildState::SetProgress(const RebuildProgress& progress) {
  MutexLock lock(&mutex_);
  progress_ = progress;
}

void RebuildState::Settle(absl::StatusOr<RebuildReport> outcome) {
  MutexLock lock(&mutex_);
  // Told to go on while it came to rest: no outcome yet, the next step has one.
  const bool waits = outcome.ok() && !outcome->serving;
  if (waits && IsToldToGoOn(wishes_, *outcome)) return;
  outcome_ = std::move(outcome);
  for (const std::shared_ptr<Latch>& waiter : waiters_) waiter->Open();
  waiters_.clear();
}

void RebuildState::GoOn() {
  MutexLock lock(&mutex_);
  outcome_.reset();
}

void RebuildState::Close() {
  MutexLock lock(&mutex_);
  closed_ = true;
  SettleClosed();
}

void RebuildState::SettleClosed() {
  if (!outcome_.has_value()) {
    outcome_ = absl::UnavailableError("the application was closed; it goes on when opened");
  }
  for (const std::shared_ptr<Latch>& waiter : waiters_) waiter->Open();
  waiters_.clear();
}

}  // namespace internal

RebuildProgress RebuildHandle::Progress() const {
  return state_->progress();
}

absl::StatusOr<RebuildReport> RebuildHandle::Wait(absl::Duration timeout) const {
  return state_->Wait(timeout);
}

void RebuildHandle::Pause() {
  state_->Wish([](auto& wishes) { wishes.paused = true; });
}
void RebuildHandle::Resume() {
  state_->Wish([](auto& wishes) { wishes.paused = false; });
}
void RebuildHandle::TakeOver(const TakeOverOptions& options) {
  state_->Wish([&options](auto& wishes) {
    wishes.take_over = true;
    wishes.with_parked |= options.with_parked;
  });
}
void RebuildHandle::Cancel() {
  state_->Wish([](auto& wishes) { wishes.cancel = true; });
}

}  // namespace daybook
