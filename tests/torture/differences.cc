#include "differences.h"

#include "daybook/core/errors.h"

namespace daybook {

std::string Ranges(const std::vector<StreamRange>& ranges) {
  std::string text;
  for (const StreamRange& range : ranges) {
    absl::StrAppend(&text, range.stream, "@", range.first_version, "-", range.last_version, " ");
  }
  return text;
}

std::string CompareStatus(const absl::Status& found, const absl::Status& expected) {
  if (found.code() != expected.code()) {
    return absl::StrCat("the store says ", found.ToString(), ", should be ", expected.ToString());
  }
  const auto field = ErrorPayload<v1::InvalidField>(found);
  const auto expected_field = ErrorPayload<v1::InvalidField>(expected);
  const auto tombstone = ErrorPayload<v1::StreamTombstoned>(found);
  const auto expected_tombstone = ErrorPayload<v1::StreamTombstoned>(expected);
  return First({Differ("field", field.has_value() ? field->field() : "",
                       expected_field.has_value() ? expected_field->field() : ""),
                Differ("tombstone", tombstone.has_value() ? tombstone->stream() : "",
                       expected_tombstone.has_value() ? expected_tombstone->stream() : "")});
}

std::string First(std::initializer_list<std::string> differences) {
  for (const std::string& difference : differences) {
    if (!difference.empty()) return difference;
  }
  return "";
}

}  // namespace daybook
