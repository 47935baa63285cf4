// The command path: from a message to its durable outcome.
#ifndef DAYBOOK_AGGREGATES_SRC_COMMAND_EXECUTOR_H_
#define DAYBOOK_AGGREGATES_SRC_COMMAND_EXECUTOR_H_

#include <atomic>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "commands_in_progress.h"
#include "daybook/aggregates/app.h"
#include "daybook/aggregates/app_options.h"
#include "daybook/core/event_store.h"
#include "daybook/core/moment.h"
#include "daybook/core/mutex.h"
#include "daybook/core/runtime.h"
#include "daybook/snapshots/snapshot_store.h"
#include "lane.h"
#include "lanes.h"
#include "registered_aggregate.h"
#include "reply_store.h"
#include "reply_sweep.h"
#include "snapshot_keeper.h"

namespace daybook::internal {

// Thread-safe, but for Close.
//
// A command's way: look up, check, find the lane; there it is decided and committed; the store's
// callback brings the outcome. With an id from the caller, its stored reply is looked for first,
// and the id is held until the outcome. What the callback must not do, since it may read from the
// disk (deciding again, starting a command that waited for an id), a task of the executor does.
class CommandExecutor : private LaneHost, private Task {
 public:
  // `store` must outlive it. InvalidArgument for the definitions; the store's own errors.
  static absl::StatusOr<std::unique_ptr<CommandExecutor>> Open(
      EventStore* store, const std::vector<AggregateRegistration>& registrations,
      const AppOptions& options);
  // Closes.
  ~CommandExecutor() override;

  absl::StatusOr<Reply> Execute(const google::protobuf::Message& command,
                                const CommandOptions& options);
  void ExecuteAsync(std::unique_ptr<google::protobuf::Message> command, CommandOptions options,
                    ReplyCallback done);
  absl::StatusOr<std::optional<uint64_t>> Load(const AggregateDefinition& definition,
                                               absl::string_view key,
                                               google::protobuf::Message* state);
  absl::StatusOr<std::optional<uint64_t>> LoadAt(const AggregateDefinition& definition,
                                                 absl::string_view key, const StreamMoment& moment,
                                                 google::protobuf::Message* state);
  absl::Status FlushSnapshots();
  AppStats Stats() const;
  // Refuses what comes, waits for what is under way, writes the snapshots that are due.
  void Close();

 private:
  CommandExecutor(EventStore* store, AggregateRegistry registry,
                  std::unique_ptr<ReplyStore> replies, std::unique_ptr<SnapshotStore> snapshots,
                  std::unique_ptr<ReplySweep> sweep, const AppOptions& options);

  // The call of a command, checked.
  absl::StatusOr<std::unique_ptr<Call>> MakeCall(const google::protobuf::Message& command,
                                                 CommandOptions options) const;
  // Counts a use of the executor, and Close waits for its End; false when closed. A call is one,
  // until it is finished, and so is the thread that starts it, until it is back: the call may be
  // finished elsewhere before.
  bool Begin();
  void End();
  // The use of a call. Requires one that its caller has begun and not ended.
  void BeginCall() { uses_.fetch_add(2, std::memory_order_relaxed); }
  // Each takes over the call with its use.
  void Start(std::unique_ptr<Call> call);
  void StartWithId(std::unique_ptr<Call> call);
  void SubmitToLane(std::unique_ptr<Call> call);
  // The outcome of a call whose id was used before; nullopt when it was not.
  std::optional<absl::StatusOr<Reply>> Repeat(const Call& call);

  // LaneHost
  void Finish(std::unique_ptr<Call> call, absl::StatusOr<Reply> outcome) override;
  void FinishFromStore(std::unique_ptr<Call> call) override;
  void Schedule(Lane* lane) override;
  void Count(const absl::StatusOr<Reply>& outcome);

  // Task: what was handed over, one piece a step.
  bool Step() override;
  struct Work {
    Lane* lane = nullptr;          // to run; pinned
    std::unique_ptr<Call> waited;  // to start
    std::unique_ptr<Call> known;   // to be answered by the stored reply
    bool sweep = false;            // replies may have left the window
  };
  void HandOver(Work work);
  void Sweep();
  // Has the state of the stream loaded anew for its next command.
  void Distrust(absl::string_view stream);

  const AggregateRegistry registry_;
  const std::unique_ptr<ReplyStore> replies_;
  const std::unique_ptr<SnapshotStore> snapshots_;
  const std::unique_ptr<ReplySweep> sweep_;  // the task's own
  const std::string producer_;
  CommandCounters counters_;
  CommandsInProgress in_progress_;
  Lanes lanes_;
  SnapshotKeeper keeper_;

  // Twice the number of uses; odd once closed.
  std::atomic<uint64_t> uses_{0};
  Latch idle_;

  std::atomic<uint64_t> finished_{0};
  std::atomic<bool> sweeping_{false};  // a commit of the sweep is under way

  mutable Mutex mutex_;
  absl::Status sweep_error_ ABSL_GUARDED_BY(mutex_);
  std::deque<Work> work_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<Runtime::Worker> worker_;  // the last member: its task uses the others
};

}  // namespace daybook::internal

#endif  // DAYBOOK_AGGREGATES_SRC_COMMAND_EXECUTOR_H_
