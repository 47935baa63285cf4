#include "lane.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "daybook/core/codec.h"
#include "daybook/core/errors.h"
#include "daybook/core/limits.h"
#include "daybook/core/status_macros.h"
#include "daybook/core/stream_name.h"

namespace daybook::internal {

Lane::Lane(LaneHost* host, const RegisteredAggregate* aggregate, std::string stream)
    : host_(host), aggregate_(aggregate), stream_(std::move(stream)) {}

void Lane::Submit(std::unique_ptr<Call> call) {
  bool full = false;
  {
    MutexLock lock(&mutex_);
    full = waiting_.size() >= kMaxWaiting;
    if (!full) {
      waiting_.push_back(std::move(call));
      if (deciding_) return;
      deciding_ = true;
    }
  }
  if (!full) return Drain();
  host_->Finish(std::move(call),
                absl::ResourceExhaustedError(absl::StrCat(kMaxWaiting, " commands wait for ",
                                                          stream_, ": back off, then retry")));
}

void Lane::Run() {
  {
    MutexLock lock(&mutex_);
    scheduled_ = false;
    if (deciding_) return;
    deciding_ = true;
  }
  Drain();
}

void Lane::Drain() {
  size_t budget = kBudget;
  std::vector<std::unique_ptr<Call>> batch;
  while (true) {
    batch.clear();
    {
      MutexLock lock(&mutex_);
      if (!TakeBatch(budget, batch)) {
        deciding_ = false;
        return;
      }
    }
    budget -= batch.size();
    for (size_t i = 0; i < batch.size(); ++i) {
      if (broken_.load(std::memory_order_acquire)) {
        GiveBack(batch, i);
        break;
      }
      Decide(std::move(batch[i]));
    }
  }
}

bool Lane::MayDecide() const {
  return broken_ ? in_flight_ == 0 : in_flight_ < window_;
}

bool Lane::TakeBatch(size_t budget, std::vector<std::unique_ptr<Call>>& batch) {
  if (!HasCalls() || !MayDecide()) return false;  // OnOutcome schedules the lane
  if (budget == 0) {
    if (!scheduled_) host_->Schedule(this);
    scheduled_ = true;
    return false;
  }
  if (broken_) Reset();
  const size_t room = std::min({budget, window_ - in_flight_, waiting_.size()});
  for (size_t i = 0; i < room; ++i) {
    batch.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  in_flight_ += room;
  return true;
}

void Lane::Reset() {
  waiting_.insert(waiting_.begin(), std::make_move_iterator(refused_.begin()),
                  std::make_move_iterator(refused_.end()));
  refused_.clear();
  state_.Reset();
  chain_.reset();
  broken_ = false;
  window_ = 1;
}

void Lane::GiveBack(std::vector<std::unique_ptr<Call>>& batch, size_t from) {
  MutexLock lock(&mutex_);
  in_flight_ -= batch.size() - from;
  waiting_.insert(waiting_.begin(), std::make_move_iterator(batch.begin() + from),
                  std::make_move_iterator(batch.end()));
}

absl::Status Lane::EnsureState() {
  if (state_) {
    host_->parts().counters->states_reused.Add();
    return absl::OkStatus();
  }
  const LaneHost::Parts& parts = host_->parts();
  std::unique_ptr<google::protobuf::Message> state(aggregate_->definition->default_state->New());
  DAYBOOK_ASSIGN_OR_RETURN(
      point_,
      LoadStream(*parts.store->Reader(), aggregate_->takes_snapshots ? parts.snapshots : nullptr,
                 *aggregate_, stream_, kMaxVersion, state.get()));
  state_.Set(std::move(state));
  parts.counters->states_loaded.Add();
  if (point_.from_snapshot) parts.keeper->CountUse(*aggregate_, stream_);
  return absl::OkStatus();
}

void Lane::Decide(std::unique_ptr<Call> call) {
  if (absl::Status loaded = EnsureState(); !loaded.ok()) {
    {
      MutexLock lock(&mutex_);
      --in_flight_;
    }
    host_->Finish(std::move(call), std::move(loaded));
    return;
  }
  call->snapshot.Return();
  call->first_of_chain = chain_ == nullptr;
  if (chain_ == nullptr) chain_ = std::make_shared<CommitChain>();

  const absl::Time now = host_->parts().clock->Now();
  const CommandContext context{.now = now,
                               .command_id = call->metadata.command_id,
                               .key = KeyOf(stream_),
                               .version = point_.version,
                               .metadata = call->metadata};
  DecidedCommand decided =
      call->command->definition->decide(state_.Change(), *call->message, context);
  Commit commit = MakeCommit(*call, std::move(decided), now);
  host_->parts().store->AppendAsync(
      std::move(commit),
      [this, call = std::move(call)](absl::StatusOr<AppendResult> result) mutable {
        OnOutcome(std::move(call), std::move(result));
      });
}

Commit Lane::MakeCommit(Call& call, DecidedCommand decided, absl::Time now) {
  const CommandId id = call.metadata.command_id;
  const size_t count = decided.events.size();
  Commit commit;
  commit.chain = chain_;
  commit.new_ids = !call.given_id;
  // Also where nothing is appended: a rejection was decided on this version and no other.
  commit.appends.push_back({.stream = stream_, .expected = ExpectedVersion::Of(point_.version)});
  if (count > 0) {
    point_.version = (point_.version.has_value() ? *point_.version + 1 : point_.next) + count - 1;
  }

  call.reply = Reply{.stream = stream_, .version = point_.version, .command_id = id};
  call.reply.events.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    Event& event = decided.events[i];
    event.id = id.Derive(i);
    std::vector<std::string> tags = std::move(event.metadata.tags);
    event.metadata = call.metadata;
    event.metadata.tags = std::move(tags);
    call.reply.events.push_back({.id = event.id,
                                 .type = event.type,
                                 .schema_version = event.schema_version,
                                 .payload = event.payload});
  }
  commit.appends[0].events = std::move(decided.events);

  v1::StoredReply stored;
  stored.set_stream(stream_);
  stored.set_command_type(std::string(call.command->definition->type));
  stored.set_recorded_micros(absl::ToUnixMicros(now));
  if (point_.version.has_value()) stored.set_version(*point_.version);
  stored.set_event_count(static_cast<uint32_t>(count));
  call.rejection = absl::OkStatus();
  if (decided.rejection.has_value()) {
    call.rejection = RejectionError(*decided.rejection);
    *stored.mutable_rejection() = *std::move(decided.rejection);
  }
  commit.claims.push_back(host_->parts().replies->ClaimOf(id, stored));
  if (count > 0 && point_.is_whole) LendWhenDue(call, now);
  return commit;
}

void Lane::LendWhenDue(Call& call, absl::Time now) {
  EventsBehind& behind = point_.behind;
  if (behind.since == absl::InfiniteFuture()) behind.since = now;
  behind.count += call.reply.events.size();
  for (const RecordedReplyEvent& event : call.reply.events) behind.bytes += event.payload.size();
  if (!IsSnapshotDue(aggregate_->snapshots, behind, now)) return;
  call.snapshot = state_.Lend();
  // As if it were written: one that is skipped waits for the next that is due.
  behind = {.since = now};
}

bool Lane::IsDecidedAgain(Call& call, const absl::Status& refusal) const {
  if (!absl::IsAborted(refusal)) return false;
  if (ErrorPayload<v1::VersionConflict>(refusal).has_value()) {
    return call.conflicts++ < host_->parts().max_conflict_retries;
  }
  // Without a payload it fell with the commit that it built on.
  return !call.first_of_chain && !ErrorPayload<v1::ClaimConflict>(refusal).has_value();
}

void Lane::OnOutcome(std::unique_ptr<Call> call, absl::StatusOr<AppendResult> result) {
  const bool again = !result.ok() && IsDecidedAgain(*call, result.status());
  // Of a stream that is made anew the first version may be another than was known.
  bool elsewhere = false;
  if (result.ok() && !result->duplicate && !result->streams.empty()) {
    const uint64_t last = result->streams.front().last_version;
    elsewhere = last != call->reply.version;
    call->reply.version = last;
  }
  // Executed before, although its reply was not there when the command came.
  const bool known = result.ok() ? result->duplicate
                                 : ErrorPayload<v1::ClaimConflict>(result.status()).has_value();
  if (again) host_->parts().counters->decided_again.Add();
  {
    // A call that is queued here is another thread's after that, and its pin with it: nothing of
    // the lane is used any more.
    MutexLock lock(&mutex_);
    --in_flight_;
    // Under the lock, so that nothing is offered once the state is distrusted.
    if (result.ok() && !known && !elsewhere && !broken_ && call->snapshot) {
      host_->parts().keeper->Offer(*aggregate_, stream_, *call->reply.version,
                                   std::move(call->snapshot));
    }
    if (result.ok() && !known && !elsewhere) {
      window_ = std::min(window_ * 2, kMaxWindow);
    } else {
      broken_.store(true, std::memory_order_release);
    }
    if (again) refused_.push_back(std::move(call));
    if (!deciding_ && !scheduled_ && HasCalls() && MayDecide()) {
      scheduled_ = true;
      host_->Schedule(this);
    }
  }
  if (again) return;
  if (known) {
    host_->FinishFromStore(std::move(call));
  } else if (!result.ok()) {
    host_->Finish(std::move(call), std::move(result).status());
  } else if (!call->rejection.ok()) {
    absl::Status rejection = std::move(call->rejection);
    host_->Finish(std::move(call), std::move(rejection));
  } else {
    Reply reply = std::move(call->reply);
    reply.token = Token(result->last);
    host_->Finish(std::move(call), std::move(reply));
  }
}

void Lane::Distrust() {
  MutexLock lock(&mutex_);
  broken_.store(true, std::memory_order_release);
}

bool Lane::CopyState(uint64_t version, google::protobuf::Message* state) {
  MutexLock lock(&mutex_);
  if (deciding_ || broken_ || in_flight_ > 0 || !state_ || point_.version != version) {
    return false;
  }
  state->CopyFrom(*state_);
  return true;
}

}  // namespace daybook::internal
