#include "daybook/proto/field_rules.h"

#include <regex.h>

#include <cstdint>

#include "absl/base/internal/raw_logging.h"
#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "daybook/proto/field_init.h"
#include "daybook/v1/errors.pb.h"

namespace daybook {

std::string FieldPath::ToString() const {
  std::string path = parent == nullptr ? std::string() : absl::StrCat(parent->ToString(), ".");
  absl::StrAppend(&path, name);
  if (index >= 0) absl::StrAppend(&path, "[", index, "]");
  return path;
}

namespace internal {

absl::Status BrokenRule(const FieldPath& field, absl::string_view rule) {
  daybook::v1::InvalidField payload;
  payload.set_field(field.ToString());
  payload.set_rule(std::string(rule));
  absl::Status status = absl::InvalidArgumentError(absl::StrCat(payload.field(), ": ", rule));
  status.SetPayload("type.googleapis.com/daybook.v1.InvalidField",
                    absl::Cord(payload.SerializeAsString()));
  return status;
}

bool IsUtf8(absl::string_view text) {
  const auto* at = reinterpret_cast<const unsigned char*>(text.data());
  const auto* const end = at + text.size();
  while (at < end) {
    if (*at < 0x80) {
      ++at;
      continue;
    }
    const int more = *at >= 0xf0 ? 3 : *at >= 0xe0 ? 2 : 1;
    if (*at < 0xc2 || *at > 0xf4 || end - at <= more) return false;
    // Overlong forms, surrogates, and what lies beyond U+10FFFF.
    if (*at == 0xe0 && at[1] < 0xa0) return false;
    if (*at == 0xed && at[1] > 0x9f) return false;
    if (*at == 0xf0 && at[1] < 0x90) return false;
    if (*at == 0xf4 && at[1] > 0x8f) return false;
    for (int i = 1; i <= more; ++i) {
      if ((at[i] & 0xc0) != 0x80) return false;
    }
    at += more + 1;
  }
  return true;
}

size_t CodePoints(absl::string_view text) {
  size_t count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  return count;
}

struct Pattern::Compiled {
  regex_t regex;
};

Pattern::Pattern(const char* expression) : compiled_(new Compiled) {
  if (regcomp(&compiled_->regex, expression, REG_EXTENDED | REG_NOSUB) != 0) {
    ABSL_RAW_LOG(FATAL, "pattern does not compile: %s", expression);
  }
}

Pattern::~Pattern() {
  regfree(&compiled_->regex);
  delete compiled_;
}

bool Pattern::Matches(absl::string_view text) const {
  // REG_STARTEND reads the bounds from the match, so that a NUL does not end the text.
  regmatch_t bounds;
  bounds.rm_so = 0;
  bounds.rm_eo = static_cast<regoff_t>(text.size());
  const char* data = text.data() == nullptr ? "" : text.data();
  return regexec(&compiled_->regex, data, 1, &bounds, REG_STARTEND) == 0;
}

void CheckOneof(int members_given, absl::string_view oneof) {
  if (members_given <= 1) return;
  ABSL_RAW_LOG(FATAL, "%d members of oneof %s are given, at most one can be", members_given,
               std::string(oneof).c_str());
}

}  // namespace internal
}  // namespace daybook
