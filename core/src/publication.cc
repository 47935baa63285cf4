#include "publication.h"

#include <utility>

namespace daybook::internal {

std::shared_ptr<const Published> Publication::Get() const {
  MutexLock lock(&mutex_);
  return published_;
}

void Publication::Set(std::shared_ptr<const Published> published) {
  std::vector<Wake> due;
  std::shared_ptr<const Published> last;  // released outside of the lock: it frees a snapshot
  {
    MutexLock lock(&mutex_);
    last = std::exchange(published_, std::move(published));
    const auto end = waiters_.lower_bound(published_->mark.tip);
    for (auto it = waiters_.begin(); it != end; ++it) due.push_back(std::move(it->second));
    waiters_.erase(waiters_.begin(), end);
  }
  for (Wake& wake : due) std::move(wake)();
}

void Publication::WhenPast(uint64_t sequence, Wake wake) {
  {
    MutexLock lock(&mutex_);
    if (!closed_ && published_->mark.tip <= sequence) {
      waiters_.emplace(sequence, std::move(wake));
      return;
    }
  }
  std::move(wake)();
}

void Publication::Close() {
  std::multimap<uint64_t, Wake> due;
  {
    MutexLock lock(&mutex_);
    closed_ = true;
    due.swap(waiters_);
  }
  for (auto& [sequence, wake] : due) std::move(wake)();
}

bool Publication::closed() const {
  MutexLock lock(&mutex_);
  return closed_;
}

}  // namespace daybook::internal
