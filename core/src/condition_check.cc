#include "condition_check.h"

#include <algorithm>

#include "daybook/core/errors.h"
#include "daybook/core/metadata.h"
#include "daybook/core/status_macros.h"

namespace daybook::internal {
void ConditionCheck::NoteTag(absl::string_view tag, uint64_t sequence) {
  if (uint64_t* const known = newest_.Find(tag); known != nullptr) {
    *known = sequence;
  } else if (tag.size() <= kMostTagBytes) {
    newest_.Put(std::string(tag), sequence);
  }
}

absl::StatusOr<std::optional<uint64_t>> ConditionCheck::FindMatch(const EventQuery& query,
                                                                  uint64_t after, const Log& log) {
  if (after >= log.tip) return std::nullopt;
  if (query.empty()) return log.tip;
  for (const QueryItem& item : query) {
    DAYBOOK_ASSIGN_OR_RETURN(const std::optional<uint64_t> found, FindMatchOf(item, after, log));
    if (found.has_value()) return found;
  }
  return std::nullopt;
}

absl::StatusOr<std::optional<uint64_t>> ConditionCheck::FindMatchOf(const QueryItem& item,
                                                                    uint64_t after,
                                                                    const Log& log) {
  const ItemMatch match(item, names_);
  if (match.is_never()) return std::nullopt;
  if (!item.tags.empty()) return FindTagged(match, after, log);
  if (item.types.empty()) return log.tip;
  return FindOfTypes(match.types(), after, log);
}

absl::StatusOr<std::optional<uint64_t>> ConditionCheck::FindOfTypes(absl::Span<const TypeId> types,
                                                                    uint64_t after,
                                                                    const Log& log) {
  if (after < seen_after_) {
    DAYBOOK_RETURN_IF_ERROR(log.write_pending());
    DAYBOOK_RETURN_IF_ERROR(
        ForEach(after, seen_after_, [this](const RecordView& record) -> absl::StatusOr<bool> {
          uint64_t& newest = types_[record.type()];
          newest = std::max(newest, record.sequence());
          return true;
        }));
    seen_after_ = after;
  }
  for (const TypeId type : types) {
    if (const auto newest = types_.find(type); newest != types_.end() && newest->second > after) {
      return newest->second;
    }
  }
  return std::nullopt;
}

absl::StatusOr<std::optional<uint64_t>> ConditionCheck::FindTagged(const ItemMatch& item,
                                                                   uint64_t after, const Log& log) {
  std::optional<uint64_t> found;
  // What is older than the index.
  const auto match = [&](const RecordView& record) -> absl::StatusOr<bool> {
    if (item.Matches(record)) found = record.sequence();
    return !found.has_value();
  };
  DAYBOOK_RETURN_IF_ERROR(ForEach(after, log.tags.complete_after, match));
  if (found.has_value()) return found;
  for (const std::string& tag : item.tags()) {
    DAYBOOK_ASSIGN_OR_RETURN(const uint64_t newest, NewestOf(tag, log));
    if (newest <= after) return std::nullopt;
  }
  // Each tag has events that are newer; whether one event has them all, they tell themselves.
  DAYBOOK_RETURN_IF_ERROR(log.write_pending());
  TaggedPositions positions(kv_, nullptr, log.tags.id, {item.tags()}, Direction::kForwards);
  uint64_t next = std::max(after, log.tags.complete_after) + 1;
  while (true) {
    DAYBOOK_ASSIGN_OR_RETURN(const std::optional<uint64_t> at, positions.Seek(next));
    if (!at.has_value()) return std::nullopt;
    DAYBOOK_ASSIGN_OR_RETURN(const auto value, kv_.Get(nullptr, Family::kLog, LogKey(*at)));
    if (!value.has_value()) return DamageError("event", Position(*at), "it is not in the log");
    DAYBOOK_ASSIGN_OR_RETURN(const RecordView record, RecordView::Parse(*at, value->view()));
    if (item.Matches(record)) return at;
    next = *at + 1;
  }
}

absl::StatusOr<uint64_t> ConditionCheck::NewestOf(const std::string& tag, const Log& log) {
  if (const uint64_t* const known = newest_.Find(tag); known != nullptr) return *known;
  DAYBOOK_RETURN_IF_ERROR(log.write_pending());
  DAYBOOK_ASSIGN_OR_RETURN(const uint64_t newest, NewestTagged(kv_, log.tags.id, tag));
  if (tag.size() <= kMostTagBytes) newest_.Put(tag, newest);
  return newest;
}

absl::StatusOr<bool> ConditionCheck::AnyTagged(uint64_t until) const {
  bool any = false;
  DAYBOOK_RETURN_IF_ERROR(
      ForEach(0, until, [&any](const RecordView& record) -> absl::StatusOr<bool> {
        any = MetadataView(record.metadata()).HasTags();
        return !any;
      }));
  return any;
}

absl::Status ConditionCheck::ForEach(uint64_t after, uint64_t until, VisitRecord visit) const {
  if (after >= until) return absl::OkStatus();
  auto it = kv_.NewIterator(nullptr, Family::kLog,
                            {.lower = std::string(absl::string_view(LogKey(after + 1))),
                             .upper = std::string(absl::string_view(LogKey(until + 1)))});
  it->Seek(LogKey(after + 1));
  for (uint64_t sequence = after + 1; sequence <= until; ++sequence, it->Next()) {
    if (!it->Valid() || it->key() != LogKey(sequence)) {
      DAYBOOK_RETURN_IF_ERROR(it->status());
      return DamageError("event", Position(sequence), "it is not in the log");
    }
    DAYBOOK_ASSIGN_OR_RETURN(const RecordView record, RecordView::Parse(sequence, it->value()));
    DAYBOOK_ASSIGN_OR_RETURN(const bool more, visit(record));
    if (!more) return absl::OkStatus();
  }
  return absl::OkStatus();
}

}  // namespace daybook::internal
