#include "stream_verifier.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "daybook/core/codec.h"
#include "daybook/core/errors.h"
#include "daybook/core/status_macros.h"

namespace daybook::internal {
namespace {

absl::Status Differs(uint64_t sequence, absl::string_view stream) {
  return DamageError("stream table", Position(sequence),
                     absl::StrCat("its row of stream ", stream, " is not what the event says"));
}

}  // namespace

absl::Status StreamVerifier::Add(const RecordView& record) {
  if (record.kind() == RecordKind::kStub) {
    Removed& removed = removed_[record.stream()];
    if (removed.before == record.version()) removed = {record.version() + 1, record.sequence()};
    return absl::OkStatus();
  }
  if ((record.flags() & kIntroducesStream) != 0 && IsMetadataStream(record.stream_name())) {
    subjects_.emplace(record.stream(), SubjectOf(record.stream_name()));
  }
  const auto subject = subjects_.find(record.stream());
  if (subject == subjects_.end()) return absl::OkStatus();
  metadata_[subject->second] = {std::string(record.body()), record.sequence()};
  return absl::OkStatus();
}

absl::Status StreamVerifier::Finish(const absl::flat_hash_map<StreamId, uint64_t>& next_versions) {
  DAYBOOK_ASSIGN_OR_RETURN(const auto id, kv_.Get(nullptr, Family::kMeta, TableKey(kStreamTable)));
  absl::flat_hash_map<std::string, v1::StreamLifecycle> rows;
  if (id.has_value()) {
    if (id->view().size() != sizeof(TableId)) {
      return DamageError("dictionary", Position(), "a table's id is malformed");
    }
    StreamLifecycles table;
    table.SetTable(LoadBig<TableId>(id->view().data()));
    DAYBOOK_RETURN_IF_ERROR(table.ForEach(
        kv_, nullptr, "",
        [&](absl::string_view stream, const v1::StreamLifecycle& row) -> absl::StatusOr<bool> {
          rows.emplace(stream, row);
          return true;
        }));
  }
  for (const auto& [stream, newest] : metadata_) {
    const auto row = rows.find(stream);
    const auto said = ParseMetadata(newest.payload, "payload");
    if (row == rows.end() || !said.ok() ||
        EncodeMessage(*said) != EncodeMessage(row->second.metadata())) {
      return Differs(newest.sequence, stream);
    }
  }
  for (const auto& [stream, removed] : removed_) {
    DAYBOOK_ASSIGN_OR_RETURN(const auto name, kv_.Get(nullptr, Family::kMeta, StreamIdKey(stream)));
    const std::string text(name.has_value() ? name->view() : absl::string_view());
    const auto row = rows.find(text);
    const uint64_t said = row == rows.end() ? 0 : row->second.removed_before();
    if (said != removed.before) return Differs(removed.sequence, text);
    // By its last entry a stream goes on.
    const uint64_t next = next_versions.at(stream);
    DAYBOOK_ASSIGN_OR_RETURN(const auto last, FindVersion(kv_, nullptr, stream, next - 1));
    if (!last.has_value()) {
      return DamageError("stream index", Position(removed.sequence),
                         absl::StrCat("it lacks the last version of stream ", text));
    }
    if (row != rows.end()) row->second.clear_removed_before();  // found true
  }
  for (const auto& [stream, row] : rows) {
    if (row.removed_before() > 0) {
      return DamageError(
          "stream table", Position(),
          absl::StrCat("it hides events of stream ", stream, ", which has them all"));
    }
    if (!metadata_.contains(stream) && row.has_metadata()) {
      return DamageError(
          "stream table", Position(),
          absl::StrCat("it has a row of stream ", stream, ", of which no event says anything"));
    }
  }
  return absl::OkStatus();
}

}  // namespace daybook::internal
