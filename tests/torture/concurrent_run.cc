#include "concurrent_run.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "daybook/core/errors.h"
#include "daybook/core/status_macros.h"
#include "daybook/core/subscription.h"
#include "operations.h"

namespace daybook {
namespace {

constexpr uint64_t kStreams = 4;
constexpr size_t kMostInFlight = 4;

std::string NameOf(uint64_t stream) {
  return absl::StrCat("account-", stream);
}

uint64_t NumberOf(const RecordedEvent& event) {
  uint64_t number = 0;
  return absl::SimpleAtoi(event.payload, &number) ? number : 0;
}

Commit CommitOf(const Call& call) {
  Commit commit;
  for (const CallPart& part : call.parts) {
    StreamAppend& append = commit.appends.emplace_back();
    append.stream = part.stream;
    append.expected = part.expected;
    for (const uint64_t number : part.events) {
      Event& event = append.events.emplace_back();
      event.id = operation::NthId(number);
      event.type = "Numbered";
      event.payload = absl::StrCat(number);
      event.metadata.tags = {absl::StrCat("stream:", part.stream)};
    }
  }
  if (!call.unchanged.empty()) {
    commit.conditions.push_back(
        {{{{}, {absl::StrCat("stream:", call.unchanged)}}}, Position(call.after)});
  }
  return commit;
}

// Writes down the outcome. An error: it is none that a right store gives.
absl::Status Note(const absl::StatusOr<AppendResult>& result, Call* call) {
  if (result.ok()) {
    call->outcome = result->duplicate ? Call::Outcome::kDuplicate : Call::Outcome::kDone;
    call->first = result->first.sequence();
    call->last = result->last.sequence();
    for (const StreamRange& range : result->streams) {
      call->first_versions.push_back(range.first_version);
    }
    return absl::OkStatus();
  }
  if (const auto conflict = ErrorPayload<v1::VersionConflict>(result.status())) {
    call->outcome = Call::Outcome::kVersionConflict;
    call->conflict = conflict->stream();
    if (conflict->has_actual()) call->actual = conflict->actual();
    return absl::OkStatus();
  }
  if (const auto failed = ErrorPayload<v1::ConditionFailed>(result.status())) {
    call->outcome = Call::Outcome::kConditionFailed;
    call->match = failed->position();
    return absl::OkStatus();
  }
  return result.status();
}

// What a subscription gives until the store's tip is `until`.
absl::Status Follow(EventStore* store, const std::atomic<uint64_t>& until,
                    std::vector<uint64_t>* followed) {
  SubscriptionOptions options;
  options.after = Position(followed->size());
  options.batch_events = 7;
  Subscription subscription(store, options);
  while (followed->size() < until.load()) {
    const absl::StatusOr<EventBatch> batch = subscription.Next(absl::Milliseconds(20));
    if (absl::IsDeadlineExceeded(batch.status())) continue;
    DAYBOOK_RETURN_IF_ERROR(batch.status());
    for (const RecordedEvent& event : *batch) followed->push_back(event.position.sequence());
  }
  return absl::OkStatus();
}

}  // namespace

// One thread.
class ConcurrentRun::Caller {
 public:
  Caller(ConcurrentRun* run, EventStore* store, int thread, uint64_t seed)
      : run_(*run), store_(*store), thread_(thread), random_(seed) {}

  void Make(uint64_t count) {
    for (uint64_t i = 0; i < count; ++i) {
      const uint64_t kind = Below(10);
      if (kind < 6) {
        Append();
      } else if (kind < 8) {
        ReadStream();
      } else {
        ReadLog();
      }
    }
    while (!in_flight_.empty()) AwaitOldest();
  }

  std::vector<std::unique_ptr<Pending>> calls;

 private:
  uint64_t Below(uint64_t n) { return random_() % n; }
  bool OneIn(uint64_t n) { return Below(n) == 0; }

  Pending* Begin(Call::Kind kind) {
    Pending* const pending = calls.emplace_back(std::make_unique<Pending>()).get();
    pending->call.thread = thread_;
    pending->call.kind = kind;
    return pending;
  }

  void Append() {
    Pending* const pending = Begin(Call::Kind::kAppend);
    Call& call = pending->call;
    if (!OneIn(15) || !Repeat(&call)) Draw(&call);
    Commit commit = CommitOf(call);
    if (OneIn(2)) {
      call.called = ++run_.moments_;
      const absl::StatusOr<AppendResult> result = store_.Append(std::move(commit));
      call.answered = ++run_.moments_;
      pending->error = Note(result, &call);
      if (!result.ok()) return;
      for (const StreamRange& range : result->streams) heads_[range.stream] = range.last_version;
      return;
    }
    in_flight_.push_back(pending);
    call.called = ++run_.moments_;
    store_.AppendAsync(std::move(commit), [this, pending](absl::StatusOr<AppendResult> result) {
      pending->call.answered = ++run_.moments_;
      pending->error = Note(result, &pending->call);
      pending->done.Open();
    });
    if (in_flight_.size() > kMostInFlight) AwaitOldest();
  }

