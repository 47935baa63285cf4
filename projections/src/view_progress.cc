#include "view_progress.h"

#include <algorithm>
#include <utility>

namespace daybook::internal {

void ViewProgress::Advance(Position visible, bool caught_up) {
  MutexLock lock(&mutex_);
  now_.visible = std::max(now_.visible, visible);
  now_.caught_up |= caught_up;
  std::erase_if(waiters_, [this](const Waiter& waiter) ABSL_NO_THREAD_SAFETY_ANALYSIS {
    if (waiter.position > now_.visible) return false;
    waiter.latch->Open();
    return true;
  });
}

void ViewProgress::Stop(absl::Status error) {
  MutexLock lock(&mutex_);
  now_.error = std::move(error);
  WakeAll();
}

void ViewProgress::Retire() {
  MutexLock lock(&mutex_);
  retired_ = true;
  WakeAll();
}

void ViewProgress::Resume() {
  MutexLock lock(&mutex_);
  retired_ = false;
  now_.caught_up = false;
  now_.error = absl::OkStatus();
}

ViewProgress::Snapshot ViewProgress::Get() const {
  MutexLock lock(&mutex_);
  return now_;
}

void ViewProgress::WhenReached(Position position, std::shared_ptr<Latch> latch) {
  MutexLock lock(&mutex_);
  std::erase_if(waiters_, [](const Waiter& waiter) { return waiter.latch->is_open(); });
  if (position <= now_.visible || retired_ || !now_.error.ok()) {
    latch->Open();
  } else {
    waiters_.push_back({position, std::move(latch)});
  }
}

void ViewProgress::WakeAll() {
  for (const Waiter& waiter : waiters_) waiter.latch->Open();
  waiters_.clear();
}

}  // namespace daybook::internal
