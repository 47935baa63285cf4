#include "daybook/core/stream_name.h"

#include "daybook/core/errors.h"
#include "daybook/core/limits.h"
#include "utf8.h"

namespace daybook {
namespace {

// What could break a line, or make a name read as another one, where names are shown.
absl::string_view ForbiddenClass(int32_t c) {
  if (c < 0x20 || (c >= 0x7f && c <= 0x9f)) return "no control characters";
  if (c == 0x2028 || c == 0x2029) return "no line breaks";
  if ((c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069)) {
    return "no characters that override the direction of text";
  }
  return {};
}

absl::Status ValidateName(absl::string_view name, absl::string_view field, size_t max_bytes) {
  if (name.empty()) return InvalidFieldError(field, "at least 1 byte");
  if (name.size() > max_bytes) {
    return InvalidFieldError(field, absl::StrCat("at most ", max_bytes, " bytes"));
  }
  while (!name.empty()) {
    const int32_t c = internal::TakeCodePoint(&name);
    if (c < 0) return InvalidFieldError(field, "valid UTF-8");
    const absl::string_view rule = ForbiddenClass(c);
    if (!rule.empty()) return InvalidFieldError(field, rule);
  }
  return absl::OkStatus();
}

absl::Status ValidateUserName(absl::string_view name, absl::string_view field, size_t max_bytes) {
  if (!name.empty() && name[0] == '$') {
    return InvalidFieldError(field, "no leading '$': such names are the store's own");
  }
  return ValidateName(name, field, max_bytes);
}

}  // namespace

absl::Status ValidateStreamName(absl::string_view name, absl::string_view field) {
  return ValidateUserName(name, field, kMaxStreamNameBytes);
}

absl::Status ValidateTypeName(absl::string_view name, absl::string_view field) {
  return ValidateUserName(name, field, kMaxTypeNameBytes);
}

absl::Status ValidateTableName(absl::string_view name, absl::string_view field) {
  return ValidateName(name, field, kMaxTableNameBytes);
}

}  // namespace daybook
