// The commands of one stream: decided one after the other, committed many at a time.
#ifndef DAYBOOK_AGGREGATES_SRC_LANE_H_
#define DAYBOOK_AGGREGATES_SRC_LANE_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "call.h"
#include "counters.h"
#include "daybook/core/clock.h"
#include "daybook/core/event_store.h"
#include "daybook/core/mutex.h"
#include "daybook/snapshots/snapshot_store.h"
#include "lent_state.h"
#include "registered_aggregate.h"
#include "reply_store.h"
#include "snapshot_keeper.h"
#include "stream_loader.h"

namespace daybook::internal {

// What lanes work with, and whom they hand over to. Thread-safe, and outlives the lanes.
class LaneHost {
 public:
  struct Parts {
    EventStore* store;
    Clock* clock;
    ReplyStore* replies;
    SnapshotStore* snapshots;
    SnapshotKeeper* keeper;
    CommandCounters* counters;
    int max_conflict_retries;
  };

  explicit LaneHost(const Parts& parts) : parts_(parts) {}
  virtual ~LaneHost() = default;

  const Parts& parts() const { return parts_; }

  // The call has its outcome; its lane may be gone on return.
  virtual void Finish(std::unique_ptr<Call> call, absl::StatusOr<Reply> outcome) = 0;
  // Somebody executed the same command id meanwhile: the stored reply is the outcome. Likewise.
  virtual void FinishFromStore(std::unique_ptr<Call> call) = 0;
  // Has lane->Run() called on a thread that may read from the disk.
  virtual void Schedule(Lane* lane) = 0;

 protected:
  Parts parts_;
};

// One queue of commands and the state that they are decided on: the pending state, which all
// commits in flight leave behind. At most one thread decides at a time, and mostly it is that of
// the caller who found the lane free; it decides what the others queue, too.
//
// Every commit expects the exact version that it was decided on, and all commits of a lane form one
// CommitChain: when one is refused, those behind it are as well. Then the lane waits until none is
// in flight, drops the pending state, and decides again from what the store holds, in the old
// order; at first one commit at a time, so that a run of refusals costs each command one decision
// more and not one for each before it.
//
// Thread-safe.
class Lane {
 public:
  // `host` must outlive it.
  Lane(LaneHost* host, const RegisteredAggregate* aggregate, std::string stream);
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  const std::string& stream() const { return stream_; }

  // Queues the call, and decides what is queued when no other thread does.
  void Submit(std::unique_ptr<Call> call);
  // Decides what is queued when no other thread does.
  void Run();

  // Has the state dropped and loaded anew, and no snapshot taken of it.
  void Distrust();

  // Copies the state to `state` when it is the published one at `version`.
  bool CopyState(uint64_t version, google::protobuf::Message* state);

  // Users of the lane: Lanes keeps it as long as there are any.
  void Pin() { pins_.fetch_add(1, std::memory_order_relaxed); }
  void Unpin() { pins_.fetch_sub(1, std::memory_order_release); }
  bool pinned() const { return pins_.load(std::memory_order_acquire) > 0; }

 private:
  // Commits of a lane in flight at most: more wait undecided.
  static constexpr size_t kMaxWindow = 4096;
  // Calls that may wait for the lane; more are refused with ResourceExhausted.
  static constexpr size_t kMaxWaiting = 16'384;
  // Calls that one thread decides before it hands the lane on, so that no caller works for the
  // others for ever.
  static constexpr size_t kBudget = 256;

  void Drain();
  // Moves calls that may be decided now to `batch`. False: nothing to do, or not now.
  bool TakeBatch(size_t budget, std::vector<std::unique_ptr<Call>>& batch)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool MayDecide() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool HasCalls() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return !refused_.empty() || !waiting_.empty();
  }
  // Starts over, when the last of a broken chain is known.
  void Reset() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Puts back what a broken chain left undecided.
  void GiveBack(std::vector<std::unique_ptr<Call>>& batch, size_t from);

  // By the deciding thread.
  void Decide(std::unique_ptr<Call> call);
  absl::Status EnsureState();
  Commit MakeCommit(Call& call, DecidedCommand decided, absl::Time now);
  // Lends the state that the call leaves when a snapshot of it is due.
  void LendWhenDue(Call& call, absl::Time now);

  void OnOutcome(std::unique_ptr<Call> call, absl::StatusOr<AppendResult> result);
  // Whether a refused commit is to be decided again.
  bool IsDecidedAgain(Call& call, const absl::Status& refusal) const;

  LaneHost* const host_;
  const RegisteredAggregate* const aggregate_;
  const std::string stream_;
  std::atomic<int> pins_{0};

  Mutex mutex_;
  std::deque<std::unique_ptr<Call>> waiting_ ABSL_GUARDED_BY(mutex_);
  // Of a broken chain, in the order of their decisions: they come before all that wait.
  std::vector<std::unique_ptr<Call>> refused_ ABSL_GUARDED_BY(mutex_);
  bool deciding_ ABSL_GUARDED_BY(mutex_) = false;
  bool scheduled_ ABSL_GUARDED_BY(mutex_) = false;
  // Calls taken from the queues whose outcome is not known, and how many there may be.
  size_t in_flight_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t window_ ABSL_GUARDED_BY(mutex_) = kMaxWindow;
  // A commit of the chain was refused, or the snapshot below was a bad one: the pending state is
  // worth nothing. Written under mutex_.
  std::atomic<bool> broken_{false};

  // The deciding thread's own; nobody's, hence under mutex_, when there is none.
  LentState state_;
  StreamPoint point_;
  std::shared_ptr<CommitChain> chain_;
};

}  // namespace daybook::internal

#endif  // DAYBOOK_AGGREGATES_SRC_LANE_H_
