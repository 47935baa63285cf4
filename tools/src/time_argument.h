#ifndef DAYBOOK_TOOLS_SRC_TIME_ARGUMENT_H_
#define DAYBOOK_TOOLS_SRC_TIME_ARGUMENT_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace daybook::tools {

// The time that `text`, the value of `option`, stands for, in the form of RFC 3339.
// InvalidArgument.
absl::StatusOr<absl::Time> TimeArgument(absl::string_view option, const std::string& text);

}  // namespace daybook::tools

#endif  // DAYBOOK_TOOLS_SRC_TIME_ARGUMENT_H_
