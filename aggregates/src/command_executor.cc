#include "command_executor.h"

#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "daybook/aggregates/state_history.h"
#include "daybook/core/errors.h"
#include "daybook/core/limits.h"
#include "daybook/core/status_macros.h"
#include "daybook/core/stream_name.h"
#include "stream_loader.h"

namespace daybook::internal {
namespace {

absl::Status ClosedError() {
  return absl::UnavailableError("the application is closed");
}

// Commands from one look at whether replies have left the window to the next.
constexpr uint64_t kSweepEvery = 256;

Clock* ClockOf(const AppOptions& options) {
  return options.store.clock != nullptr ? options.store.clock : &Clock::System();
}

}  // namespace

absl::StatusOr<std::unique_ptr<CommandExecutor>> CommandExecutor::Open(
    EventStore* store, const std::vector<AggregateRegistration>& registrations,
    const AppOptions& options) {
  DAYBOOK_ASSIGN_OR_RETURN(AggregateRegistry registry, AggregateRegistry::Make(registrations));
  DAYBOOK_ASSIGN_OR_RETURN(std::unique_ptr<ReplyStore> replies,
                           ReplyStore::Open(store, ClockOf(options), options.reply_retention));
  DAYBOOK_ASSIGN_OR_RETURN(std::unique_ptr<SnapshotStore> snapshots,
                           SnapshotStore::Open(store, registry.kept_snapshots()));
  DAYBOOK_ASSIGN_OR_RETURN(
      std::unique_ptr<ReplySweep> sweep,
      ReplySweep::Open(store, replies->table(), ClockOf(options), options.reply_retention));
  return std::unique_ptr<CommandExecutor>(
      new CommandExecutor(store, std::move(registry), std::move(replies), std::move(snapshots),
                          std::move(sweep), options));
}

CommandExecutor::CommandExecutor(EventStore* store, AggregateRegistry registry,
                                 std::unique_ptr<ReplyStore> replies,
                                 std::unique_ptr<SnapshotStore> snapshots,
                                 std::unique_ptr<ReplySweep> sweep, const AppOptions& options)
    : LaneHost({.store = store,
                .clock = ClockOf(options),
                .replies = replies.get(),
                .snapshots = snapshots.get(),
                .keeper = &keeper_,
                .counters = &counters_,
                .max_conflict_retries = options.max_conflict_retries}),
      registry_(std::move(registry)),
      replies_(std::move(replies)),
      snapshots_(std::move(snapshots)),
      sweep_(std::move(sweep)),
      producer_(options.producer),
      lanes_(this, options.cached_states),
      keeper_({.store = store,
               .snapshots = snapshots_.get(),
               .clock = ClockOf(options),
               .max_pending = options.pending_snapshots,
               .audit_every = options.snapshot_audit_every,
               .distrust = [this](absl::string_view stream) { Distrust(stream); }}),
      worker_(store->runtime().Start("commands", this)) {}

CommandExecutor::~CommandExecutor() {
  Close();
}

bool CommandExecutor::Begin() {
  if ((uses_.fetch_add(2, std::memory_order_acq_rel) & 1) == 0) return true;
  End();
  return false;
}

void CommandExecutor::End() {
  // The last one out of a closed executor.
  if (uses_.fetch_sub(2, std::memory_order_acq_rel) == 3) idle_.Open();
}

void CommandExecutor::Close() {
  const uint64_t before = uses_.fetch_or(1, std::memory_order_acq_rel);
  if (before > 1) parts_.store->runtime().Await(idle_);
  // First who hands states to the keeper, then the keeper.
  worker_.reset();
  keeper_.Close();
}

absl::StatusOr<std::unique_ptr<Call>> CommandExecutor::MakeCall(
    const google::protobuf::Message& message, CommandOptions options) const {
  const AggregateRegistry::Command* command = registry_.FindCommand(message.GetDescriptor());
  if (command == nullptr) {
    return InvalidFieldError("command", absl::StrCat("it is one of a registered aggregate, but ",
                                                     message.GetTypeName(), " is none"));
  }
  DAYBOOK_RETURN_IF_ERROR(command->definition->validate(message));
  const std::string key = command->definition->key(message);
  if (key.empty()) {
    return InvalidFieldError(absl::StrCat(message.GetTypeName(), " key"),
                             "the key of the stream is not empty");
  }
  auto call = std::make_unique<Call>();
  call->command = command;
  call->message = &message;
  call->stream = StreamNameOf(command->aggregate->definition->category, key);
  DAYBOOK_RETURN_IF_ERROR(ValidateStreamName(call->stream));

  call->given_id = !options.command_id.is_nil();
  Metadata& metadata = call->metadata;
  metadata.command_id =
      call->given_id ? options.command_id : CommandId::TimeOrdered(parts_.clock->Now());
  metadata.correlation_id =
      options.correlation_id.is_nil() ? metadata.command_id : options.correlation_id;
  metadata.causation_id =
      options.causation_id.is_nil() ? metadata.command_id : options.causation_id;
  metadata.actor = std::move(options.actor);
  metadata.producer = producer_;
  metadata.trace_context = std::move(options.trace_context);
  metadata.free = std::move(options.free);
  return call;
}

absl::StatusOr<Reply> CommandExecutor::Execute(const google::protobuf::Message& command,
                                               const CommandOptions& options) {
  absl::StatusOr<std::unique_ptr<Call>> call = MakeCall(command, options);
  if (!call.ok()) {
    counters_.failed.Add();
    return std::move(call).status();
  }
  if (!Begin()) return ClosedError();
  const absl::Cleanup end = [this] { End(); };
  struct Outcome {
    Latch known;
    absl::StatusOr<Reply> reply = ClosedError();
  };
  auto outcome = std::make_shared<Outcome>();
  (*call)->done = [outcome](absl::StatusOr<Reply> reply) {
    outcome->reply = std::move(reply);
    outcome->known.Open();
  };
  const BlockingCall blocking;
  BeginCall();
  Start(*std::move(call));
  parts_.store->runtime().Await(outcome->known);
  return std::move(outcome->reply);
}

void CommandExecutor::ExecuteAsync(std::unique_ptr<google::protobuf::Message> command,
                                   CommandOptions options, ReplyCallback done) {
  absl::StatusOr<std::unique_ptr<Call>> call = MakeCall(*command, std::move(options));
  if (!call.ok()) {
    counters_.failed.Add();
    return std::move(done)(std::move(call).status());
  }
  if (!Begin()) return std::move(done)(ClosedError());
  const absl::Cleanup end = [this] { End(); };
  (*call)->owned = std::move(command);
  (*call)->done = std::move(done);
  BeginCall();
  Start(*std::move(call));
}

void CommandExecutor::Start(std::unique_ptr<Call> call) {
  if (call->given_id) {
    StartWithId(std::move(call));
  } else {
    SubmitToLane(std::move(call));
  }
}

void CommandExecutor::StartWithId(std::unique_ptr<Call> call) {
  if (!in_progress_.Enter(call)) return;
  std::optional<absl::StatusOr<Reply>> reply = Repeat(*call);
  if (!reply.has_value()) return SubmitToLane(std::move(call));
  Finish(std::move(call), *std::move(reply));
}

std::optional<absl::StatusOr<Reply>> CommandExecutor::Repeat(const Call& call) {
  std::optional<absl::StatusOr<Reply>> reply = replies_->Repeat(
      *parts_.store->Reader(), call.metadata.command_id, call.stream, *call.command);
  if (reply.has_value() && (reply->ok() || absl::IsFailedPrecondition(reply->status()))) {
    counters_.repeated.Add();
  }
  return reply;
}

void CommandExecutor::SubmitToLane(std::unique_ptr<Call> call) {
  Lane* const lane = lanes_.Pin(call->command->aggregate, call->stream);
  call->lane = lane;
  lane->Pin();  // beyond the call's own, which goes with its outcome
  lane->Submit(std::move(call));
  lane->Unpin();
}

void CommandExecutor::Count(const absl::StatusOr<Reply>& outcome) {
  if (outcome.ok()) {
    counters_.accepted.Add();
  } else if (ErrorPayload<v1::Rejection>(outcome.status()).has_value()) {
    counters_.rejected.Add();
  } else {
    counters_.failed.Add();
  }
}

void CommandExecutor::Finish(std::unique_ptr<Call> call, absl::StatusOr<Reply> outcome) {
  Count(outcome);
  if (call->lane != nullptr) call->lane->Unpin();
  if (call->given_id) {
    for (std::unique_ptr<Call>& waited : in_progress_.Leave(call->metadata.command_id)) {
      HandOver({.waited = std::move(waited)});
    }
  }
  if (finished_.fetch_add(1, std::memory_order_relaxed) % kSweepEvery == 0) {
    HandOver({.sweep = true});
  }
  std::move(call->done)(std::move(outcome));
  call.reset();
  End();
}

void CommandExecutor::FinishFromStore(std::unique_ptr<Call> call) {
  HandOver({.known = std::move(call)});
}

void CommandExecutor::Schedule(Lane* lane) {
  lane->Pin();
  HandOver({.lane = lane});
}

void CommandExecutor::HandOver(Work work) {
  MutexLock lock(&mutex_);
  work_.push_back(std::move(work));
  worker_->Wake();  // under the lock: once the work is taken, the executor may be closed
}

bool CommandExecutor::Step() {
  Work work;
  {
    MutexLock lock(&mutex_);
    if (work_.empty()) return false;
    work = std::move(work_.front());
    work_.pop_front();
  }
  if (work.lane != nullptr) {
    work.lane->Run();
    work.lane->Unpin();
  } else if (work.waited != nullptr) {
    Start(std::move(work.waited));
  } else if (work.known != nullptr) {
    absl::StatusOr<Reply> reply =
        Repeat(*work.known).value_or(absl::AbortedError("the command id is being used elsewhere"));
    Finish(std::move(work.known), std::move(reply));
  } else {
    Sweep();
  }
  MutexLock lock(&mutex_);
  return !work_.empty();
}

void CommandExecutor::Sweep() {
  if (sweeping_.load(std::memory_order_acquire) || !Begin()) return;
  absl::StatusOr<std::optional<Commit>> commit = sweep_->Next(*parts_.store->Reader());
  {
    MutexLock lock(&mutex_);
    sweep_error_ = commit.status();
  }
  if (!commit.ok() || !commit->has_value()) return End();
  sweeping_.store(true, std::memory_order_relaxed);
  const size_t removed = (*commit)->writes.size() - 1;  // the last one says how far it came
  parts_.store->AppendAsync(**std::move(commit),
                            [this, removed](const absl::StatusOr<AppendResult>& result) {
                              sweeping_.store(false, std::memory_order_release);
                              if (result.ok()) {
                                counters_.replies_removed.Add(removed);
                                HandOver({.sweep = true});  // there may be more
                              }
                              End();
                            });
}

absl::StatusOr<std::optional<uint64_t>> CommandExecutor::Load(const AggregateDefinition& definition,
                                                              absl::string_view key,
                                                              google::protobuf::Message* state) {
  const RegisteredAggregate* aggregate = registry_.FindAggregate(definition);
  if (aggregate == nullptr) {
    return InvalidFieldError("aggregate", absl::StrCat(definition.name, " is not registered here"));
  }
  if (!Begin()) return ClosedError();
  const absl::Cleanup end = [this] { End(); };
  const std::string stream = StreamNameOf(definition.category, key);
  const std::shared_ptr<const StoreReader> reader = parts_.store->Reader();
  if (Lane* const lane = lanes_.Find(stream); lane != nullptr) {
    const absl::Cleanup unpin = [lane] { lane->Unpin(); };
    DAYBOOK_ASSIGN_OR_RETURN(const std::optional<uint64_t> version, reader->StreamVersion(stream));
    if (version.has_value() && lane->CopyState(*version, state)) return version;
  }
  DAYBOOK_ASSIGN_OR_RETURN(
      const StreamPoint point,
      LoadStream(*reader, aggregate->takes_snapshots ? snapshots_.get() : nullptr, *aggregate,
                 stream, kMaxVersion, state));
  if (point.from_snapshot) keeper_.CountUse(*aggregate, stream);
  return point.version;
}

absl::StatusOr<std::optional<uint64_t>> CommandExecutor::LoadAt(
    const AggregateDefinition& definition, absl::string_view key, const StreamMoment& moment,
    google::protobuf::Message* state) {
  if (!Begin()) return ClosedError();
  const absl::Cleanup end = [this] { End(); };
  const RegisteredAggregate* const aggregate = registry_.FindAggregate(definition);
  const bool takes_snapshots = aggregate == nullptr || aggregate->takes_snapshots;
  return LoadStateAt(*parts_.store->Reader(), takes_snapshots ? snapshots_.get() : nullptr,
                     definition, key, moment, state);
}

void CommandExecutor::Distrust(absl::string_view stream) {
  Lane* const lane = lanes_.Find(stream);
  if (lane == nullptr) return;
  lane->Distrust();
  lane->Unpin();
}

absl::Status CommandExecutor::FlushSnapshots() {
  if (!Begin()) return ClosedError();
  const absl::Cleanup end = [this] { End(); };
  keeper_.Flush();
  return absl::OkStatus();
}

AppStats CommandExecutor::Stats() const {
  AppStats stats;
  stats.accepted = counters_.accepted.value();
  stats.rejected = counters_.rejected.value();
  stats.repeated = counters_.repeated.value();
  stats.failed = counters_.failed.value();
  stats.decided_again = counters_.decided_again.value();
  stats.states_loaded = counters_.states_loaded.value();
  stats.states_reused = counters_.states_reused.value();
  stats.states_dropped = counters_.states_dropped.value();
  stats.states_cached = lanes_.size();
  stats.snapshots = keeper_.stats();
  stats.snapshot_audit = keeper_.audit_status();
  stats.replies_removed = counters_.replies_removed.value();
  MutexLock lock(&mutex_);
  stats.reply_sweep = sweep_error_;
  return stats;
}

}  // namespace daybook::internal
