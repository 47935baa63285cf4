// What becomes of rows, from the log and the view that is made of it.
#ifndef DAYBOOK_PROJECTIONS_SRC_LIVE_ROWS_H_
#define DAYBOOK_PROJECTIONS_SRC_LIVE_ROWS_H_

#include <memory>

#include "absl/status/statusor.h"
#include "daybook/projections/live_query.h"
#include "daybook/proto/index_rows.h"
#include "view.h"
#include "view_reader.h"

namespace daybook::internal {

// Errors as ProjectionEngine::Watch. Both must outlive what is returned.
// `index`: the rows that it is asked for; nullptr: by key.
absl::StatusOr<std::unique_ptr<LiveRows>> WatchView(const ViewReader& reader, const View& view,
                                                    const IndexQuery* index,
                                                    const LiveQueryOptions& options);

}  // namespace daybook::internal

#endif  // DAYBOOK_PROJECTIONS_SRC_LIVE_ROWS_H_
