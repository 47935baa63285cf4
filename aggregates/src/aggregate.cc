#include "daybook/aggregates/aggregate.h"

#include "daybook/snapshots/fingerprint.h"

namespace daybook {

std::string SnapshotFingerprintOf(const AggregateDefinition& aggregate) {
  return FingerprintOf(*aggregate.default_state->GetDescriptor(), aggregate.evolve_revision,
                       aggregate.past_events);
}

}  // namespace daybook
