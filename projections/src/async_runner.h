// The task behind the log: reads events once for all views that are not part of the commits.
#ifndef DAYBOOK_PROJECTIONS_SRC_ASYNC_RUNNER_H_
#define DAYBOOK_PROJECTIONS_SRC_ASYNC_RUNNER_H_

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "daybook/core/event_store.h"
#include "daybook/core/mutex.h"
#include "daybook/core/runtime.h"
#include "daybook/core/subscription.h"
#include "event_dispatcher.h"
#include "follower.h"
#include "inline_views.h"

namespace daybook::internal {

// Views at about the same position share one subscription, a feed; one that starts from far behind
// has its own until it comes near, so that it holds up nobody. All feeds are steps of one task.
class AsyncRunner final : public Task {
 public:
  // All must outlive this; `inline_views` may be null.
  AsyncRunner(EventStore* store, InlineViews* inline_views, InlineViews::Tables tables,
              const ProjectionOptions& options);
  // Ends the current step; flushes in flight finish by themselves.
  ~AsyncRunner() override;

  // Before Start: a view and the checkpoint that it goes on from.
  void Add(View* view, Position checkpoint);
  void Start();

  bool Step() override;

 private:
  // What other threads hand to the task.
  class Mailbox {
   public:
    void Attach(Runtime::Worker* worker);
    void Wake();
    void Push(Follower* follower, absl::Status status);
    std::vector<std::pair<Follower*, absl::Status>> Take();

   private:
    Mutex mutex_;
    Runtime::Worker* worker_ ABSL_GUARDED_BY(mutex_) = nullptr;
    std::vector<std::pair<Follower*, absl::Status>> flushed_ ABSL_GUARDED_BY(mutex_);
  };

  struct Feed {
    std::vector<Follower*> followers;
    EventDispatcher dispatcher;
    std::unique_ptr<Subscription> subscription;
    EventBatch batch;  // being folded, from `next` on
    size_t next = 0;
    bool at_tip = false;
    // A wake is asked for and has not come.
    std::shared_ptr<std::atomic<bool>> armed = std::make_shared<std::atomic<bool>>(false);

    Position position() const;
  };

  std::unique_ptr<Feed> MakeFeed(std::vector<Follower*> followers, Position after);
  // Drops followers that are done, and brings feeds together that are near each other.
  void ArrangeFeeds();
  void Read(Feed& feed);
  bool FoldBatch(Feed& feed, const StoreReader& reader);
  void FlushDue(Feed& feed, absl::Time now);
  void ArmWake(Feed& feed);
  void HandleFlushed();
  void UpdateTail();

  EventStore* const store_;
  InlineViews* const inline_views_;
  const InlineViews::Tables tables_;
  const ProjectionOptions& options_;
  const std::shared_ptr<Mailbox> mailbox_ = std::make_shared<Mailbox>();
  std::vector<std::unique_ptr<Follower>> followers_;
  std::vector<std::unique_ptr<Feed>> feeds_;
  // A flush was refused, since the store's queue was full: none until it has room.
  const std::shared_ptr<std::atomic<bool>> held_ = std::make_shared<std::atomic<bool>>(false);
  std::unique_ptr<Runtime::Worker> worker_;
};

}  // namespace daybook::internal

#endif  // DAYBOOK_PROJECTIONS_SRC_ASYNC_RUNNER_H_
