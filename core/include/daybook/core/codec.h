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

// Parses the event's payload into `message`. DataLoss (Damage "event", with its position) when it
// is removed, sealed, of a later schema version than `known_schema_version`, or does not parse.
absl::Status DecodeEvent(const RecordedEvent& event, uint32_t known_schema_version,
                         google::protobuf::MessageLite* message);

}  // namespace daybook

#endif  // DAYBOOK_CORE_CODEC_H_
