#include "absl/strings/match.h"
#include "commands.h"
#include "daybook/core/stream_name.h"
#include "nlohmann/json.hpp"
#include "printable.h"
#include "store_session.h"

namespace daybook::tools {
namespace {

// A prefix that reaches beyond the category settles which category it is.
std::string CategoryToWalk(const LsArguments& arguments) {
  if (!arguments.category.empty() || !absl::StrContains(arguments.prefix, '-')) {
    return arguments.category;
  }
  return std::string(CategoryOf(arguments.prefix));
}

// `events`: those that are there.
void PrintStream(absl::string_view stream, uint64_t version, uint64_t events, bool json,
                 Console& console) {
  if (!json) {
    console.out << Printable(stream) << "  " << version << "\n";
    return;
  }
  console.out << JsonLine({{"stream", std::string(stream)},
                           {"category", std::string(CategoryOf(stream))},
                           {"version", version},
                           {"events", events}});
}

}  // namespace

ExitCode Ls(const LsArguments& arguments, Console& console) {
  const absl::StatusOr<StoreSession> session = OpenSession(arguments.store, console);
  if (!session.ok()) return FailToOpen(console, arguments.store, session.status());
  uint64_t left = arguments.limit;
  absl::Status damaged;
  const auto visit = [&](absl::string_view stream, uint64_t version) {
    if (!absl::StartsWith(stream, arguments.prefix)) return true;
    const absl::StatusOr<StreamStart> start = session->reader->FindStart(stream);
    if (!start.ok()) {
      damaged = start.status();
      return false;
    }
    PrintStream(stream, version, version + 1 - start->first, arguments.json, console);
    return --left > 0 && console.out.good();
  };
  absl::Status status =
      session->reader->ListStreams(CategoryToWalk(arguments), arguments.after, visit);
  status.Update(damaged);
  return status.ok() ? kSound : Fail(console, status);
}

}  // namespace daybook::tools
