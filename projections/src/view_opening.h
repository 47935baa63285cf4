// What an opened engine makes of the builds that the store holds.
#ifndef DAYBOOK_PROJECTIONS_SRC_VIEW_OPENING_H_
#define DAYBOOK_PROJECTIONS_SRC_VIEW_OPENING_H_

#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "daybook/core/event_store.h"
#include "view.h"
#include "view_tables.h"

namespace daybook::internal {

// Has `stored` of each view say which build answers and which are built, and makes that durable:
//   a view that the store does not know gets its first one;
//   where the one that answers is of another definition, one of this definition is built, and the
//   old one goes on answering, if its rows can be read; otherwise the new one answers at once;
//   one that was being built for another definition goes.
// FailedPrecondition as CheckNothingParked, for those that will be moved on.
// Nobody moves a view meanwhile. Afterwards each of this definition has its checkpoint, and is in
// the commits only where the view is inline.
absl::Status OpenViews(EventStore* store, ViewTables tables,
                       const std::vector<std::unique_ptr<View>>& views);

// Commits fold every event into an inline view: one that was async, and of which events are parked,
// cannot be moved on so. FailedPrecondition says what to do.
absl::Status CheckNothingParked(const View& view, const v1::ViewGeneration& generation,
                                const StoreReader& reader, ViewTables tables);

}  // namespace daybook::internal

#endif  // DAYBOOK_PROJECTIONS_SRC_VIEW_OPENING_H_
