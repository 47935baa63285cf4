#include "daybook/core/change.h"

namespace daybook {

EventHeader HeaderOf(const RecordedEvent& event) {
  return {.position = event.position,
          .stream = std::string(event.stream),
          .version = event.version,
          .id = event.id,
          .type = std::string(event.type),
          .schema_version = event.schema_version,
          .recorded_time = event.recorded_time,
          .metadata = event.metadata.ToMetadata()};
}

}  // namespace daybook
