// Values of indexed fields as bytes whose order is that of the values: docs/formats/views.md.
// Generated code calls it; nobody else has to read it.
#ifndef DAYBOOK_PROTO_INDEX_VALUE_H_
#define DAYBOOK_PROTO_INDEX_VALUE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace google::protobuf {
class Timestamp;
}  // namespace google::protobuf

namespace daybook::internal {

// A number takes as many bytes as its type has, an enum four, a bool one, a time kIndexTimeBytes.
// Text ends itself, so that
// values stand one behind the other, and the order of such rows of values is that of the first in
// which two of them differ.
void AppendIndexValue(bool value, std::string* bytes);
void AppendIndexValue(int32_t value, std::string* bytes);
void AppendIndexValue(int64_t value, std::string* bytes);
void AppendIndexValue(uint32_t value, std::string* bytes);
void AppendIndexValue(uint64_t value, std::string* bytes);
void AppendIndexValue(absl::string_view value, std::string* bytes);
// To the nanosecond, cut off; one beyond what a Timestamp can hold is before or after all of them.
void AppendIndexValue(absl::Time value, std::string* bytes);
void AppendIndexValue(const google::protobuf::Timestamp& value, std::string* bytes);
template <typename Enum>
requires std::is_enum_v<Enum>
void AppendIndexValue(Enum value, std::string* bytes) {
  AppendIndexValue(static_cast<int32_t>(value), bytes);
}

inline constexpr size_t kIndexTimeBytes = 12;

// Takes a value that is `width` bytes long, or text where it is 0, off the front. False: there is
// none.
bool SkipIndexValue(size_t width, absl::string_view* bytes);

}  // namespace daybook::internal

#endif  // DAYBOOK_PROTO_INDEX_VALUE_H_
