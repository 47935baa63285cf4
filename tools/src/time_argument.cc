#include "time_argument.h"

#include "absl/strings/str_cat.h"

namespace daybook::tools {

absl::StatusOr<absl::Time> TimeArgument(absl::string_view option, const std::string& text) {
  absl::Time time;
  std::string problem;
  if (absl::ParseTime(absl::RFC3339_full, text, &time, &problem)) return time;
  return absl::InvalidArgumentError(
      absl::StrCat(option, " takes a time such as 2026-03-01T12:00:00Z: not '", text, "'"));
}

}  // namespace daybook::tools
