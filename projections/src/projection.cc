#include "daybook/projections/projection.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "daybook/core/errors.h"
#include "daybook/core/stream_name.h"
#include "index_table.h"
#include "row_layout.h"

namespace daybook {
namespace {

using google::protobuf::Descriptor;

Uuid Fingerprint(uint32_t revision, std::vector<std::string> categories,
                 const std::vector<HandledEvent>& handled, const std::vector<PastEvent>& past,
                 const Descriptor* row, const std::vector<RowIndex>& indexes) {
  std::string text = absl::StrCat("revision ", revision, "\n");
  std::sort(categories.begin(), categories.end());
  for (const std::string& category : categories)
    absl::StrAppend(&text, "category ", category, "\n");
  std::set<std::string> types;
  for (const HandledEvent& event : handled) types.insert(event.type);
  for (const std::string& type : types) absl::StrAppend(&text, "event ", type, "\n");
  text += DescribeUpcasts(past);
  text += internal::RowLayout(row);
  text += internal::IndexLayout(indexes);
  return Uuid::Derive(text);
}

}  // namespace

namespace internal {

absl::Status RowKeyTooLong(size_t bytes) {
  return InvalidFieldError("row.key",
                           absl::StrCat("at most ", kMaxRowKeyBytes, " bytes; it has ", bytes));
}

absl::Status RowTooLarge(absl::string_view key, size_t bytes) {
  return InvalidFieldError("row", absl::StrCat("at most ", kMaxRowBytes, " bytes; the row of \"",
                                               absl::CHexEscape(key), "\" has ", bytes));
}

absl::Status ParseRow(absl::string_view key, absl::string_view bytes,
                      google::protobuf::MessageLite* row) {
  if (row->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return absl::OkStatus();
  return RowDamaged(key);
}

absl::Status RowDamaged(absl::string_view key) {
  return DamageError("row", Position::Start(),
                     absl::StrCat("the row of \"", absl::CHexEscape(key), "\" does not parse"));
}

}  // namespace internal

absl::string_view LifecycleName(Lifecycle lifecycle) {
  switch (lifecycle) {
    case Lifecycle::kInline:
      return "inline";
    case Lifecycle::kAsync:
      return "async";
    case Lifecycle::kLive:
      return "live";
  }
  return "";
}

absl::string_view ViewStateName(ViewState state) {
  switch (state) {
    case ViewState::kCatchingUp:
      return "catching up";
    case ViewState::kLive:
      return "live";
    case ViewState::kPromoted:
      return "promoted";
    case ViewState::kStopped:
      return "stopped";
    case ViewState::kStale:
      return "stale";
  }
  return "";
}

absl::string_view GenerationStateName(GenerationState state) {
  switch (state) {
    case GenerationState::kServing:
      return "serving";
    case GenerationState::kBuilding:
      return "building";
    case GenerationState::kPaused:
      return "paused";
    case GenerationState::kKept:
      return "kept";
    case GenerationState::kDropping:
      return "dropping";
  }
  return "";
}

ProjectionDefinition::ProjectionDefinition(absl::string_view name, uint32_t revision,
                                           std::vector<std::string> categories,
                                           std::vector<HandledEvent> handled,
                                           std::vector<PastEvent> past, const Descriptor* row,
                                           NewFold new_fold, std::vector<RowIndex> indexes,
                                           ReadIndexValues index_values)
    : name_(name),
      categories_(std::move(categories)),
      handled_(std::move(handled)),
      past_(std::move(past)),
      row_(row),
      indexes_(std::move(indexes)),
      fingerprint_(Fingerprint(revision, categories_, handled_, past_, row, indexes_)),
      new_fold_(new_fold),
      index_values_(index_values) {}

bool ProjectionDefinition::ReadsCategoryOf(absl::string_view stream) const {
  const absl::string_view category = CategoryOf(stream);
  for (const std::string& mine : categories_) {
    if (mine == category) return true;
  }
  return false;
}

}  // namespace daybook