  void Draw(Call* call) {
    uint64_t stream = Below(kStreams);
    for (uint64_t left = OneIn(4) ? 2 : 1; left > 0; --left, stream = (stream + 1) % kStreams) {
      CallPart& part = call->parts.emplace_back();
      part.stream = NameOf(stream);
      const auto head = heads_.find(part.stream);
      if (!OneIn(3)) {
        part.expected = head == heads_.end() ? ExpectedVersion::NoStream()
                                             : ExpectedVersion::Exactly(head->second);
      }
      for (uint64_t events = 1 + Below(3); events > 0; --events) {
        part.events.push_back(++run_.events_);
      }
    }
    if (OneIn(4)) {
      call->unchanged = NameOf(Below(kStreams));
      call->after = tip_;
    }
  }

  // As a retry: the same events, whatever became of them. Of those of this thread alone, so that
  // it is known where each one belongs.
  bool Repeat(Call* call) {
    const Call& other = calls[Below(calls.size())]->call;
    if (other.kind != Call::Kind::kAppend || other.parts.empty()) return false;
    call->parts = other.parts;
    return true;
  }

  void ReadStream() {
    Pending* const pending = Begin(Call::Kind::kReadStream);
    Call& call = pending->call;
    call.stream = NameOf(Below(kStreams));
    call.called = ++run_.moments_;
    const auto reader = store_.Reader();
    const absl::StatusOr<EventBatch> batch = reader->ReadStream(call.stream);
    call.answered = ++run_.moments_;
    call.tip = tip_ = reader->tip().sequence();
    if (absl::IsNotFound(batch.status())) return;
    pending->error = batch.status();
    if (!batch.ok()) return;
    for (const RecordedEvent& event : *batch) call.events.push_back(NumberOf(event));
    heads_[call.stream] = batch->back().version;
  }

  void ReadLog() {
    Pending* const pending = Begin(Call::Kind::kReadLog);
    Call& call = pending->call;
    ReadLogOptions options;
    options.direction = Direction::kBackwards;
    options.from = Position::End();
    options.limit = Call::kLogTail;
    call.called = ++run_.moments_;
    const auto reader = store_.Reader();
    const absl::StatusOr<EventBatch> batch = reader->ReadLog(options);
    call.answered = ++run_.moments_;
    call.tip = tip_ = reader->tip().sequence();
    pending->error = batch.status();
    if (!batch.ok()) return;
    call.events.resize(batch->size());
    for (size_t i = batch->size(); i-- > 0;) {
      call.events[batch->size() - 1 - i] = NumberOf((*batch)[i]);
      heads_[std::string((*batch)[i].stream)] = (*batch)[i].version;
    }
  }

  void AwaitOldest() {
    store_.runtime().Await(in_flight_.front()->done);
    in_flight_.pop_front();
  }

  ConcurrentRun& run_;
  EventStore& store_;
  const int thread_;
  std::mt19937_64 random_;
  std::deque<Pending*> in_flight_;
  std::map<std::string, uint64_t> heads_;  // as they were read
  uint64_t tip_ = 0;                       // likewise
};

absl::Status ConcurrentRun::Run(EventStore* store, int threads, uint64_t calls) {
  std::vector<std::unique_ptr<Caller>> callers;
  for (int i = 0; i < threads; ++i) {
    callers.push_back(std::make_unique<Caller>(this, store, threads_++, seeds_()));
  }
  std::atomic<uint64_t> until{~uint64_t{0}};
  absl::Status following;
  std::thread follower([&] { following = Follow(store, until, &followed_); });
  std::vector<std::thread> running;
  for (const auto& caller : callers) {
    running.emplace_back(
        [&caller, each = calls / static_cast<uint64_t>(threads)] { caller->Make(each); });
  }
  for (std::thread& thread : running) thread.join();
  until.store(store->Tip().sequence());
  follower.join();
  DAYBOOK_RETURN_IF_ERROR(following);
  for (const auto& caller : callers) {
    for (std::unique_ptr<Pending>& pending : caller->calls) {
      DAYBOOK_RETURN_IF_ERROR(pending->error);
      calls_.push_back(std::move(pending));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<History> ConcurrentRun::Finish(const EventStore& store) {
  History history;
  for (const auto& pending : calls_) history.calls.push_back(pending->call);
  history.followed = followed_;
  ReadLogOptions options;
  const auto reader = store.Reader();
  while (true) {
    DAYBOOK_ASSIGN_OR_RETURN(const EventBatch batch, reader->ReadLog(options));
    for (const RecordedEvent& event : batch) {
      history.log.push_back(
          {event.position.sequence(), std::string(event.stream), event.version, NumberOf(event)});
    }
    options.from = batch.next();
    if (batch.at_end()) return history;
  }
}

}  // namespace daybook
