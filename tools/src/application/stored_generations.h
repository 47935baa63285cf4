// The builds of a view as a store holds them: looked at, and given up, without running the view.
#ifndef DAYBOOK_TOOLS_SRC_APPLICATION_STORED_GENERATIONS_H_
#define DAYBOOK_TOOLS_SRC_APPLICATION_STORED_GENERATIONS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "daybook/core/event_store.h"
#include "daybook/projections/projection.h"
#include "daybook/projections/stored_view.h"

namespace daybook::tools {

enum class GenerationStand {
  kServing,   // answers queries
  kBuilding,  // goes on, and takes over, when the application is opened
  kBuilt,     // has caught up, and waits to be told to take over
  kStops,     // at an event that today's code cannot take
  kPaused,
  kKept,
  kDropping,
};

// "serving", "building", "built", "stopped", "paused", "kept", "dropping".
const char* GenerationStandName(GenerationStand stand);

struct StoredGeneration {
  GenerationStand stand = GenerationStand::kServing;
  StoredView view;  // of this build, but for `behind_since`
  absl::Status stops;
};

// All builds that the store holds, by number; none of a view that it does not know, or of a store
// that an older Daybook wrote last. Of one that is being built, up to `max_events` that it has not
// seen are folded in memory. DataLoss.
absl::StatusOr<std::vector<StoredGeneration>> FindGenerations(
    const EventStore& store, const StoreReader& reader, const ProjectionDefinition& projection,
    size_t max_events);

// Gives up the build that is to take over, and returns its number: as RebuildHandle::Cancel, but
// the application is not opened for it, so that the build cannot take over before it is told. Its
// rows go when the application is opened. NotFound: none is being built.
absl::StatusOr<uint32_t> GiveUpBuild(EventStore& store, const ProjectionDefinition& projection);

}  // namespace daybook::tools

#endif  // DAYBOOK_TOOLS_SRC_APPLICATION_STORED_GENERATIONS_H_
