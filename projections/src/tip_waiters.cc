#include "tip_waiters.h"

#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "daybook/core/mutex.h"

namespace daybook::internal {

struct TipWaiters::State {
  struct Waiter {
    Position position;
    std::shared_ptr<Latch> latch;
  };

  EventStore* store = nullptr;
  Mutex mutex;
  std::vector<Waiter> waiters ABSL_GUARDED_BY(mutex);
  bool armed ABSL_GUARDED_BY(mutex) = false;
};

TipWaiters::TipWaiters(EventStore* store) : state_(std::make_shared<State>()) {
  state_->store = store;
}

void TipWaiters::WhenPast(Position position, std::shared_ptr<Latch> latch) {
  {
    MutexLock lock(&state_->mutex);
    std::erase_if(state_->waiters,
                  [](const State::Waiter& waiter) { return waiter.latch->is_open(); });
    state_->waiters.push_back({position, std::move(latch)});
    if (std::exchange(state_->armed, true)) return;
  }
  // Not under the lock: the store may call at once.
  Arm(state_, state_->store->Tip());
}

void TipWaiters::Arm(const std::shared_ptr<State>& state, Position tip) {
  state->store->WhenPast(tip, [state, tip] { Wake(state, tip); });
}

void TipWaiters::Wake(const std::shared_ptr<State>& state, Position armed_at) {
  const Position tip = state->store->Tip();
  {
    MutexLock lock(&state->mutex);
    // A store that wakes without having moved has stopped.
    std::erase_if(state->waiters, [&](const State::Waiter& waiter) {
      if (waiter.position >= tip && tip > armed_at) return waiter.latch->is_open();
      waiter.latch->Open();
      return true;
    });
    if (state->waiters.empty()) {
      state->armed = false;
      return;
    }
  }
  Arm(state, tip);
}

}  // namespace daybook::internal
