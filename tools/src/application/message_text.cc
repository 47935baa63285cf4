#include "application/message_text.h"

#include <map>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/json_util.h"

namespace daybook::tools {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::Message;
using nlohmann::ordered_json;

// The values of a message's leaves by their path, "work_items/0/name".
std::map<std::string, std::string> Leaves(const ordered_json& value) {
  std::map<std::string, std::string> leaves;
  if (value.is_null()) return leaves;
  // An empty object has no leaves, and flattens to a null of its own.
  if (value.empty()) return leaves;
  const ordered_json flat = value.flatten();
  for (const auto& [path, leaf] : flat.items()) {
    // An empty list or message: nothing to show of it.
    if (leaf.is_null()) continue;
    leaves[path.substr(1)] = leaf.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
  }
  return leaves;
}

}  // namespace

std::unique_ptr<Message> NewMessage(const Descriptor* descriptor) {
  return std::unique_ptr<Message>(
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(descriptor)->New());
}

absl::StatusOr<ordered_json> MessageJson(const Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.always_print_primitive_fields = true;
  std::string text;
  const auto status = google::protobuf::util::MessageToJsonString(message, &text, options);
  ordered_json json =
      status.ok() ? ordered_json::parse(text, nullptr, /*allow_exceptions=*/false) : ordered_json();
  if (!status.ok() || json.is_discarded()) {
    return absl::DataLossError(absl::StrCat("this ", message.GetTypeName(), " has no JSON form"));
  }
  return json;
}

absl::StatusOr<ordered_json> StoredMessageJson(const Descriptor* descriptor,
                                               absl::string_view bytes) {
  const std::unique_ptr<Message> message = NewMessage(descriptor);
  if (!message->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return absl::DataLossError(absl::StrCat("the bytes are no ", descriptor->full_name()));
  }
  return MessageJson(*message);
}

absl::StatusOr<ordered_json> StoredRowJson(const ProjectionDefinition& view, absl::string_view key,
                                           absl::string_view bytes) {
  absl::StatusOr<ordered_json> row = StoredMessageJson(view.row(), bytes);
  if (row.ok()) return row;
  return absl::Status(row.status().code(), absl::StrCat("the row \"", key, "\" of view ",
                                                        view.name(), ": ", row.status().message()));
}

std::vector<std::string> ChangedFields(const ordered_json& before, const ordered_json& after) {
  const std::map<std::string, std::string> old_leaves = Leaves(before), new_leaves = Leaves(after);
  std::map<std::string, std::pair<std::string, std::string>> changes;
  for (const auto& [path, value] : old_leaves) changes[path].first = value;
  for (const auto& [path, value] : new_leaves) changes[path].second = value;
  std::vector<std::string> lines;
  for (const auto& [path, change] : changes) {
    const auto& [from, to] = change;
    if (from == to) continue;
    lines.push_back(
        absl::StrCat(path, ": ", from.empty() ? "-" : from, " -> ", to.empty() ? "-" : to));
  }
  return lines;
}

}  // namespace daybook::tools
