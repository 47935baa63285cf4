// The name of a stream, and the rules that it keeps.
#ifndef DAYBOOK_CORE_STREAM_NAME_H_
#define DAYBOOK_CORE_STREAM_NAME_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace daybook {

// What stands before the first '-' of a stream's name; the whole name when it has none.
inline absl::string_view CategoryOf(absl::string_view stream) {
  return stream.substr(0, stream.find('-'));
}

// What stands after the first '-'; empty when there is none.
inline absl::string_view KeyOf(absl::string_view stream) {
  const size_t dash = stream.find('-');
  return dash == absl::string_view::npos ? absl::string_view() : stream.substr(dash + 1);
}

// The stream of `key` in `category`.
inline std::string StreamNameOf(absl::string_view category, absl::string_view key) {
  return absl::StrCat(category, "-", key);
}

// OK when `name` may be appended to: 1 to kMaxStreamNameBytes bytes of valid UTF-8 without control
// characters (so no NUL, no line break), and no leading '$' (those are the store's own).
// Otherwise InvalidArgument with an InvalidField of `field` and the rule broken.
absl::Status ValidateStreamName(absl::string_view name, absl::string_view field = "stream");

// The same rules for the name of an event's type and of a table, with their limits.
absl::Status ValidateTypeName(absl::string_view name, absl::string_view field = "type");

}  // namespace daybook

#endif  // DAYBOOK_CORE_STREAM_NAME_H_
