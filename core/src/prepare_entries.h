// A commit that is written as it was recorded.
#ifndef DAYBOOK_CORE_SRC_PREPARE_ENTRIES_H_
#define DAYBOOK_CORE_SRC_PREPARE_ENTRIES_H_

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "daybook/core/log_entry.h"
#include "request.h"

namespace daybook::internal {

// Checks the entries of one commit, of which the last one alone ends it, as PrepareCommit does, and
// that their positions and versions follow one another. What they must follow in the store, the
// sequencer checks. InvalidArgument.
absl::StatusOr<std::unique_ptr<Request>> PrepareEntries(std::vector<LogEntry> entries);

}  // namespace daybook::internal

#endif  // DAYBOOK_CORE_SRC_PREPARE_ENTRIES_H_
