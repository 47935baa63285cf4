// What stands in the store, or in what was added and is not yet written.
#include "absl/strings/str_cat.h"
#include "commit_builder.h"
#include "daybook/core/errors.h"
#include "daybook/core/status_macros.h"
#include "record.h"

namespace daybook::internal {
namespace {

absl::StatusOr<uint64_t> DecodePosition(absl::string_view bytes, absl::string_view what) {
  uint64_t sequence = 0;
  if (!ConsumeVarint(&bytes, &sequence) || !bytes.empty()) {
    return DamageError(what, Position(), "an entry holds no position");
  }
  return sequence;
}

}  // namespace

absl::StatusOr<CommitBuilder::Head> CommitBuilder::FindHead(absl::string_view stream) {
  if (const Head* cached = heads_.Find(stream)) return *cached;
  DAYBOOK_ASSIGN_OR_RETURN(const v1::StreamLifecycle lifecycle, FindLifecycle(stream));
  Head head;
  head.began = lifecycle.metadata().deleted_before();
  head.tombstoned = lifecycle.metadata().tombstoned();
  // What readers know is the newest.
  if (const std::optional<StreamHead> known = readers_heads_->Find(stream)) {
    head.id = known->id;
    head.next_version = known->version + 1;
    heads_.Put(std::string(stream), head);
    return head;
  }
  DAYBOOK_ASSIGN_OR_RETURN(const auto id, kv_->Get(nullptr, Family::kMeta, StreamNameKey(stream)));
  if (!id.has_value()) return head;
  if (id->view().size() != sizeof(StreamId)) {
    return DamageError("dictionary", Position(), absl::StrCat("stream ", stream, " has no id"));
  }
  head.id = LoadBig<StreamId>(id->view().data());
  auto it = kv_->NewIterator(nullptr, Family::kStreams,
                             {.lower = std::string(absl::string_view(StreamKey(head.id, 0))),
                              .upper = std::string(absl::string_view(StreamKey(head.id + 1, 0)))});
  it->SeekForPrev(StreamKey(head.id, ~uint64_t{0}));
  DAYBOOK_RETURN_IF_ERROR(it->status());
  if (!it->Valid() || it->key().size() != 16) {
    return DamageError("stream index", Position(), absl::StrCat("stream ", stream, " is empty"));
  }
  head.next_version = LoadBig<uint64_t>(it->key().data() + 8) + 1;
  heads_.Put(std::string(stream), head);
  return head;
}

absl::StatusOr<CommitBuilder::Category> CommitBuilder::FindCategory(absl::string_view name) {
  if (const Category* cached = categories_.Find(name)) return *cached;
  DAYBOOK_ASSIGN_OR_RETURN(const auto id, kv_->Get(nullptr, Family::kMeta, CategoryNameKey(name)));
  if (!id.has_value()) return Category{};
  if (id->view().size() != sizeof(uint32_t)) {
    return DamageError("dictionary", Position(), absl::StrCat("category ", name, " has no id"));
  }
  Category category;
  category.id = LoadBig<uint32_t>(id->view().data());
  auto it = kv_->NewIterator(nullptr, Family::kMeta, {.lower = "n", .upper = "o"});
  it->SeekForPrev(StreamIdKey(MakeStreamId(category.id, ~uint32_t{0})));
  DAYBOOK_RETURN_IF_ERROR(it->status());
  if (it->Valid() && it->key().size() == 9) {
    const auto last = LoadBig<StreamId>(it->key().data() + 1);
    if (CategoryIdOf(last) == category.id) category.next_number = NumberOf(last) + 1;
  }
  categories_.Put(std::string(name), category);
  return category;
}

absl::StatusOr<std::optional<uint64_t>> CommitBuilder::FindEvent(const EventId& id) {
  if (auto it = batch_ids_.find(id); it != batch_ids_.end()) return it->second;
  DAYBOOK_ASSIGN_OR_RETURN(const auto entry, kv_->Get(nullptr, Family::kIds, IdKey(id)));
  if (!entry.has_value()) return std::nullopt;
  return DecodePosition(entry->view(), "id index");
}

absl::StatusOr<std::optional<std::string>> CommitBuilder::FindRow(absl::string_view row_key) {
  if (auto it = batch_rows_.find(row_key); it != batch_rows_.end()) return it->second;
  DAYBOOK_ASSIGN_OR_RETURN(const auto row, kv_->Get(nullptr, Family::kRows, row_key));
  if (!row.has_value()) return std::nullopt;
  return std::string(row->view());
}

absl::StatusOr<v1::StreamLifecycle> CommitBuilder::FindLifecycle(absl::string_view stream) {
  if (lifecycles_->table() == 0) return v1::StreamLifecycle();
  DAYBOOK_ASSIGN_OR_RETURN(const std::optional<std::string> row,
                           FindRow(RowKey(lifecycles_->table(), stream)));
  if (!row.has_value()) return v1::StreamLifecycle();
  return ParseLifecycle(stream, *row);
}

absl::StatusOr<std::optional<AppendResult>> CommitBuilder::FindDuplicate(const Request& request) {
  std::vector<uint64_t> positions;
  size_t unknown = 0;
  for (const PreparedAppend& append : request.appends) {
    for (const PreparedEvent& event : append.events) {
      if (!event.id_given) {
        ++unknown;
        continue;
      }
      DAYBOOK_ASSIGN_OR_RETURN(const std::optional<uint64_t> found, FindEvent(event.id));
      if (found.has_value()) {
        positions.push_back(*found);
      } else {
        ++unknown;
      }
    }
  }
  if (positions.empty()) return std::nullopt;
  if (unknown > 0) {
    return InvalidFieldError(
        "commit.appends.events.id",
        absl::StrCat("must be all new or all known, but ", positions.size(), " of ",
                     positions.size() + unknown, " were appended before"));
  }
  DAYBOOK_ASSIGN_OR_RETURN(AppendResult first, FirstAppend(request, positions));
  return first;
}

absl::StatusOr<AppendResult> CommitBuilder::FirstAppend(const Request& request,
                                                        const std::vector<uint64_t>& positions) {
  if (!batch_.empty()) DAYBOOK_RETURN_IF_ERROR(WriteTo(&written_early_));
  AppendResult result;
  result.duplicate = true;
  result.first = Position(positions.front());
  result.last = Position(positions.back());
  size_t next = 0;
  for (const PreparedAppend& append : request.appends) {
    if (append.events.empty()) continue;
    DAYBOOK_ASSIGN_OR_RETURN(const Head head, FindHead(append.stream));
    StreamRange range{append.stream, 0, 0};
    for (size_t i = 0; i < append.events.size(); ++i, ++next) {
      const uint64_t sequence = positions[next];
      DAYBOOK_ASSIGN_OR_RETURN(const auto value, kv_->Get(nullptr, Family::kLog, LogKey(sequence)));
      if (!value.has_value()) {
        return DamageError("event", Position(sequence), "it is not in the log");
      }
      DAYBOOK_ASSIGN_OR_RETURN(const RecordView record, RecordView::Parse(sequence, value->view()));
      if (record.stream() != head.id || sequence != positions.front() + next) {
        return InvalidFieldError(
            "commit.appends.events.id",
            "must not be those of events that another commit appended elsewhere");
      }
      if (i == 0) range.first_version = record.version();
      range.last_version = record.version();
      result.recorded_time = absl::FromUnixMicros(record.recorded_micros());
    }
    result.streams.push_back(std::move(range));
  }
  return result;
}

}  // namespace daybook::internal
