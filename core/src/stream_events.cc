#include "stream_events.h"

#include <algorithm>
#include <string>

#include "daybook/core/errors.h"
#include "daybook/core/status_macros.h"
#include "record.h"

namespace daybook::internal {
namespace {

// Events are looked up together: as many as RocksDB takes at once.
constexpr size_t kMostTogether = 32;
// A step of an iterator costs about a sixth of a look-up.
constexpr uint64_t kStepsForALookUp = 6;

uint64_t Distance(uint64_t a, uint64_t b) {
  return a < b ? b - a : a - b;
}

absl::Status IsMissing(uint64_t sequence) {
  return DamageError("event", Position(sequence), "it is not in the log");
}

}  // namespace

absl::StatusOr<std::vector<RecordedEvent>> StreamEvents::Load(absl::Span<const uint64_t> sequences,
                                                              size_t max_bytes) {
  events_.reserve(sequences.size());
  while (!sequences.empty() && bytes_ < max_bytes) {
    const bool close =
        Distance(sequences.front(), sequences.back()) < sequences.size() * kStepsForALookUp;
    const auto next = close ? sequences : sequences.first(NextCount(sequences.size(), max_bytes));
    DAYBOOK_RETURN_IF_ERROR(close ? AddOnTheWay(next, max_bytes) : AddEach(next, max_bytes));
    sequences.remove_prefix(next.size());
  }
  return std::move(events_);
}

// As many as may be wanted, by what the ones so far have taken.
size_t StreamEvents::NextCount(size_t left, size_t max_bytes) const {
  size_t count = std::min(left, kMostTogether);
  if (bytes_ > 0) {
    const size_t average = bytes_ / events_.size() + 1;
    count = std::min(count, (max_bytes - bytes_) / average + 1);
  }
  return count;
}

absl::Status StreamEvents::AddEach(absl::Span<const uint64_t> sequences, size_t max_bytes) {
  std::vector<FixedKey<8>> keys;
  for (const uint64_t sequence : sequences) keys.push_back(LogKey(sequence));
  const std::vector<absl::string_view> views(keys.begin(), keys.end());
  DAYBOOK_ASSIGN_OR_RETURN(auto values, kv_.MultiGet(snapshot_.get(), Family::kLog, views));
  for (size_t i = 0; i < values.size() && bytes_ < max_bytes; ++i) {
    if (!values[i].has_value()) return IsMissing(sequences[i]);
    storage_.values.push_back(*std::move(values[i]));
    DAYBOOK_RETURN_IF_ERROR(Add(sequences[i], storage_.values.back().view()));
  }
  return absl::OkStatus();
}

absl::Status StreamEvents::AddOnTheWay(absl::Span<const uint64_t> sequences, size_t max_bytes) {
  const bool forwards = sequences.front() <= sequences.back();
  const auto [least, greatest] = std::minmax(sequences.front(), sequences.back());
  const auto it = kv_.NewIterator(snapshot_, Family::kLog,
                                  {.lower = std::string(absl::string_view(LogKey(least))),
                                   .upper = std::string(absl::string_view(LogKey(greatest + 1)))});
  it->Seek(LogKey(sequences.front()));
  for (const uint64_t sequence : sequences) {
    if (bytes_ >= max_bytes) break;
    const FixedKey<8> key = LogKey(sequence);
    while (it->Valid() && (forwards ? it->key() < key : it->key() > key)) {
      forwards ? it->Next() : it->Prev();
    }
    if (!it->Valid() || it->key() != key) {
      DAYBOOK_RETURN_IF_ERROR(it->status());
      return IsMissing(sequence);
    }
    DAYBOOK_RETURN_IF_ERROR(Add(sequence, storage_.arena.Copy(it->value())));
  }
  return absl::OkStatus();
}

absl::Status StreamEvents::Add(uint64_t sequence, absl::string_view value) {
  DAYBOOK_ASSIGN_OR_RETURN(const RecordView record, RecordView::Parse(sequence, value));
  if (record.stream() != stream_) {
    return DamageError("stream index", Position(sequence), "it names another stream's event");
  }
  events_.push_back(record.ToEvent());
  bytes_ += value.size();
  return absl::OkStatus();
}

}  // namespace daybook::internal
