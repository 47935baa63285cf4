#include "parking.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "daybook/core/status_macros.h"
#include "daybook/core/stream_name.h"
#include "parked_table.h"

namespace daybook::internal {

std::optional<absl::string_view> RowOfStream(const ProjectionDefinition& definition,
                                             absl::Span<const size_t> handlers,
                                             const RecordedEvent& event) {
  const std::vector<HandledEvent>& handled = definition.handled();
  const bool by_stream = handlers.empty()
                             ? std::all_of(handled.begin(), handled.end(),
                                           [](const HandledEvent& e) { return e.keyed_by_stream; })
                             : std::all_of(handlers.begin(), handlers.end(), [&](size_t handler) {
                                 return handled[handler].keyed_by_stream;
                               });
  if (!by_stream) return std::nullopt;
  return KeyOf(event.stream);
}

Parking::Part::Part(ParkedKeys parked)
    : keys(std::move(parked)), rows([this](absl::string_view key) {
        return keys.Find(key) == nullptr ? RowByRow::Way::kFold : RowByRow::Way::kHold;
      }) {}

absl::Status Parking::Load(const StoreReader& reader, const KeyDeal* deal) {
  deal_ = deal;
  DAYBOOK_ASSIGN_OR_RETURN(const v1::ViewCheckpoint checkpoint,
                           ReadCheckpoint(reader, tables_, generation_.name(), generation_.number));
  loaded_ = checkpoint.failures();
  dropped_ = counts_flushed_ = counts_flushing_ = 0;
  const size_t parts = deal == nullptr ? 1 : deal->parts();
  parts_.clear();
  const absl::Time now = clock_.Now();
  for (size_t i = 0; i < parts; ++i) {
    parts_.push_back(std::make_unique<Part>(
        ParkedKeys(ParkedPrefix(generation_.name(), generation_.number), tables_.parked)));
  }
  for (size_t i = 0; i < parts; ++i) {
    DAYBOOK_RETURN_IF_ERROR(parts_[i]->keys.Load(
        reader, [this, i](absl::string_view key) { return PartOf(key) == i; },
        options().retry.attempts, now));
  }
  return absl::OkStatus();
}

size_t Parking::PartOf(absl::string_view key) const {
  return deal_ == nullptr ? 0 : deal_->PartOf(key);
}

std::vector<std::string> Parking::Keys() const {
  std::vector<std::string> all;
  for (const auto& part : parts_) {
    for (std::string& key : part->keys.Keys()) all.push_back(std::move(key));
  }
  std::sort(all.begin(), all.end());
  return all;
}

RowByRow* Parking::Begin(size_t part) {
  Part& p = *parts_[part];
  const bool stops = options().policy == FailurePolicy::kStop;
  if (stops && p.keys.empty()) return nullptr;
  p.rows.Begin(/*asks=*/!p.keys.empty(), /*goes_on=*/!stops);
  return &p.rows;
}

void Parking::End(size_t part, const RecordedEvent& event) {
  for (const RowByRow::PassedOver& row : parts_[part]->rows.passed_over()) {
    TakeRefusal(part, row.key, event.position, row.refusal);
  }
}

bool Parking::Refuse(size_t part, absl::string_view key, const RecordedEvent& event,
                     const absl::Status& why) {
  if (options().policy == FailurePolicy::kStop && parts_[part]->keys.Find(key) == nullptr) {
    return false;
  }
  TakeRefusal(part, key, event.position, why);
  return true;
}

void Parking::TakeRefusal(size_t part, absl::string_view key, Position position,
                          const absl::Status& why) {
  Part& p = *parts_[part];
  const absl::Time now = clock_.Now();
  const bool repeats = options().retry.attempts > 1;
  if (p.keys.Find(key) != nullptr) {
    p.keys.PutBehind(key, position, now);
  } else if (!repeats && options().policy == FailurePolicy::kSkip) {
    Skip(part, key, position, why);
  } else {
    p.keys.Park(key, position, why, now,
                repeats ? now + BackoffAfter(options().retry, 1) : absl::InfiniteFuture());
    p.parked_more = true;
  }
}

void Parking::Skip(size_t part, absl::string_view key, Position position, const absl::Status& why) {
  Part& p = *parts_[part];
  ++p.skipped;
  v1::ParkedEvent said;
  SetFailure(why, &said);
  v1::SkippedEvent& last = p.last_skipped.emplace();
  last.set_position(position.sequence());
  last.set_key(key.data(), key.size());
  last.set_code(said.code());
  last.set_message(said.message());
}

absl::Time Parking::NextRetry() const {
  absl::Time next = absl::InfiniteFuture();
  for (const auto& part : parts_) next = std::min(next, part->keys.NextRetry());
  return next;
}

std::optional<std::string> Parking::Due(absl::Time now) const {
  for (const auto& part : parts_) {
    if (auto key = part->keys.Due(now)) return key;
  }
  return std::nullopt;
}

absl::Status Parking::CheckRoom() {
  bool parked_more = false;
  for (const auto& part : parts_) parked_more |= std::exchange(part->parked_more, false);
  if (!parked_more || key_count() <= options().max_parked_keys) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      absl::StrCat("more than ", options().max_parked_keys,
                   " keys are parked, as FailureOptions::max_parked_keys has it"));
}

size_t Parking::key_count() const {
  size_t count = 0;
  for (const auto& part : parts_) count += part->keys.size();
  return count;
}

size_t Parking::retrying() const {
  size_t count = 0;
  for (const auto& part : parts_) count += part->keys.retrying();
  return count;
}

size_t Parking::bytes() const {
  size_t bytes = 0;
  for (const auto& part : parts_) bytes += part->keys.bytes();
  return bytes;
}

bool Parking::changed() const {
  return counts_changed() || std::any_of(parts_.begin(), parts_.end(),
                                         [](const auto& part) { return part->keys.changed(); });
}

size_t Parking::changed_bytes() const {
  size_t bytes = 0;
  for (const auto& part : parts_) bytes += part->keys.changed_bytes();
  return bytes;
}

bool Parking::counts_changed() const {
  uint64_t counts = dropped_;
  for (const auto& part : parts_) counts += part->skipped;
  return counts != counts_flushed_;
}

void Parking::Flush(ParkedKeys::WriteEntry write) {
  for (const auto& part : parts_) part->keys.Flush(write);
  counts_flushing_ = std::exchange(counts_flushed_, dropped_);
  for (const auto& part : parts_) counts_flushed_ += part->skipped;
}

void Parking::FlushDone(bool stored) {
  for (const auto& part : parts_) part->keys.FlushDone(stored);
  if (!stored) counts_flushed_ = counts_flushing_;
}

v1::HandlerFailures Parking::Failures() const {
  v1::HandlerFailures failures = loaded_;
  auto events = static_cast<int64_t>(loaded_.parked_events());
  uint64_t skipped = loaded_.skipped_events();
  uint64_t released = loaded_.released_events();
  for (const auto& part : parts_) {
    events += part->keys.added_events();
    released += part->keys.released_events();
    skipped += part->skipped;
    if (part->last_skipped.has_value() &&
        part->last_skipped->position() >= failures.last_skipped().position()) {
      *failures.mutable_last_skipped() = *part->last_skipped;
    }
  }
  failures.set_parked_keys(key_count());
  failures.set_parked_events(static_cast<uint64_t>(events));
  failures.set_skipped_events(skipped);
  failures.set_released_events(released);
  failures.set_dropped_events(loaded_.dropped_events() + dropped_);
  return failures;
}

}  // namespace daybook::internal
