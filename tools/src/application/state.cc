#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "application/commands.h"
#include "application/message_text.h"
#include "application/open.h"
#include "daybook/aggregates/state_history.h"
#include "daybook/core/status_macros.h"
#include "daybook/core/stream_name.h"
#include "printable.h"
#include "store_session.h"

namespace daybook::tools {
namespace {

absl::StatusOr<StreamMoment> MomentOf(const StateArguments& arguments, const StoreReader& reader) {
  if (arguments.at_version.has_value()) return Version{*arguments.at_version};
  if (!arguments.at.has_value()) return reader.tip();
  DAYBOOK_ASSIGN_OR_RETURN(const LogMoment moment, MomentArgument("--at", *arguments.at));
  return std::visit([](const auto& at) -> StreamMoment { return at; }, moment);
}

absl::Status PrintState(const StateArguments& arguments, const AggregateDefinition& aggregate,
                        const StoreSession& session, Console& console) {
  DAYBOOK_ASSIGN_OR_RETURN(const StreamMoment moment, MomentOf(arguments, *session.reader));
  DAYBOOK_ASSIGN_OR_RETURN(const auto snapshots, OpenSnapshots(*session.store));
  const std::unique_ptr<google::protobuf::Message> state(aggregate.default_state->New());
  DAYBOOK_ASSIGN_OR_RETURN(const std::optional<uint64_t> version,
                           LoadStateAt(*session.reader, snapshots.get(), aggregate,
                                       KeyOf(arguments.stream), moment, state.get()));
  if (!version.has_value()) {
    return absl::NotFoundError(absl::StrCat(arguments.stream, " has no events",
                                            arguments.at.has_value() ? " at that moment" : ""));
  }
  DAYBOOK_ASSIGN_OR_RETURN(nlohmann::ordered_json json, MessageJson(*state));
  if (arguments.json) {
    console.out << JsonLine(
        {{"stream", arguments.stream}, {"version", *version}, {"state", std::move(json)}});
  } else {
    console.out << Printable(arguments.stream) << "@" << *version << "  " << JsonLine(json);
  }
  return absl::OkStatus();
}

}  // namespace

ExitCode State(const Application& application, const StateArguments& arguments, Console& console) {
  if (arguments.at.has_value() && arguments.at_version.has_value()) {
    return Fail(console, kUsage, "--at-version and --at both say the moment: give one");
  }
  const auto aggregate = application.FindAggregateOf(arguments.stream);
  if (!aggregate.ok()) return Fail(console, aggregate.status());
  const absl::StatusOr<StoreSession> session = OpenSession(arguments.store, console);
  if (!session.ok()) return FailToOpen(console, arguments.store, session.status());
  const absl::Status status = PrintState(arguments, **aggregate, *session, console);
  return status.ok() ? kSound : Fail(console, status);
}

}  // namespace daybook::tools
