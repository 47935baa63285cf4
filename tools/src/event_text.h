// An event as a line.
#ifndef DAYBOOK_TOOLS_SRC_EVENT_TEXT_H_
#define DAYBOOK_TOOLS_SRC_EVENT_TEXT_H_

#include <string>

#include "daybook/core/change.h"
#include "daybook/core/event.h"
#include "daybook/core/schema_catalog.h"
#include "nlohmann/json_fwd.hpp"

namespace daybook::tools {

// How EventJson shows a payload, in its member "content".
//   "message"  decoded by the descriptor that the store keeps; "payload" is its JSON
//   "json"     the content type says JSON, and it is; "payload" is it
//   "bytes"    no descriptor, or undecodable ("problem" says why); "payload" is base64
//   "sealed"   encrypted; "payload" is base64
//   "removed"  erased; no "payload"

// One JSON object on a line, with the line's end.
std::string EventJson(const RecordedEvent& event, const SchemaCatalog& catalog);

// One line for a person, with its end: position, recorded time, stream@version, type, payload.
std::string EventText(const RecordedEvent& event, const SchemaCatalog& catalog);

// What is set of it.
nlohmann::ordered_json MetadataJson(const Metadata& metadata);
// What EventJson says of an event beside its content.
nlohmann::ordered_json HeaderJson(const EventHeader& event);

// An instant in UTC, to the microsecond.
std::string TimeText(absl::Time time);

}  // namespace daybook::tools

#endif  // DAYBOOK_TOOLS_SRC_EVENT_TEXT_H_
