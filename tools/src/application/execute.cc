#include <memory>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "application/commands.h"
#include "application/message_text.h"
#include "application/open.h"
#include "daybook/core/clock.h"
#include "daybook/core/errors.h"
#include "daybook/core/status_macros.h"
#include "google/protobuf/util/json_util.h"
#include "printable.h"
#include "store_session.h"

namespace daybook::tools {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::Message;
using nlohmann::ordered_json;

absl::StatusOr<std::unique_ptr<Message>> ParseCommand(const CommandDefinition& definition,
                                                      const std::string& json) {
  std::unique_ptr<Message> command = NewMessage(definition.descriptor);
  const auto status = google::protobuf::util::JsonStringToMessage(json, command.get());
  if (status.ok()) return command;
  return absl::InvalidArgumentError(
      absl::StrCat("this is no ", definition.type, ": ",
                   absl::string_view(status.message().data(), status.message().size())));
}

absl::StatusOr<CommandOptions> OptionsOf(const ExecuteArguments& arguments) {
  CommandOptions options;
  options.actor = arguments.actor;
  const absl::StatusOr<Uuid> id = Uuid::Parse(arguments.id);
  if (!id.ok() || id->is_nil()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--id takes a UUID that is not nil: not '", arguments.id, "'"));
  }
  options.command_id = *id;
  return options;
}

// The message's JSON; its bytes in base64 where this program cannot show it.
ordered_json PayloadJson(const Descriptor* descriptor, const std::string& bytes) {
  if (descriptor != nullptr) {
    absl::StatusOr<ordered_json> json = StoredMessageJson(descriptor, bytes);
    if (json.ok()) return *std::move(json);
  }
  return absl::Base64Escape(bytes);
}

void TellReply(const Application& application, const Reply& reply, bool json, Console& console) {
  ordered_json line = {{"accepted", true}, {"stream", reply.stream}};
  if (reply.version.has_value()) line["version"] = *reply.version;
  line["token"] = reply.token.ToString();
  line["command_id"] = reply.command_id.ToString();
  line["repeated"] = reply.repeated;
  line["events"] = ordered_json::array();
  for (const RecordedReplyEvent& event : reply.events) {
    const EventDefinition* definition = application.FindEvent(event.type);
    ordered_json shown = {{"type", event.type}};
    if (!event.removed) {
      shown["payload"] =
          PayloadJson(definition == nullptr ? nullptr : definition->descriptor, event.payload);
    }
    line["events"].push_back(std::move(shown));
  }
  if (json) {
    console.out << JsonLine(line);
    return;
  }
  console.out << (reply.repeated ? "accepted before" : "accepted") << ": "
              << Printable(reply.stream);
  if (reply.version.has_value()) console.out << "@" << *reply.version;
  console.out << ", token " << reply.token.ToString() << ", command " << reply.command_id.ToString()
              << "\n";
  for (const ordered_json& event : line["events"]) {
    console.out << "  " << Printable(event["type"].get<std::string>()) << "  "
                << (event.contains("payload") ? JsonLine(event["payload"]) : "(removed)\n");
  }
}

ExitCode TellRejection(const v1::Rejection& rejection, bool json, Console& console) {
  const ordered_json payload = PayloadJson(
      google::protobuf::DescriptorPool::generated_pool()->FindMessageTypeByName(rejection.type()),
      rejection.value());
  if (json) {
    console.out << JsonLine(
        {{"accepted", false}, {"rejection", {{"type", rejection.type()}, {"payload", payload}}}});
  } else {
    console.out << "rejected: " << Printable(rejection.type()) << "  " << JsonLine(payload);
  }
  return kRejected;
}

}  // namespace

std::string DrawCommandId(const Application& application) {
  Clock* const clock = application.options().app.store.clock;
  return CommandId::TimeOrdered(clock != nullptr ? clock->Now() : Clock::System().Now()).ToString();
}

std::string AgainText(const std::string& command_id) {
  return absl::StrCat(" (to give this very command again: --id ", command_id, ")");
}

ExitCode Execute(const Application& application, const ExecuteArguments& arguments,
                 Console& console) {
  // Everything that can be wrong with the arguments, before the store is opened.
  const auto definition = application.FindCommand(arguments.type);
  if (!definition.ok()) return Fail(console, definition.status());
  const auto command = ParseCommand(**definition, arguments.command);
  if (!command.ok()) return Fail(console, command.status());
  const absl::StatusOr<CommandOptions> options = OptionsOf(arguments);
  if (!options.ok()) return Fail(console, options.status());
  const auto app = OpenApplication(application, arguments.store, {.create = arguments.create});
  if (!app.ok()) return FailToOpen(console, arguments.store, app.status());
  const absl::StatusOr<Reply> reply = (*app)->Execute(**command, *options);
  if (reply.ok()) {
    TellReply(application, *reply, arguments.json, console);
    return kSound;
  }
  const auto rejection = ErrorPayload<v1::Rejection>(reply.status());
  if (rejection.has_value()) return TellRejection(*rejection, arguments.json, console);
  // Where the outcome is unknown, only the id tells it.
  return Fail(console, ExitCodeOf(reply.status()),
              absl::StrCat(reply.status().message(), AgainText(arguments.id)));
}

}  // namespace daybook::tools
