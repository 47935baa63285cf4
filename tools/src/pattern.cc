#include "pattern.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include "re2/re2.h"

namespace daybook::tools {

absl::StatusOr<NamePredicate> PatternArgument(absl::string_view option, const std::string& text) {
  const auto pattern = std::make_shared<const re2::RE2>(text, re2::RE2::Quiet);
  if (!pattern->ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat(option, " takes an RE2 pattern: '", text, "': ", pattern->error()));
  }
  return [pattern](absl::string_view name) {
    return re2::RE2::PartialMatch({name.data(), name.size()}, *pattern);
  };
}

}  // namespace daybook::tools
