// Between messages and payloads: every consumer decodes here, so that what changes over time
// changes in one place.
#ifndef DAYBOOK_CORE_CODEC_H_
#define DAYBOOK_CORE_CODEC_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "daybook/core/event.h"
#include "google/protobuf/message_lite.h"

namespace daybook {

// The deterministic serialization: the same message gives the same bytes (G6).
std::string EncodeMessage(const google::protobuf::MessageLite& message);

// Parses the event's payload, which is of `schema_version`, into `message`.
//   DataLoss  the event is of another schema version (UnknownEvent); or its payload is removed,
//             sealed or does not parse (Damage "event", with its position)
// Upcasts nothing: what may be an event of the past is read with ReadEvent (read_event.h).
absl::Status DecodeEvent(const RecordedEvent& event, uint32_t schema_version,
                         google::protobuf::MessageLite* message);

// The UnknownEvent of an event whose type is known as of `known_schema_version` at the newest.
absl::Status UnknownVersionError(const RecordedEvent& event, uint32_t known_schema_version);

}  // namespace daybook

#endif  // DAYBOOK_CORE_CODEC_H_
