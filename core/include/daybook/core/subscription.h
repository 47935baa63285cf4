// Following the log: what is there, then what comes. The one mechanism for projections, handlers,
// process managers and users.
#ifndef DAYBOOK_CORE_SUBSCRIPTION_H_
#define DAYBOOK_CORE_SUBSCRIPTION_H_

#include <cstddef>
#include <memory>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "daybook/core/event_store.h"

namespace daybook {

struct SubscriptionOptions {
  Position after = Position::Start();  // the first event is the next one that the filter lets by
  EventFilter filter;
  size_t batch_events = 1024;
  size_t batch_bytes = size_t{1} << 20;
  // After so many events that the filter left out, at least 1, Poll and Next return a batch that is
  // empty and not at_end(): the checkpoint has moved, and may be stored. So who stands behind a
  // long stretch of others' events need not look at it again after a restart.
  size_t report_after = ~size_t{0};
};

// Pulls events in order, each once, with no gap (G1). It reads when asked and holds one batch, so
// a slow reader costs nobody else anything. Not thread-safe, but for Stop.
class Subscription {
 public:
  // `store` must outlive it.
  Subscription(EventStore* store, SubscriptionOptions options);
  ~Subscription();
  Subscription(const Subscription&) = delete;
  Subscription& operator=(const Subscription&) = delete;

  // The next events, or an empty batch when there are none yet (or see report_after). DataLoss
  // where the log is damaged.
  absl::StatusOr<EventBatch> Poll();
  // Waits for events, signalled by the store. DeadlineExceeded when there were none within
  // `timeout`; Cancelled after Stop; Unavailable when the store closed; DataLoss.
  absl::StatusOr<EventBatch> Next(absl::Duration timeout = absl::InfiniteDuration());
  // Calls `wake` once when Poll may have more (on a thread of the store; must not block).
  void WhenReady(absl::AnyInvocable<void() &&> wake);

  // What Poll would return next and more, for several threads: up to `count` pieces that follow one
  // another, of batch_events positions each; none where no event is left. A piece may be read on
  // any thread, beside the others. Then Join, before anything else is called.
  class Piece {
   public:
    // As Poll.
    absl::StatusOr<EventBatch> Read() const { return reader_->ReadLog(options_); }

   private:
    friend class Subscription;
    std::shared_ptr<const StoreReader> reader_;
    ReadLogOptions options_;
  };
  std::vector<Piece> Split(size_t count) const;
  // The batches that the pieces gave, in their order, as far as they follow one another without a
  // gap: one ends early at batch_bytes, and what was read behind it is read again. At least one; of
  // several, the last one alone may be empty. The error of the first piece, where it has one.
  absl::StatusOr<std::vector<EventBatch>> Join(std::vector<absl::StatusOr<EventBatch>> read);

  // Makes a waiting Next return. From any thread.
  void Stop();

  // Everything up to here was returned or left out by the filter: what to store as a checkpoint.
  Position checkpoint() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace daybook

#endif  // DAYBOOK_CORE_SUBSCRIPTION_H_
