#include "parked_keys.h"

#include "daybook/core/status_macros.h"
#include "parked_table.h"
#include "view_tables.h"

namespace daybook::internal {
namespace {

// Beside the key's own bytes: the sequence, and what the maps need for it.
constexpr size_t kSequenceBytes = 128;
constexpr size_t kWriteBytes = 96;

v1::ParkedEvent NewEvent(absl::Time parked_at) {
  v1::ParkedEvent event;
  event.set_parked_micros(absl::ToUnixMicros(parked_at));
  return event;
}

}  // namespace

absl::Status ParkedKeys::Load(const StoreReader& reader,
                              std::function<bool(absl::string_view key)> mine, size_t attempts,
                              absl::Time now) {
  return VisitParkedHeads(reader, table_, prefix_, std::nullopt, [&](const ParkedEntry& head) {
    if (!mine(head.key)) return true;
    Sequence& sequence = sequences_[head.key];
    sequence.first = head.position;
    sequence.parked_at = absl::FromUnixMicros(head.event.parked_micros());
    sequence.attempts = head.event.attempts();
    key_bytes_ += head.key.size() + kSequenceBytes;
    if (sequence.attempts < attempts) SetRetry(head.key, sequence, now);
    return true;
  });
}

const ParkedKeys::Sequence* ParkedKeys::Find(absl::string_view key) const {
  const auto it = sequences_.find(key);
  return it == sequences_.end() ? nullptr : &it->second;
}

std::vector<std::string> ParkedKeys::Keys() const {
  std::vector<std::string> keys;
  keys.reserve(sequences_.size());
  for (const auto& [key, sequence] : sequences_) keys.push_back(key);
  return keys;
}

void ParkedKeys::Park(absl::string_view key, Position position, const absl::Status& why,
                      absl::Time now, absl::Time retry_at) {
  const std::string owned(key);
  Sequence& sequence = sequences_[owned];
  sequence = {.first = position, .parked_at = now, .attempts = 1};
  key_bytes_ += key.size() + kSequenceBytes;
  ++added_events_;
  SetRetry(owned, sequence, retry_at);
  WriteFailure(owned, sequence, why);
}

void ParkedKeys::PutBehind(absl::string_view key, Position position, absl::Time now) {
  ++added_events_;
  Write(ParkedEntryKey(prefix_, key, position), EncodeParkedEvent(prefix_, key, NewEvent(now)));
}

void ParkedKeys::Fail(const std::string& key, const absl::Status& why, absl::Time retry_at) {
  Sequence& sequence = sequences_.at(key);
  ++sequence.attempts;
  SetRetry(key, sequence, retry_at);
  WriteFailure(key, sequence, why);
}

void ParkedKeys::Release(const std::string& key, const std::optional<Event>& next, absl::Time now) {
  const auto it = sequences_.find(key);
  Sequence& sequence = it->second;
  --added_events_;
  ++released_events_;
  Write(ParkedEntryKey(prefix_, key, sequence.first), std::nullopt);
  if (next.has_value()) {
    sequence.first = next->position;
    sequence.parked_at = next->parked_at;
    sequence.attempts = 0;
    SetRetry(key, sequence, now);
    return;
  }
  SetRetry(key, sequence, absl::InfiniteFuture());
  key_bytes_ -= key.size() + kSequenceBytes;
  sequences_.erase(it);
}

absl::StatusOr<std::vector<ParkedKeys::Event>> ParkedKeys::Read(const std::string& key,
                                                                size_t limit,
                                                                const StoreReader& reader) const {
  const Position first = sequences_.at(key).first;
  std::map<Position, absl::Time> events;
  const auto add = [&events](const ParkedEntry& entry) {
    events[entry.position] = absl::FromUnixMicros(entry.event.parked_micros());
  };
  // From the first on nothing was deleted: what left, left in order.
  DAYBOOK_RETURN_IF_ERROR(
      VisitParkedEntries(reader, table_, prefix_, key, first, [&](const ParkedEntry& entry) {
        add(entry);
        return events.size() < limit;
      }));
  // Those that are not stored yet come after them, but for the first, of which a new error may be
  // to be written.
  const std::string until = *AfterPrefix(ParkedKeyPrefix(prefix_, key));
  for (const auto* writes : {&flushing_, &changed_}) {
    for (auto it = writes->lower_bound(ParkedEntryKey(prefix_, key, first));
         it != writes->end() && it->first < until; ++it) {
      if (!it->second.has_value()) continue;
      DAYBOOK_ASSIGN_OR_RETURN(const ParkedEntry entry,
                               ParseParkedEntry(prefix_, it->first, *it->second));
      add(entry);
    }
  }
  std::vector<Event> read;
  for (const auto& [position, parked_at] : events) {
    if (read.size() == limit) break;
    read.push_back({position, parked_at});
  }
  return read;
}

absl::Time ParkedKeys::NextRetry() const {
  return retries_.empty() ? absl::InfiniteFuture() : retries_.begin()->first;
}

std::optional<std::string> ParkedKeys::Due(absl::Time now) const {
  if (NextRetry() > now) return std::nullopt;
  return retries_.begin()->second;
}

void ParkedKeys::SetRetry(const std::string& key, Sequence& sequence, absl::Time retry_at) {
  if (sequence.retry_at < absl::InfiniteFuture()) retries_.erase({sequence.retry_at, key});
  sequence.retry_at = retry_at;
  if (retry_at < absl::InfiniteFuture()) retries_.emplace(retry_at, key);
}

void ParkedKeys::Write(std::string entry_key, std::optional<std::string> value) {
  changed_bytes_ += kWriteBytes + entry_key.size() + (value.has_value() ? value->size() : 0);
  changed_.insert_or_assign(std::move(entry_key), std::move(value));
}

void ParkedKeys::WriteFailure(const std::string& key, const Sequence& sequence,
                              const absl::Status& why) {
  v1::ParkedEvent event = NewEvent(sequence.parked_at);
  event.set_attempts(sequence.attempts);
  SetFailure(why, &event);
  Write(ParkedEntryKey(prefix_, key, sequence.first),
        EncodeParkedEvent(prefix_, key, std::move(event)));
}

void ParkedKeys::Flush(WriteEntry write) {
  for (const auto& [key, value] : changed_) write(key, value);
  flushing_ = std::exchange(changed_, {});
  changed_bytes_ = 0;
}

void ParkedKeys::FlushDone(bool stored) {
  if (!stored) {
    for (auto& [key, value] : flushing_) {
      if (changed_.count(key) == 0) Write(key, std::move(value));
    }
  }
  flushing_.clear();
}

}  // namespace daybook::internal
