// States, rows and commands as JSON, and what changed between two.
#ifndef DAYBOOK_TOOLS_SRC_APPLICATION_MESSAGE_TEXT_H_
#define DAYBOOK_TOOLS_SRC_APPLICATION_MESSAGE_TEXT_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "daybook/projections/projection.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "nlohmann/json.hpp"

namespace daybook::tools {

// An empty message of a type that is compiled into this program.
std::unique_ptr<google::protobuf::Message> NewMessage(
    const google::protobuf::Descriptor* descriptor);

// The message in Protocol Buffers' JSON mapping, fields named as in the .proto, those at their
// default included. DataLoss when it has no such form (a string that is not UTF-8).
absl::StatusOr<nlohmann::ordered_json> MessageJson(const google::protobuf::Message& message);

// The same of a serialized one. DataLoss when it does not parse, too.
absl::StatusOr<nlohmann::ordered_json> StoredMessageJson(
    const google::protobuf::Descriptor* descriptor, absl::string_view bytes);
// The same of a view's row, which the error names.
absl::StatusOr<nlohmann::ordered_json> StoredRowJson(const ProjectionDefinition& view,
                                                     absl::string_view key,
                                                     absl::string_view bytes);

// "balance: 10 -> 20" for each field that differs, nested ones by their path. Null stands for no
// message at all.
std::vector<std::string> ChangedFields(const nlohmann::ordered_json& before,
                                       const nlohmann::ordered_json& after);

}  // namespace daybook::tools

#endif  // DAYBOOK_TOOLS_SRC_APPLICATION_MESSAGE_TEXT_H_
