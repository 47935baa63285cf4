#include "daybook/core/event_survey.h"

#include <map>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "daybook/core/status_macros.h"

namespace daybook {

absl::StatusOr<std::vector<SurveyedEvents>> SurveyEvents(const StoreReader& reader) {
  // By the type's number while the log is read; names are compared at the end alone.
  absl::flat_hash_map<std::pair<uint32_t, uint32_t>, SurveyedEvents> found;
  ReadLogOptions options;
  while (true) {
    DAYBOOK_ASSIGN_OR_RETURN(const EventBatch batch, reader.ReadLog(options));
    for (const RecordedEvent& event : batch) {
      SurveyedEvents& of_schema = found[{event.type_id, event.schema_version}];
      if (of_schema.events == 0) {
        of_schema.type = std::string(event.type);
        of_schema.schema_version = event.schema_version;
        of_schema.first = event.position;
      }
      ++of_schema.events;
      of_schema.last = event.position;
      const bool readable = !event.removed && event.encoding == PayloadEncoding::kPlain;
      if (readable && !of_schema.sample.has_value()) of_schema.sample = event.position;
    }
    if (batch.at_end()) break;
    options.from = batch.next();
  }
  std::map<std::pair<std::string, uint32_t>, SurveyedEvents> sorted;
  for (auto& [id, of_schema] : found) {
    const std::pair key(of_schema.type, of_schema.schema_version);
    sorted.emplace(key, std::move(of_schema));
  }
  std::vector<SurveyedEvents> survey;
  for (auto& [key, of_schema] : sorted) survey.push_back(std::move(of_schema));
  return survey;
}

}  // namespace daybook
