#include "sequencer.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "daybook/core/status_macros.h"

namespace daybook::internal {
namespace {

// An open group stops taking commits at this size, so that one sync stays short.
constexpr size_t kLargestOpenGroup = size_t{4} << 20;
// Built between two looks at whether the sync has ended.
constexpr size_t kRequestsPerStep = 64;
constexpr size_t kBytesPerWrite = size_t{256} << 10;
// A larger request is freed at once, so that no more than little memory waits for the next caller.
constexpr size_t kLargestRetired = size_t{16} << 10;
// At least what the mark that ends a group adds to its batch.
constexpr size_t kMarkBytes = GroupMark::kBytes + 16;

absl::Status Unknown(const absl::Status& cause) {
  return absl::UnknownError(absl::StrCat("outcome unknown: ", cause.message(),
                                         "; open the store again and retry with the same ids"));
}

absl::Status Stopped(const absl::Status& cause) {
  return absl::UnavailableError(
      absl::StrCat("the store stopped: ", cause.message(), "; open it again"));
}

}  // namespace

Sequencer::Sequencer(SequencerParts parts, const CommitBuilder::Start& start)
    : parts_(std::move(parts)),
      builder_(parts_.kv, parts_.names, parts_.heads, parts_.lifecycles, parts_.cached_heads,
               start),
      largest_ring_batch_(parts_.witness != nullptr ? parts_.witness->Capacity() / 4 : 0),
      last_group_(start.mark.number),
      room_(parts_.queue_bytes) {
  const auto wake = [this] { worker_->Wake(); };
  const auto synced = [this] {
    if (syncs_left_.fetch_sub(1, std::memory_order_acq_rel) == 1 ||
        parts_.durability == Durability::kRelaxed) {
      worker_->Wake();
    }
  };
  log_syncer_ = std::make_unique<Syncer>(parts_.runtime, "log sync", synced);
  if (parts_.witness != nullptr) {
    witness_syncer_ = std::make_unique<Syncer>(parts_.runtime, "witness sync", synced);
    flusher_ = std::make_unique<Syncer>(parts_.runtime, "flush", wake);
  }
  if (parts_.files != nullptr) {
    space_ = std::make_unique<SpaceWatch>(parts_.files, parts_.directory, parts_.min_free_bytes,
                                          parts_.clock, wake);
  }
  worker_ = parts_.runtime->StartShared("sequencer", this);
}

absl::Status Sequencer::Close() {
  closing_.store(true, std::memory_order_release);
  room_.Close();
  worker_->Wake();
  parts_.runtime->Await(drained_);
  return stopped();
}

Sequencer::~Sequencer() {
  (void)Close();
  // These wake the worker, so it goes after them.
  space_.reset();
  flusher_.reset();
  witness_syncer_.reset();
  log_syncer_.reset();
  worker_.reset();
}

void Sequencer::Enqueue(std::unique_ptr<Request> request) {
  absl::Status refused;
  if (closing_.load(std::memory_order_acquire)) {
    refused = absl::UnavailableError("the store is closed");
  } else if (refusing_.load(std::memory_order_acquire)) {
    refused = Stopped(stopped());
  } else {
    refused = room_.Take(request->bytes);
    if (refused.ok()) {
      queue_.Push(std::move(request));
      worker_->Wake();
      retired_.TakeAll();
      return;
    }
  }
  if (request->chain != nullptr) request->chain->Break();
  std::move(request->done)(std::move(refused));
}

absl::Status Sequencer::RunBetweenCommits(absl::AnyInvocable<void(CommitBuilder&) &&> f,
                                          bool durably) {
  Latch done;
  absl::Status outcome;
  auto request = std::make_unique<Request>();
  request->control = [this, f = std::move(f), &done, durably]() mutable {
    std::move(f)(builder_);
    if (!durably) done.Open();
  };
  if (durably) {
    request->done = [&done, &outcome](absl::StatusOr<AppendResult> result) {
      outcome = std::move(result).status();
      done.Open();
    };
  }
  queue_.Push(std::move(request));
  worker_->Wake();
  parts_.runtime->Await(done);
  return outcome;
}

absl::Status Sequencer::RunWhenPublished(absl::AnyInvocable<absl::Status() &&> f) {
  Latch done;
  absl::Status outcome;
  auto request = std::make_unique<Request>();
  request->when_published = true;
  request->control = [this, f = std::move(f), &done, &outcome]() mutable {
    outcome = halted_ ? Stopped(stopped()) : std::move(f)();
    done.Open();
  };
  queue_.Push(std::move(request));
  worker_->Wake();
  parts_.runtime->Await(done);
  return outcome;
}

absl::Status Sequencer::stopped() const {
  MutexLock lock(&mutex_);
  return stopped_;
}

uint64_t Sequencer::groups() const {
  MutexLock lock(&mutex_);
  return groups_;
}

uint64_t Sequencer::events() const {
  MutexLock lock(&mutex_);
  return events_;
}

uint64_t Sequencer::refused_for_space() const {
  MutexLock lock(&mutex_);
  return refused_for_space_;
}

absl::Status Sequencer::low_space() const {
  MutexLock lock(&mutex_);
  return low_space_;
}

bool Sequencer::Step() {
  if (drained_.is_open()) return false;  // the syncers may be gone
  Group finished;
  bool progress = FinishGroup(&finished);
  // The disk first, the callers of the finished group after.
  progress |= CloseGroup();
  Answer(std::move(finished.outcomes));
  progress |= DrainQueue();
  progress |= CloseGroup();
  progress |= AnswerRefusals();
  FlushWhenDue();
  progress |= LookForSpace();
  if (!progress) OpenWhenDrained();
  return progress;
}

bool Sequencer::FinishGroup(Group* finished) {
  if (in_flight_ == nullptr || !log_syncer_->idle()) return false;
  absl::Status status = log_syncer_->status();
  if (parts_.witness != nullptr && status.ok()) {
    if (!in_flight_->witnessed) {
      syncs_left_.fetch_add(1, std::memory_order_acq_rel);
      SubmitWitness(in_flight_.get());
      return true;
    }
    if (parts_.durability == Durability::kStrict) {
      if (!witness_syncer_->idle()) return false;
      status = witness_syncer_->status();
    }
  }
  if (!status.ok()) {
    Stop(status);
    return true;
  }
  const uint64_t events = in_flight_->mark.tip - parts_.publication->Get()->mark.tip;
  {
    MutexLock lock(&mutex_);
    ++groups_;
    events_ += events;
  }
  parts_.publication->Set(std::move(in_flight_->published));
  *finished = std::move(*in_flight_);
  in_flight_ = nullptr;
  return true;
}

bool Sequencer::DrainQueue() {
  if (taken_.empty()) taken_ = queue_.TakeAll();
  if (taken_.empty()) return false;
  const absl::Time now = parts_.clock->Now();
  bool progress = false;
  for (size_t n = 0; n < kRequestsPerStep && !taken_.empty(); ++n) {
    const bool grows = taken_.front().control == nullptr;
    if (grows && OpenBytes() >= kLargestOpenGroup) break;
    // It runs first in a step, so that nothing is built and not yet written.
    if (taken_.front().when_published && (n > 0 || !AllPublished())) break;
    std::unique_ptr<Request> request = taken_.PopFront();
    Process(*request, now);
    if (request->bytes <= kLargestRetired) retired_.Push(std::move(request));
    progress = true;
    if (builder_.pending_bytes() >= kBytesPerWrite) WriteOut();
  }
  // While a group is being synced there is time to write; otherwise the open group is closed at
  // once, and its mark goes into the same write.
  if (in_flight_ != nullptr) WriteOut();
  return progress;
}

size_t Sequencer::OpenBytes() const {
  return open_.batch.size() + builder_.pending_bytes();
}

void Sequencer::WriteOut() {
  if (halted_) return;
  if (absl::Status status = builder_.WriteTo(&open_.batch); !status.ok()) Stop(status);
}

void Sequencer::Process(Request& request, absl::Time now) {
  if (request.control != nullptr) {
    std::move(request.control)();
    if (request.done != nullptr) {
      if (halted_) {
        std::move(request.done)(Stopped(stopped()));
      } else {
        open_.outcomes.push_back({std::move(request.done), AppendResult()});
      }
    }
    return;
  }
  room_.GiveBack(request.bytes);
  if (halted_) {
    std::move(request.done)(Stopped(stopped()));
    return;
  }
  absl::StatusOr<AppendResult> result = AppendResult();
  if (request.chain != nullptr && request.chain->broken()) {
    result = absl::AbortedError("a commit of the same chain was refused before this one");
  } else if (absl::Status space = TakeSpace(request, now); !space.ok()) {
    result = std::move(space);
  } else {
    result = builder_.Add(request, absl::ToUnixMicros(now));
  }
  if (!result.ok() && request.chain != nullptr) request.chain->Break();
  // A refusal waits for its group too: what it refers to may not be durable yet.
  open_.outcomes.push_back({std::move(request.done), std::move(result)});
}

absl::Status Sequencer::TakeSpace(const Request& request, absl::Time now) {
  if (space_ == nullptr) return absl::OkStatus();
  const bool was_low = space_->low();
  absl::Status taken = space_->Take(request.bytes, now);
  if (taken.ok() && !was_low) return taken;
  {
    MutexLock lock(&mutex_);
    low_space_ = taken;
    if (!taken.ok()) ++refused_for_space_;
  }
  // Before the refusal is answered: who hears it, and waits for room, waits for this.
  if (taken.ok() == was_low) room_.Hold(!taken.ok());
  return taken;
}

bool Sequencer::LookForSpace() {
  if (space_ == nullptr || !space_->LookAgain()) return false;
  {
    MutexLock lock(&mutex_);
    low_space_ = absl::OkStatus();
  }
  room_.Hold(false);
  return true;
}

bool Sequencer::CloseGroup() {
  if (in_flight_ != nullptr || OpenBytes() == 0 || halted_) return false;
  if (!RoomInWitness()) return false;
  // Relaxed: the witness is at most one group behind.
  if (witness_syncer_ != nullptr && !witness_syncer_->idle()) return false;
  if (witness_syncer_ != nullptr && !witness_syncer_->status().ok()) {
    Stop(witness_syncer_->status());
    return true;
  }
  open_.serial = IsSerial();
  open_.mark = builder_.EndGroup(last_group_ + 1);
  WriteOut();
  if (halted_) return true;
  ++last_group_;
  // Taken before anything of the next group is written: it shows this one and no more.
  open_.published = std::make_shared<const Published>(Published{open_.mark, parts_.kv->Snapshot()});
  in_flight_ = std::make_unique<Group>(std::exchange(open_, Group()));
  if (parts_.durability == Durability::kNone) return true;  // nothing to wait for
  const bool witness_beside = parts_.witness != nullptr && !in_flight_->serial;
  // A lone caller waits for nobody's group to be built meanwhile: his log is synced here, which
  // spares him a switch of threads there and back.
  const bool alone = in_flight_->outcomes.size() == 1 && taken_.empty() && queue_.empty();
  syncs_left_.fetch_add(witness_beside ? 2 : 1, std::memory_order_acq_rel);
  if (!alone) log_syncer_->Submit([this] { return parts_.kv->SyncLog(); });
  if (witness_beside) SubmitWitness(in_flight_.get());
  if (alone) log_syncer_->RunHere([this] { return parts_.kv->SyncLog(); });
  return true;
}

bool Sequencer::AnswerRefusals() {
  if (in_flight_ != nullptr || OpenBytes() > 0 || open_.outcomes.empty()) return false;
  // Refusals and repetitions only, and all that they refer to is published.
  Answer(std::exchange(open_.outcomes, {}));
  return true;
}

void Sequencer::SubmitWitness(Group* group) {
  group->witnessed = true;
  WitnessGroup record;
  record.number = group->mark.number;
  record.tip = group->mark.tip;
  record.chain = group->mark.chain;
  record.digest_only = group->serial;
  if (!group->serial) record.batch = std::move(group->batch);
  witness_syncer_->Submit(
      [this, record = std::move(record)] { return parts_.witness->Append(record, true); });
}

bool Sequencer::RoomInWitness() const {
  if (parts_.witness == nullptr) return true;
  return parts_.witness->SpaceFor(IsSerial() ? 0 : OpenBytes() + kMarkBytes) <=
         parts_.witness->Free();
}

bool Sequencer::IsSerial() const {
  return OpenBytes() + kMarkBytes > largest_ring_batch_;
}

void Sequencer::FlushWhenDue() {
  if (flusher_ == nullptr || !flusher_->idle()) return;
  if (!flusher_->status().ok()) {
    Stop(flusher_->status());
    return;
  }
  if (parts_.witness->Free() >= parts_.witness->Capacity() / 2) return;
  if (halted_ || !witness_syncer_->idle()) return;
  // Everything up to the published group is written and witnessed, so a flush from now on holds it.
  flusher_->Submit([this, mark = parts_.publication->Get()->mark] { return parts_.flush(mark); });
}

void Sequencer::Stop(const absl::Status& cause) {
  halted_ = true;
  {
    MutexLock lock(&mutex_);
    if (stopped_.ok()) stopped_ = cause;
  }
  refusing_.store(true, std::memory_order_release);
  room_.Close();
  // The heads and rows that were built on the failed group are never used again: every later
  // commit is refused.
  std::vector<Outcome> outcomes;
  if (in_flight_ != nullptr) outcomes = std::move(in_flight_->outcomes);
  in_flight_ = nullptr;
  std::move(open_.outcomes.begin(), open_.outcomes.end(), std::back_inserter(outcomes));
  open_ = Group();
  for (Outcome& outcome : outcomes) {
    outcome.result = outcome.result.ok() ? Unknown(cause) : Stopped(cause);
  }
  Answer(std::move(outcomes));
}

void Sequencer::OpenWhenDrained() {
  if (in_flight_ != nullptr || !open_.outcomes.empty() || !taken_.empty()) return;
  if (witness_syncer_ != nullptr && !witness_syncer_->idle()) return;
  if (flusher_ != nullptr && !flusher_->idle()) return;
  if (closing_.load(std::memory_order_acquire) && queue_.empty()) drained_.Open();
}

void Sequencer::Answer(std::vector<Outcome> outcomes) {
  for (Outcome& outcome : outcomes) std::move(outcome.done)(std::move(outcome.result));
}

}  // namespace daybook::internal
