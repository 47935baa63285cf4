#include "text_diff.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/text_format.h"

namespace daybook::internal {

std::string MessageText(const google::protobuf::Message& message) {
  google::protobuf::TextFormat::Printer printer;
  printer.SetInitialIndentLevel(1);
  std::string fields;
  printer.PrintToString(message, &fields);
  const std::string& name = message.GetDescriptor()->full_name();
  return fields.empty() ? absl::StrCat(name, " {}\n") : absl::StrCat(name, " {\n", fields, "}\n");
}

std::string MessageLine(const google::protobuf::Message& message) {
  return absl::StrCat(message.GetDescriptor()->full_name(), " {", message.ShortDebugString(), "}");
}

std::string DiffLines(absl::string_view expected, absl::string_view actual) {
  const std::vector<absl::string_view> a =
      absl::StrSplit(absl::StripSuffix(expected, "\n"), '\n', absl::SkipEmpty());
  const std::vector<absl::string_view> b =
      absl::StrSplit(absl::StripSuffix(actual, "\n"), '\n', absl::SkipEmpty());
  // common[i][j]: the length of the longest common subsequence of a[i..] and b[j..].
  std::vector<std::vector<size_t>> common(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = a.size(); i-- > 0;) {
    for (size_t j = b.size(); j-- > 0;) {
      common[i][j] =
          a[i] == b[j] ? common[i + 1][j + 1] + 1 : std::max(common[i + 1][j], common[i][j + 1]);
    }
  }
  std::string text;
  size_t i = 0, j = 0;
  while (i < a.size() || j < b.size()) {
    if (i < a.size() && j < b.size() && a[i] == b[j]) {
      absl::StrAppend(&text, "    ", a[i], "\n");
      ++i, ++j;
    } else if (j == b.size() || (i < a.size() && common[i + 1][j] >= common[i][j + 1])) {
      absl::StrAppend(&text, "  - ", a[i++], "\n");
    } else {
      absl::StrAppend(&text, "  + ", b[j++], "\n");
    }
  }
  return text;
}

}  // namespace daybook::internal
