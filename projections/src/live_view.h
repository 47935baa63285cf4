// Rows that are folded when they are asked for: those of views that are registered as live.
#ifndef DAYBOOK_PROJECTIONS_SRC_LIVE_VIEW_H_
#define DAYBOOK_PROJECTIONS_SRC_LIVE_VIEW_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "daybook/core/event_store.h"
#include "daybook/projections/projection.h"
#include "daybook/projections/view_query.h"
#include "tip_waiters.h"

namespace daybook::internal {

// The row as of all that is durable. Errors as of ProjectionEngine::Get.
absl::StatusOr<std::string> GetLiveRow(EventStore& store, TipWaiters& tip_waiters,
                                       const ProjectionDefinition& projection,
                                       absl::string_view key, const GetOptions& options);
// It is always where the log is.
ViewStatus LiveStatus(const EventStore& store, const ProjectionDefinition& projection);

// InvalidArgument (InvalidField "view"): what was asked for needs rows that are stored.
absl::Status NoStoredRows(absl::string_view view);

}  // namespace daybook::internal

#endif  // DAYBOOK_PROJECTIONS_SRC_LIVE_VIEW_H_
