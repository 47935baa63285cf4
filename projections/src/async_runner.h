// The task behind the log: reads events once for all views that are not part of the commits.
#ifndef DAYBOOK_PROJECTIONS_SRC_ASYNC_RUNNER_H_
#define DAYBOOK_PROJECTIONS_SRC_ASYNC_RUNNER_H_

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "daybook/core/event_store.h"
#include "daybook/core/mutex.h"
#include "daybook/core/runtime.h"
#include "daybook/core/subscription.h"
#include "event_dispatcher.h"
#include "fold_crew.h"
#include "follower.h"
#include "inline_views.h"

namespace daybook::internal {

// Views at about the same position share one subscription, a feed; one that starts from far behind
// has its own until it comes near, so that it holds up nobody. All feeds are steps of one task.
class AsyncRunner final : public Task {
 public:
  // What else happens in the steps of the task.
  class Companion {
   public:
    virtual ~Companion() = default;
    // As Task::Step. `reader` sees all flushes that are done.
    virtual bool StepWith(const std::shared_ptr<const StoreReader>& reader) = 0;
  };

  // What other threads hand to the task.
  class Mailbox {
   public:
    using Call = absl::AnyInvocable<void() &&>;

    void Attach(Runtime::Worker* worker);
    void Wake();
    void Push(Follower* follower, absl::Status status);
    std::vector<std::pair<Follower*, absl::Status>> Take();
    // Has `call` called in a step.
    void Post(Call call);
    std::vector<Call> TakeCalls();

   private:
    Mutex mutex_;
    Runtime::Worker* worker_ ABSL_GUARDED_BY(mutex_) = nullptr;
    std::vector<std::pair<Follower*, absl::Status>> flushed_ ABSL_GUARDED_BY(mutex_);
    std::vector<Call> calls_ ABSL_GUARDED_BY(mutex_);
  };

  // All must outlive this.
  AsyncRunner(EventStore* store, ViewTables tables, const ProjectionOptions& options);
  // Stops.
  ~AsyncRunner() override;

  // Must outlive this. Then nothing below is called but in its steps.
  void Start(Companion* companion);
  // Ends the current step; flushes in flight finish by themselves.
  void Stop();

  // A build of a view and the checkpoint that it goes on from, as of `reader`. Lives as long as
  // this. DataLoss where it cannot be read what of it is parked.
  absl::StatusOr<Follower*> Follow(Generation* generation, Position checkpoint,
                                   const StoreReader& reader);
  // Where the tail of inline views is kept; may be null.
  void SetInlineViews(InlineViews* inline_views) { inline_views_ = inline_views; }
  // They read the same events: one of them follows closely behind the other.
  bool ReadTogether(const Follower* a, const Follower* b) const;
  // The store's queue was full: no flush is tried before it has room; then the task is woken.
  void HoldUntilRoom();
  bool held() const { return held_->load(); }
  // From any thread; may be kept longer than this.
  const std::shared_ptr<Mailbox>& mailbox() const { return mailbox_; }

  bool Step() override;

 private:
  struct Feed {
    std::vector<Follower*> followers;
    std::vector<EventDispatcher> dispatchers;  // one for each who folds
    std::unique_ptr<Subscription> subscription;
    std::vector<EventBatch> batches;  // being folded, from event `next` of the first one on
    size_t next = 0;
    // What comes after them, where it was read.
    std::optional<absl::StatusOr<std::vector<EventBatch>>> ahead;
    bool at_tip = false;
    bool rests = false;  // until its only follower waits no longer
    // A wake is asked for and has not come.
    std::shared_ptr<std::atomic<bool>> armed = std::make_shared<std::atomic<bool>>(false);

    bool folded() const { return next == batches.front().size() && batches.size() == 1; }
    Position position() const;
  };

  std::unique_ptr<Feed> MakeFeed(std::vector<Follower*> followers, Position after);
  // Drops followers that are done or wait, and brings feeds together that are near each other.
  void ArrangeFeeds(absl::Time now);
  // Two that align stand at one position in it: nothing more is folded before their rows are
  // stored, and whoever aligns them has seen it.
  static bool IsHeld(const Feed& feed);
  void Read(Feed& feed);
  bool FoldBatch(Feed& feed, const StoreReader& reader);
  bool FoldTogether(Feed& feed, const StoreReader& reader);
  // Its follower began again without parts.
  bool IsAlone(const Feed& feed) const;
  // Its follower waits until it is to try an event again.
  static bool IsResting(const Feed& feed);
  // Has the task woken when something is to be tried again.
  void ArmRetry(absl::Time now);
  void FlushDue(Feed& feed, absl::Time now);
  void ArmWake(Feed& feed);
  void HandleFlushed();
  void UpdateTail();

  EventStore* const store_;
  const ViewTables tables_;
  const ProjectionOptions& options_;
  InlineViews* inline_views_ = nullptr;
  Companion* companion_ = nullptr;
  const std::shared_ptr<Mailbox> mailbox_ = std::make_shared<Mailbox>();
  std::unique_ptr<FoldCrew> crew_;  // null: folds alone
  // When the clock wakes the task; InfiniteFuture: it was not asked to.
  absl::Time armed_for_ = absl::InfiniteFuture();
  std::vector<std::unique_ptr<Follower>> followers_;
  std::vector<std::unique_ptr<Feed>> feeds_;
  // Until the store's queue has room.
  const std::shared_ptr<std::atomic<bool>> held_ = std::make_shared<std::atomic<bool>>(false);
  std::unique_ptr<Runtime::Worker> worker_;
};

}  // namespace daybook::internal

#endif  // DAYBOOK_PROJECTIONS_SRC_ASYNC_RUNNER_H_
