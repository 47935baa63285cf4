#include "daybook/core/subscription.h"

#include <algorithm>
#include <utility>

#include "daybook/core/errors.h"
#include "daybook/core/mutex.h"
#include "daybook/core/status_macros.h"

namespace daybook {

struct Subscription::State {
  EventStore* store = nullptr;
  SubscriptionOptions options;
  Position checkpoint;  // of the reading thread, as are all without a lock
  Position told;        // up to where the last batch went, or the last report

  Mutex mutex;
  bool stopped ABSL_GUARDED_BY(mutex) = false;
  // Opened by the store when there is more after `waited_at`, and by Stop.
  std::shared_ptr<Latch> waiting ABSL_GUARDED_BY(mutex);
  Position waited_at;  // of the reading thread
};

Subscription::Subscription(EventStore* store, SubscriptionOptions options)
    : state_(std::make_shared<State>()) {
  state_->store = store;
  state_->checkpoint = state_->told = options.after;
  state_->options = std::move(options);
}

Subscription::~Subscription() = default;

absl::StatusOr<EventBatch> Subscription::Poll() {
  State& state = *state_;
  if (state.options.report_after == 0) {
    return InvalidFieldError("options.report_after", "must be at least 1");
  }
  while (state.store->Tip() > state.checkpoint) {
    ReadLogOptions read;
    read.from = state.checkpoint;
    read.filter = state.options.filter;
    read.limit = state.options.batch_events;
    read.max_bytes = state.options.batch_bytes;
    const uint64_t left_out = state.checkpoint.sequence() - state.told.sequence();
    read.max_scanned = std::min(read.max_scanned, state.options.report_after - left_out);
    DAYBOOK_ASSIGN_OR_RETURN(EventBatch batch, state.store->Reader()->ReadLog(read));
    state.checkpoint = batch.next();
    const bool report =
        state.checkpoint.sequence() - state.told.sequence() >= state.options.report_after;
    if (!batch.empty() || report) state.told = state.checkpoint;
    if (!batch.empty()) return batch;
    if (report) return EventBatch({}, nullptr, state.checkpoint, /*at_end=*/false);
    // A long stretch without a match is left at a step's end, so that Stop is heard.
    MutexLock lock(&state.mutex);
    if (state.stopped) break;
  }
  return EventBatch({}, nullptr, state.checkpoint, true);
}

absl::StatusOr<EventBatch> Subscription::Next(absl::Duration timeout) {
  State& state = *state_;
  const absl::Time deadline = absl::Now() + timeout;
  while (true) {
    DAYBOOK_ASSIGN_OR_RETURN(EventBatch batch, Poll());
    if (!batch.empty() || !batch.at_end()) return batch;
    std::shared_ptr<Latch> ready;
    bool ask = false;
    {
      MutexLock lock(&state.mutex);
      if (state.stopped) return absl::CancelledError("the subscription was stopped");
      // However often a call times out, the store is asked once: it forgets nobody who waits.
      ask = state.waiting == nullptr || state.waited_at != state.checkpoint;
      if (ask) state.waiting = std::make_shared<Latch>();
      ready = state.waiting;
    }
    if (ask) {
      state.waited_at = state.checkpoint;
      state.store->WhenPast(state.checkpoint, [ready] { ready->Open(); });
    }
    const bool signalled = state.store->runtime().Await(*ready, deadline - absl::Now());
    {
      MutexLock lock(&state.mutex);
      if (state.stopped) return absl::CancelledError("the subscription was stopped");
    }
    if (!signalled) return absl::DeadlineExceededError("no event came in time");
    if (state.store->Tip() <= state.checkpoint) {
      return absl::UnavailableError("the store was closed");
    }
  }
}

void Subscription::WhenReady(absl::AnyInvocable<void() &&> wake) {
  state_->store->WhenPast(state_->checkpoint, std::move(wake));
}

std::vector<Subscription::Piece> Subscription::Split(size_t count) const {
  const State& state = *state_;
  std::vector<Piece> pieces;
  const std::shared_ptr<const StoreReader> reader = state.store->Reader();
  Position from = state.checkpoint;
  while (pieces.size() < count && from < reader->tip()) {
    Piece& piece = pieces.emplace_back();
    piece.reader_ = reader;
    piece.options_.from = from;
    piece.options_.filter = state.options.filter;
    piece.options_.limit = piece.options_.max_scanned = state.options.batch_events;
    piece.options_.max_bytes = state.options.batch_bytes;
    from = Position(from.sequence() + state.options.batch_events, from.partition());
  }
  return pieces;
}

absl::StatusOr<std::vector<EventBatch>> Subscription::Join(
    std::vector<absl::StatusOr<EventBatch>> read) {
  State& state = *state_;
  std::vector<EventBatch> batches;
  for (absl::StatusOr<EventBatch>& batch : read) {
    if (!batch.ok() && batches.empty()) return batch.status();
    if (!batch.ok()) break;
    const bool whole =
        batch->next().sequence() - state.checkpoint.sequence() == state.options.batch_events;
    state.checkpoint = state.told = batch->next();
    // Where something follows, an empty one says nothing.
    if (!batches.empty() && batches.back().empty()) batches.pop_back();
    batches.push_back(*std::move(batch));
    if (!whole) break;
  }
  return batches;
}

void Subscription::Stop() {
  MutexLock lock(&state_->mutex);
  state_->stopped = true;
  if (state_->waiting != nullptr) state_->waiting->Open();
}

Position Subscription::checkpoint() const {
  return state_->checkpoint;
}

}  // namespace daybook
