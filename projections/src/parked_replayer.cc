#include "parked_replayer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "daybook/core/errors.h"
#include "daybook/core/status_macros.h"

namespace daybook::internal {
namespace {

constexpr size_t kEventsAtOnce = 256;

}  // namespace

ParkedReplayer::ParkedReplayer(const Generation* generation, Parking* parking)
    : generation_(*generation), parking_(*parking), rows_([this](absl::string_view key) {
        return key == key_ ? RowByRow::Way::kFold : RowByRow::Way::kLeave;
      }) {
  dispatcher_.Add(*generation->definition);
}

ParkedReplayer::~ParkedReplayer() {
  Fail(absl::UnavailableError("the application was closed"));
}

absl::Status ParkedReplayer::Ask(std::shared_ptr<Request> request, Position folded) {
  if (request->key.has_value()) {
    const std::string& key = *request->key;
    if (parking_.keys(parking_.PartOf(key)).Find(key) == nullptr) {
      return absl::NotFoundError(absl::StrCat("view ", generation_.name(), " has no parked key \"",
                                              absl::CHexEscape(key), "\""));
    }
    request->keys.push_back(key);
  } else {
    request->keys = parking_.Keys();
  }
  if (request->drop) request->drop_until = folded;
  requests_.push_back(std::move(request));
  return absl::OkStatus();
}

absl::StatusOr<bool> ParkedReplayer::Step(const StoreReader& reader, absl::Time now,
                                          FoldOf fold_of) {
  Pass pass{reader, now, fold_of, kEventsAtOnce};
  // First, since a key that it left off is due as well.
  for (const std::shared_ptr<Request>& request : requests_) {
    if (request->flush.has_value()) continue;
    DAYBOOK_ASSIGN_OR_RETURN(const bool done, StepRequest(*request, pass));
    if (!done) return true;
  }
  while (const std::optional<std::string> due = parking_.Due(now)) {
    if (pass.budget == 0) return true;
    DAYBOOK_ASSIGN_OR_RETURN(const Came came, Replay(*due, nullptr, pass));
    if (came == Came::kMore) return true;
  }
  return false;
}

absl::StatusOr<bool> ParkedReplayer::StepRequest(Request& request, Pass& pass) {
  while (request.next < request.keys.size()) {
    if (pass.budget == 0) return false;
    DAYBOOK_ASSIGN_OR_RETURN(const Came came, Replay(request.keys[request.next], &request, pass));
    if (came == Came::kMore) return false;
    ++(came == Came::kFree ? request.outcome.freed_keys : request.outcome.parked_keys);
    ++request.next;
  }
  return true;
}

absl::StatusOr<ParkedReplayer::Came> ParkedReplayer::Replay(const std::string& key,
                                                            Request* request, Pass& pass) {
  ParkedKeys& keys = parking_.keys(parking_.PartOf(key));
  // It may have been freed since somebody asked for it.
  if (keys.Find(key) == nullptr) return Came::kFree;
  const size_t most = pass.budget;
  DAYBOOK_ASSIGN_OR_RETURN(const std::vector<ParkedKeys::Event> events,
                           keys.Read(key, most + 1, pass.reader));
  if (events.empty() || events.front().position != keys.Find(key)->first) {
    return DamageError("row", keys.Find(key)->first, "the first parked event is missing");
  }
  for (size_t i = 0; i < std::min(most, events.size()); ++i, --pass.budget) {
    const Position position = events[i].position;
    // Parked in this very step, and published after the reader was taken.
    if (position > pass.reader.tip()) return Came::kMore;
    absl::Status refusal;
    if (request != nullptr && position <= request->drop_until) {
      ++request->dropped;
      parking_.CountDropped();
    } else {
      DAYBOOK_RETURN_IF_ERROR(FoldOne(key, position, pass, &refusal));
      if (!refusal.ok() && StayParked(key, position, refusal, request, pass.now)) {
        if (request != nullptr) request->outcome.error = refusal;
        --pass.budget;
        return Came::kStuck;
      }
      if (refusal.ok() && request != nullptr) ++request->outcome.taken_events;
    }
    std::optional<ParkedKeys::Event> next;
    if (i + 1 < events.size()) next = events[i + 1];
    keys.Release(key, next, pass.now);
  }
  return events.size() > most ? Came::kMore : Came::kFree;
}

absl::Status ParkedReplayer::FoldOne(const std::string& key, Position position, Pass& pass,
                                     absl::Status* refusal) {
  ReadLogOptions one;
  one.from = Position(position.sequence() - 1, position.partition());
  one.limit = 1;
  DAYBOOK_ASSIGN_OR_RETURN(const EventBatch batch, pass.reader.ReadLog(one));
  if (batch.empty() || batch.front().position != position) {
    return DamageError("event", position, "it is parked, and not in the log");
  }
  const RecordedEvent& event = batch.front();
  Reading* const reading = dispatcher_.Find(event);
  if (reading == nullptr) return absl::OkStatus();
  if (event.removed) {
    // Since it was parked a scavenge was there: the row lacks it for good.
    parking_.Skip(parking_.PartOf(key), key, position, reading->Decode(event));
    return absl::OkStatus();
  }
  *refusal = reading->Decode(event);
  if (!refusal->ok()) return absl::OkStatus();
  key_ = key;
  rows_.Begin(/*asks=*/true, /*goes_on=*/true);
  DAYBOOK_RETURN_IF_ERROR(
      pass.fold_of(parking_.PartOf(key))
          .ApplyByRow(
              reading->targets().front().handlings, event,
              [&](absl::string_view row) { return pass.reader.GetRow(generation_.rows, row); },
              &rows_));
  if (!rows_.passed_over().empty()) *refusal = rows_.passed_over().front().refusal;
  return absl::OkStatus();
}

bool ParkedReplayer::StayParked(const std::string& key, Position position,
                                const absl::Status& refusal, const Request* request,
                                absl::Time now) {
  const size_t part = parking_.PartOf(key);
  ParkedKeys& keys = parking_.keys(part);
  const ParkedKeys::Sequence& sequence = *keys.Find(key);
  const RetryOptions& retry = generation_.on_failure.retry;
  const size_t attempt = sequence.attempts + 1;
  absl::Time next = absl::InfiniteFuture();
  if (request != nullptr) {
    // By itself it goes on as it would have; what had come to an end stays so.
    if (sequence.attempts > 0) next = sequence.retry_at;
  } else if (attempt < retry.attempts) {
    next = now + BackoffAfter(retry, attempt);
  } else if (generation_.on_failure.policy == FailurePolicy::kSkip) {
    parking_.Skip(part, key, position, refusal);
    return false;
  }
  keys.Fail(key, refusal, next);
  return true;
}

void ParkedReplayer::Settle(bool changed, bool in_flight) {
  for (const std::shared_ptr<Request>& request : requests_) {
    if (request->flush.has_value() || request->next < request->keys.size()) continue;
    if (changed || in_flight) {
      request->flush = changed ? flushes_ + 1 : flushes_;
    } else {
      request->done.Open();
    }
  }
  std::erase_if(requests_, [](const auto& request) { return request->done.is_open(); });
}

bool ParkedReplayer::wants_flush() const {
  return std::any_of(requests_.begin(), requests_.end(),
                     [](const auto& request) { return request->flush.has_value(); });
}

void ParkedReplayer::Flushed(bool stored) {
  for (const std::shared_ptr<Request>& request : requests_) {
    if (!request->flush.has_value() || *request->flush > flushes_) continue;
    if (stored) {
      request->done.Open();
    } else {
      request->flush = flushes_ + 1;
    }
  }
  std::erase_if(requests_, [](const auto& request) { return request->done.is_open(); });
}

void ParkedReplayer::BeginAgain() {
  for (const std::shared_ptr<Request>& request : requests_) {
    request->next = 0;
    request->flush.reset();
    request->outcome = ParkedReplay();
    request->dropped = 0;
  }
}

void ParkedReplayer::Fail(const absl::Status& status) {
  for (const std::shared_ptr<Request>& request : std::exchange(requests_, {})) {
    request->status = status;
    request->done.Open();
  }
}

}  // namespace daybook::internal
