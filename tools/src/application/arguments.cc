#include "application/arguments.h"

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "time_argument.h"

namespace daybook::tools {

absl::Status RowsArguments::Check() const {
  if (by.empty() && !equals.empty()) {
    return absl::InvalidArgumentError("--equals gives values of an index, which --by names");
  }
  if (!by.empty() && !prefix.empty()) {
    return absl::InvalidArgumentError(
        "--by goes by the values of an index: --prefix, which goes by key, is not for it");
  }
  return absl::OkStatus();
}

IndexText RowsArguments::ByIndex() const {
  IndexText text{.index = by, .equals = equals, .until = until};
  if (!from.empty()) text.from = from;
  return text;
}

absl::StatusOr<LogMoment> MomentArgument(absl::string_view option, const std::string& text) {
  if (const absl::StatusOr<Position> position = Position::Parse(text); position.ok()) {
    return *position;
  }
  if (const absl::StatusOr<absl::Time> time = TimeArgument(option, text); time.ok()) return *time;
  return absl::InvalidArgumentError(absl::StrCat(option,
                                                 " takes a position, a number, or a time such as ",
                                                 "2026-03-01T12:00:00Z: not '", text, "'"));
}

}  // namespace daybook::tools
