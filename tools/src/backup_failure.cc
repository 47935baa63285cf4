#include "backup_failure.h"

#include "absl/strings/str_cat.h"
#include "daybook/core/errors.h"

namespace daybook::tools {

ExitCode FailBackup(Console& console, const absl::Status& status) {
  if (!absl::IsInvalidArgument(status)) return Fail(console, status);
  // Of all that is checked, only the paths come from the arguments.
  const auto field = ErrorPayload<v1::InvalidField>(status);
  if (!field.has_value()) return Fail(console, status);
  return Fail(console, kNoStore, absl::StrCat("the ", field->field(), " ", field->rule()));
}

}  // namespace daybook::tools
