#ifndef DAYBOOK_AGGREGATES_SRC_CHECK_APP_OPTIONS_H_
#define DAYBOOK_AGGREGATES_SRC_CHECK_APP_OPTIONS_H_

#include "absl/status/status.h"
#include "daybook/aggregates/app_options.h"

namespace daybook::internal {

// InvalidArgument (InvalidField) for the first field of AppOptions, but for those of the rooms
// below, that is out of its range.
absl::Status CheckAppOptions(const AppOptions& options);

}  // namespace daybook::internal

#endif  // DAYBOOK_AGGREGATES_SRC_CHECK_APP_OPTIONS_H_
