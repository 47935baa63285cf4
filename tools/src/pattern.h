// Names that an RE2 pattern matches.
#ifndef DAYBOOK_TOOLS_SRC_PATTERN_H_
#define DAYBOOK_TOOLS_SRC_PATTERN_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "daybook/core/event_store.h"

namespace daybook::tools {

// Whether the pattern matches anywhere in a name: ^ and $ bind it to its ends. InvalidArgument,
// which names `option`.
absl::StatusOr<NamePredicate> PatternArgument(absl::string_view option, const std::string& text);

}  // namespace daybook::tools

#endif  // DAYBOOK_TOOLS_SRC_PATTERN_H_
