#include "row_comparison.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "daybook/core/status_macros.h"
#include "google/protobuf/message.h"
#include "google/protobuf/text_format.h"

namespace daybook::internal {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr size_t kRowsPerStep = 1000;
constexpr size_t kBytesPerStep = size_t{1} << 20;

std::string FieldText(const Message& message, const FieldDescriptor* field) {
  google::protobuf::TextFormat::Printer printer;
  printer.SetSingleLineMode(true);
  std::string text;
  std::string value;
  if (field->is_repeated()) {
    for (int i = 0; i < message.GetReflection()->FieldSize(message, field); ++i) {
      printer.PrintFieldValueToString(message, field, i, &value);
      absl::StrAppend(&text, text.empty() ? "[" : ", ", value);
    }
    return text.empty() ? text : text + "]";
  }
  if (!message.GetReflection()->HasField(message, field)) return text;
  printer.PrintFieldValueToString(message, field, -1, &text);
  return text;
}

}  // namespace

std::vector<FieldDifference> CompareRows(const Descriptor* row,
                                         const std::optional<std::string>& before,
                                         const std::optional<std::string>& now) {
  const Message* prototype =
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(row);
  const std::unique_ptr<Message> old_row(prototype->New());
  const std::unique_ptr<Message> new_row(prototype->New());
  const FieldDifference bytes{"(bytes)", absl::StrCat(before.value_or("").size(), " bytes"),
                              absl::StrCat(now.value_or("").size(), " bytes")};
  if (!old_row->ParseFromString(before.value_or("")) ||
      !new_row->ParseFromString(now.value_or(""))) {
    return {bytes};
  }
  std::vector<FieldDifference> differences;
  for (int i = 0; i < row->field_count(); ++i) {
    FieldDifference difference{row->field(i)->name(), FieldText(*old_row, row->field(i)),
                               FieldText(*new_row, row->field(i))};
    if (difference.before != difference.now) differences.push_back(std::move(difference));
  }
  // Both are there, and differ in nothing that the message knows.
  if (differences.empty() && before.has_value() && now.has_value()) differences.push_back(bytes);
  return differences;
}

RowComparison::RowComparison(std::shared_ptr<const StoreReader> reader, TableId before, TableId now,
                             size_t max_differences)
    : reader_(std::move(reader)), before_(before), now_(now), max_differences_(max_differences) {}

absl::StatusOr<RowComparison::Rows> RowComparison::Read(TableId table) const {
  Rows rows;
  size_t bytes = 0;
  DAYBOOK_RETURN_IF_ERROR(reader_->ScanRows(table, {.from = from_, .limit = kRowsPerStep},
                                            [&](absl::string_view key, absl::string_view value) {
                                              rows.emplace_back(key, value);
                                              bytes += key.size() + value.size();
                                              return bytes < kBytesPerStep;
                                            }));
  return rows;
}

absl::StatusOr<bool> RowComparison::Step() {
  DAYBOOK_ASSIGN_OR_RETURN(const Rows before, Read(before_));
  DAYBOOK_ASSIGN_OR_RETURN(const Rows now, Read(now_));
  if (before.empty() && now.empty()) return false;
  // Each may end early; a table that has nothing left does not bound the other.
  std::string last = before.empty() ? now.back().first : before.back().first;
  if (!before.empty() && !now.empty()) last = std::min(last, now.back().first);
  auto old_row = before.begin();
  auto new_row = now.begin();
  while (true) {
    const bool has_old = old_row != before.end() && old_row->first <= last;
    const bool has_new = new_row != now.end() && new_row->first <= last;
    if (!has_old && !has_new) break;
    const bool take_old = has_old && (!has_new || old_row->first <= new_row->first);
    const bool take_new = has_new && (!has_old || new_row->first <= old_row->first);
    ++compared_;
    if (!take_old || !take_new || old_row->second != new_row->second) {
      ++different_;
      if (differences_.size() < max_differences_) {
        Difference difference;
        difference.key = take_old ? old_row->first : new_row->first;
        if (take_old) difference.before = old_row->second;
        if (take_new) difference.now = new_row->second;
        differences_.push_back(std::move(difference));
      }
    }
    if (take_old) ++old_row;
    if (take_new) ++new_row;
  }
  from_ = last + '\0';
  return true;
}

}  // namespace daybook::internal
