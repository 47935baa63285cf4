#include "queue_room.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace daybook::internal {

absl::Status QueueRoom::Take(size_t bytes) {
  const size_t before = taken_.fetch_add(bytes);
  if (before == 0 || before + bytes <= bytes_) return absl::OkStatus();
  {
    MutexLock lock(&mutex_);
    largest_refused_ = std::max(largest_refused_, bytes);
  }
  GiveBack(bytes);
  return absl::ResourceExhaustedError(
      absl::StrCat("the queue holds ", before, " of ", bytes_,
                   " bytes: wait for room (EventStore::WhenRoom), then retry"));
}

void QueueRoom::GiveBack(size_t bytes) {
  taken_.fetch_sub(bytes);
  if (awaited_.load()) WakeWhenFree();
}

void QueueRoom::WhenFree(Wake wake) {
  {
    MutexLock lock(&mutex_);
    waiters_.push_back(std::move(wake));
    awaited_.store(true);
  }
  WakeWhenFree();
}

void QueueRoom::Hold(bool held) {
  {
    MutexLock lock(&mutex_);
    held_ = held;
  }
  WakeWhenFree();
}

void QueueRoom::Close() {
  {
    MutexLock lock(&mutex_);
    closed_ = true;
  }
  WakeWhenFree();
}

bool QueueRoom::IsFree() const {
  if (closed_) return true;
  if (held_) return false;
  const size_t taken = taken_.load();
  return taken == 0 || taken + std::max(largest_refused_, bytes_ / 2) <= bytes_;
}

void QueueRoom::WakeWhenFree() {
  std::vector<Wake> due;
  {
    MutexLock lock(&mutex_);
    if (!IsFree()) return;
    due.swap(waiters_);
    largest_refused_ = 0;
    awaited_.store(false);
  }
  for (Wake& wake : due) std::move(wake)();
}

}  // namespace daybook::internal
