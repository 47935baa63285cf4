#include "row_layout.h"

#include <map>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace daybook::internal {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

void Describe(const Descriptor* message, std::set<const Descriptor*>* seen, std::string* text) {
  if (!seen->insert(message).second) return;
  absl::StrAppend(text, "message ", message->full_name(), "\n");
  for (int i = 0; i < message->field_count(); ++i) {
    const FieldDescriptor* field = message->field(i);
    absl::StrAppend(text, field->number(), " ", field->name(), " ", field->type_name(), " ",
                    static_cast<int>(field->label()), field->has_presence() ? " presence" : "",
                    field->message_type() ? field->message_type()->full_name() : "", "\n");
  }
  for (int i = 0; i < message->field_count(); ++i) {
    if (const Descriptor* inner = message->field(i)->message_type()) Describe(inner, seen, text);
  }
}

// The line of each field, by its message and number.
using Fields = std::map<std::pair<std::string, std::string>, std::string>;

Fields FieldsOf(absl::string_view layout) {
  Fields fields;
  std::string message;
  for (absl::string_view line : absl::StrSplit(layout, '\n', absl::SkipEmpty())) {
    if (absl::StartsWith(line, "message ")) {
      message = std::string(line);
    } else {
      const std::pair<std::string, std::string> number =
          absl::StrSplit(line, absl::MaxSplits(' ', 1));
      fields[{message, number.first}] = number.second;
    }
  }
  return fields;
}

absl::string_view FirstLine(absl::string_view layout) {
  return layout.substr(0, layout.find('\n'));
}

}  // namespace

std::string RowLayout(const Descriptor* row) {
  std::string text;
  std::set<const Descriptor*> seen;
  Describe(row, &seen, &text);
  return text;
}

bool ReadableAs(absl::string_view old, absl::string_view current) {
  if (old.empty() || FirstLine(old) != FirstLine(current)) return false;
  const Fields known = FieldsOf(current);
  for (const auto& [number, field] : FieldsOf(old)) {
    const auto same = known.find(number);
    if (same != known.end() && same->second != field) return false;
  }
  return true;
}

}  // namespace daybook::internal
