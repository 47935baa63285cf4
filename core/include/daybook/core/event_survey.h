// Which events a store holds, by type and schema version.
#ifndef DAYBOOK_CORE_EVENT_SURVEY_H_
#define DAYBOOK_CORE_EVENT_SURVEY_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "daybook/core/event_store.h"
#include "daybook/core/position.h"

namespace daybook {

// The events of one type at one schema version.
struct SurveyedEvents {
  std::string type;
  uint32_t schema_version = 1;
  uint64_t events = 0;  // at least 1
  Position first;
  Position last;
  // The first one whose payload can be read: it is neither removed nor sealed. The log itself is
  // where a sample of every schema is kept.
  std::optional<Position> sample;
};

// All of them, ordered by type and schema version. Reads the whole log, at some millions of events
// a second: for a check before a deploy, not for a request. Errors as StoreReader::ReadLog.
absl::StatusOr<std::vector<SurveyedEvents>> SurveyEvents(const StoreReader& reader);

}  // namespace daybook

#endif  // DAYBOOK_CORE_EVENT_SURVEY_H_
