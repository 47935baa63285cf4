// The builds of a view as a store holds them: looked at, and given up, without running the view. An
// application asks its ProjectionEngine.
#ifndef DAYBOOK_PROJECTIONS_STORED_GENERATIONS_H_
#define DAYBOOK_PROJECTIONS_STORED_GENERATIONS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "daybook/core/event_store.h"
#include "daybook/projections/projection.h"
#include "daybook/projections/stored_view.h"
#include "daybook/projections/view_query.h"

namespace daybook {

struct StoredGeneration {
  GenerationState state = GenerationState::kServing;
  StoredView view;  // of this build, but for `behind_since`
  // Of one that is being built by today's definition: it has caught up, and waits to be told to
  // take over, or for what is parked of it; and what it will stop with, as PendingEvents::stops.
  bool waits = false;
  absl::Status stops;
};

// All builds that the store holds, by number; none of a view that it does not know, or of a store
// that an older Daybook wrote last. Of one that is being built, up to `max_events` that it has not
// seen are folded in memory, as by TryPendingEvents. DataLoss. `reader` is one of `store`.
absl::StatusOr<std::vector<StoredGeneration>> FindGenerations(
    const EventStore& store, const StoreReader& reader, const ProjectionDefinition& projection,
    size_t max_events = 100'000, FailurePolicy policy = FailurePolicy::kStop);

// Gives up the build that is to take over, and returns its number: as RebuildHandle::Cancel, but
// no engine is opened for it, so that the build cannot take over before it is told. Its rows go
// when one is opened. Not while one is open.
//   NotFound         none is being built
//   the store's own  those of Append; DataLoss
absl::StatusOr<uint32_t> GiveUpBuild(EventStore& store, const ProjectionDefinition& projection);

}  // namespace daybook

#endif  // DAYBOOK_PROJECTIONS_STORED_GENERATIONS_H_
