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

// OK when `name` may be appended to: 1 to kMaxStreamNameBytes bytes of strictly valid UTF-8, with
// none of the characters that could break a line or make a name read as another one where it is
// shown (controls U+0000 to U+001F and U+007F to U+009F, separators U+2028 and U+2029, direction
// overrides U+202A to U+202E and U+2066 to U+2069), and no leading '$' (those are the store's own).
// Otherwise InvalidArgument with an InvalidField of `field` and the rule broken.
//
// Names are compared byte by byte: two forms of the same letter (NFC, NFD) are two names.
absl::Status ValidateStreamName(absl::string_view name, absl::string_view field = "stream");

// The same rules for the name of an event's type, with its limit.
absl::Status ValidateTypeName(absl::string_view name, absl::string_view field = "type");

// The same for the name of a table, where a leading '$' marks those of Daybook's own rooms.
absl::Status ValidateTableName(absl::string_view name, absl::string_view field = "table");

}  // namespace daybook

#endif  // DAYBOOK_CORE_STREAM_NAME_H_
