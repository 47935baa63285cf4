// The tables of the store itself, which are kept with the commits: of tags and of streams.
#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "commit_builder.h"
#include "daybook/core/codec.h"
#include "daybook/core/errors.h"
#include "daybook/core/status_macros.h"
#include "record.h"

namespace daybook::internal {
namespace {

// So many events are read each time rather than all of them once.
constexpr uint64_t kShortStretch = 1'000;

}  // namespace

bool CommitBuilder::IsOwnTable(absl::string_view name) {
  return name == kTagTable || name == kStreamTable;
}

absl::Status CommitBuilder::CheckTable(absl::string_view field, TableId table) const {
  if (table == 0 || table > last_table_ || absl::c_linear_search(own_tables_, table)) {
    return InvalidFieldError(field, absl::StrCat("must be a table that was opened, is ", table));
  }
  return absl::OkStatus();
}

absl::Status CommitBuilder::OpenTags() {
  if (tags_.has_value()) return absl::OkStatus();
  DAYBOOK_ASSIGN_OR_RETURN(tags_, FindTagTable(*kv_, nullptr));
  if (tags_.has_value()) return absl::OkStatus();
  // In the write that makes the table: it is never there without.
  batch_.Put(Family::kRows, TagTableKey(last_table_ + 1), EncodePosition(mark_.tip));
  DAYBOOK_ASSIGN_OR_RETURN(const TableId id, AddTable(kTagTable));
  tags_ = TagTable{id, mark_.tip};
  return absl::OkStatus();
}

absl::Status CommitBuilder::CheckConditions(const Request& request) {
  const auto write_pending = [this]() -> absl::Status {
    return batch_.empty() ? absl::OkStatus() : WriteTo(&written_early_);
  };
  for (size_t i = 0; i < request.conditions.size(); ++i) {
    const AppendCondition& condition = request.conditions[i];
    const uint64_t after = condition.after.sequence();
    if (after > mark_.tip) {
      return InvalidFieldError(absl::StrCat("commit.conditions[", i, "].after"),
                               absl::StrCat("must be at most ", mark_.tip, ", the tip"));
    }
    // A store of many events without tags is read once for the sake of those that are older than
    // its index, and never again.
    if (after + kShortStretch < tags_->complete_after && !older_tags_known_ &&
        absl::c_any_of(condition.none_match,
                       [](const QueryItem& item) { return !item.tags.empty(); })) {
      DAYBOOK_RETURN_IF_ERROR(write_pending());
      DAYBOOK_ASSIGN_OR_RETURN(older_tags_known_, conditions_.AnyTagged(tags_->complete_after));
      if (!older_tags_known_) {
        tags_->complete_after = 0;
        batch_.Put(Family::kRows, TagTableKey(tags_->id), EncodePosition(0));
      }
    }
    DAYBOOK_ASSIGN_OR_RETURN(
        const std::optional<uint64_t> match,
        conditions_.FindMatch(condition.none_match, after, {mark_.tip, *tags_, write_pending}));
    if (match.has_value()) return ConditionFailedError(i, Position(*match));
  }
  return absl::OkStatus();
}

void CommitBuilder::AddTags(const PreparedEvent& event, uint64_t sequence) {
  for (const absl::string_view tag : MetadataView(event.metadata).Tags()) {
    batch_.Put(Family::kRows, TagEntryKey(tags_->id, tag, sequence), "");
    conditions_.NoteTag(tag, sequence);
  }
}

absl::Status CommitBuilder::OpenStreams() {
  if (lifecycles_->table() != 0) return absl::OkStatus();
  DAYBOOK_ASSIGN_OR_RETURN(const TableId id, AddTable(kStreamTable));
  lifecycles_->SetTable(id);
  return absl::OkStatus();
}

absl::Status CommitBuilder::CheckMetadata(const PreparedAppend& append) {
  constexpr absl::string_view kField = "commit.appends.events.payload";
  const absl::string_view stream = SubjectOf(append.stream);
  DAYBOOK_ASSIGN_OR_RETURN(const Head head, FindHead(stream));
  if (head.tombstoned) return TombstonedError(absl::StatusCode::kFailedPrecondition, stream);
  for (const PreparedEvent& event : append.events) {
    DAYBOOK_ASSIGN_OR_RETURN(const v1::StreamMetadata metadata,
                             ParseMetadata(event.payload, kField));
    if (metadata.deleted_before() < head.began) {
      return InvalidFieldError(absl::StrCat(kField, ".deleted_before"),
                               absl::StrCat("at least ", head.began, ", where the stream began"));
    }
    if (metadata.deleted_before() > head.next_version) {
      return InvalidFieldError(
          absl::StrCat(kField, ".deleted_before"),
          absl::StrCat("at most ", head.next_version, ", the version of the next event"));
    }
  }
  return absl::OkStatus();
}

absl::Status CommitBuilder::StageLifecycles(const Request& request) {
  for (size_t i = 0; i < request.appends.size(); ++i) {
    const PreparedAppend& append = request.appends[i];
    if (append.events.empty()) continue;
    const bool is_metadata = IsMetadataStream(append.stream);
    // Of the log of another store, where a scavenge was.
    const bool removes =
        request.as_recorded.has_value() &&
        absl::c_any_of(append.events, [](const PreparedEvent& event) { return event.removed; });
    if (!is_metadata && !removes) continue;
    const absl::string_view stream = is_metadata ? SubjectOf(append.stream) : append.stream;
    DAYBOOK_RETURN_IF_ERROR(OpenStreams());
    std::string key = RowKey(lifecycles_->table(), stream);
    v1::StreamLifecycle lifecycle;
    if (const auto staged = staged_rows_.find(key); staged != staged_rows_.end()) {
      DAYBOOK_ASSIGN_OR_RETURN(lifecycle, ParseLifecycle(stream, *staged->second));
    } else {
      DAYBOOK_ASSIGN_OR_RETURN(lifecycle, FindLifecycle(stream));
    }
    if (is_metadata) {
      DAYBOOK_ASSIGN_OR_RETURN(*lifecycle.mutable_metadata(),
                               ParseMetadata(append.events.back().payload, "payload"));
      staged_metadata_.emplace_back(stream, lifecycle.metadata());
    } else {
      uint64_t version = staged_heads_[i].next_version - append.events.size();
      for (const PreparedEvent& event : append.events) {
        if (event.removed && version == lifecycle.removed_before()) {
          lifecycle.set_removed_before(version + 1);
        }
        ++version;
      }
    }
    staged_rows_.insert_or_assign(std::move(key), EncodeMessage(lifecycle));
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> CommitBuilder::Remove(const Removal& removal) {
  DAYBOOK_ASSIGN_OR_RETURN(const Head head, FindHead(removal.stream));
  DAYBOOK_ASSIGN_OR_RETURN(v1::StreamLifecycle lifecycle, FindLifecycle(removal.stream));
  if (EncodeMessage(lifecycle) != EncodeMessage(removal.lifecycle)) return false;
  // What was the last one when it was removed, and kept its entry, need not be it any more.
  uint64_t version = removal.first_version;
  if (version > 0) batch_.Delete(Family::kStreams, StreamKey(removal.id, version - 1));
  for (const auto& [sequence, stub] : removal.stubs) {
    batch_.Put(Family::kLog, LogKey(sequence), stub);
    // By the last entry the stream's next version is known.
    if (++version < head.next_version) {
      batch_.Delete(Family::kStreams, StreamKey(removal.id, version - 1));
    }
  }
  lifecycle.set_removed_before(version);
  PutRow(RowKey(lifecycles_->table(), removal.stream), EncodeMessage(lifecycle));
  return true;
}

void CommitBuilder::MarkScavenge(const std::optional<v1::ScavengeMark>& mark) {
  std::string key = RowKey(lifecycles_->table(), "");
  if (mark.has_value()) return PutRow(std::move(key), EncodeMessage(*mark));
  batch_.Delete(Family::kRows, key);
  batch_rows_.insert_or_assign(std::move(key), std::nullopt);
}

void CommitBuilder::PutRow(std::string row_key, std::string value) {
  batch_.Put(Family::kRows, row_key, value);
  batch_rows_.insert_or_assign(std::move(row_key), std::move(value));
}

}  // namespace daybook::internal
