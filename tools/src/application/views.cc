#include <string>

#include "absl/strings/str_cat.h"
#include "application/commands.h"
#include "application/open.h"
#include "daybook/core/status_macros.h"
#include "daybook/projections/stored_view.h"
#include "event_text.h"
#include "nlohmann/json.hpp"
#include "printable.h"
#include "store_session.h"

namespace daybook::tools {
namespace {

constexpr absl::Duration kLook = absl::Milliseconds(20);

const char* LifecycleName(Lifecycle lifecycle) {
  return lifecycle == Lifecycle::kInline ? "inline" : "async";
}

const char* StandName(const StoredView& view) {
  if (view.generation == 0) return "not built";
  if (!view.current) return "to be rebuilt";
  return view.lag_events == 0 ? "at the tip" : "behind";
}

absl::Status PrintViews(const Application& application, const StoreSession& session, bool json,
                        Console& console) {
  for (const ProjectionRegistration& projection : application.parts().projections) {
    DAYBOOK_ASSIGN_OR_RETURN(const StoredView view, FindStoredView(*session.store, *session.reader,
                                                                   *projection.definition));
    nlohmann::ordered_json line = {{"view", projection.definition->name()},
                                   {"lifecycle", LifecycleName(projection.lifecycle)},
                                   {"state", StandName(view)},
                                   {"generation", view.generation},
                                   {"checkpoint", view.checkpoint.sequence()},
                                   {"lag_events", view.lag_events}};
    if (view.lag_events > 0) line["behind_since"] = TimeText(view.behind_since);
    if (json) {
      console.out << JsonLine(line);
      continue;
    }
    console.out << projection.definition->name() << "  " << LifecycleName(projection.lifecycle)
                << "  " << StandName(view) << "  generation " << view.generation << "  checkpoint "
                << view.checkpoint.ToString() << "  lag " << view.lag_events << "\n";
  }
  return absl::OkStatus();
}

// True once every view is at `tip` or has stopped.
absl::StatusOr<bool> AllArrived(const App& app, Position tip) {
  DAYBOOK_ASSIGN_OR_RETURN(const std::vector<ViewStatus> views, app.views().Status());
  for (const ViewStatus& view : views) {
    if (view.state != ViewState::kStopped && view.checkpoint < tip) return false;
  }
  return true;
}

ExitCode TellArrived(const App& app, bool json, Console& console) {
  const absl::StatusOr<std::vector<ViewStatus>> views = app.views().Status();
  if (!views.ok()) return Fail(console, views.status());
  ExitCode code = kSound;
  for (const ViewStatus& view : *views) {
    nlohmann::ordered_json line = {{"view", view.name},
                                   {"state", std::string(ViewStateName(view.state))},
                                   {"generation", view.generation},
                                   {"checkpoint", view.checkpoint.sequence()}};
    if (json) {
      console.out << JsonLine(line);
    } else {
      console.out << view.name << "  " << ViewStateName(view.state) << "  generation "
                  << view.generation << "  checkpoint " << view.checkpoint.ToString() << "\n";
    }
    if (!view.error.ok()) code = Fail(console, kNeedsAttention, view.error.message());
  }
  return code;
}

}  // namespace

ExitCode Views(const Application& application, const ViewsArguments& arguments, Console& console) {
  const absl::StatusOr<StoreSession> session = OpenSession(arguments.store);
  if (!session.ok()) return FailToOpen(console, arguments.store, session.status());
  const absl::Status status = PrintViews(application, *session, arguments.json, console);
  return status.ok() ? kSound : Fail(console, status);
}

ExitCode CatchUp(const Application& application, const CatchUpArguments& arguments,
                 Console& console) {
  const absl::StatusOr<App> app = OpenApplication(application, arguments.store);
  if (!app.ok()) return FailToOpen(console, arguments.store, app.status());
  const Position tip = app->store().Tip();
  for (double waited = 0;; waited += absl::ToDoubleSeconds(kLook)) {
    const absl::StatusOr<bool> arrived = AllArrived(*app, tip);
    if (!arrived.ok()) return Fail(console, arrived.status());
    if (*arrived) return TellArrived(*app, arguments.json, console);
    if (waited >= arguments.timeout_seconds || !console.wait(kLook)) {
      return Fail(console, kOther,
                  absl::StrCat("not every view was at position ", tip.ToString(), " after ",
                               arguments.timeout_seconds, " seconds: catch-up goes on from there"));
    }
  }
}

}  // namespace daybook::tools
