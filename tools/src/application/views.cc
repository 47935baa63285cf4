#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "application/commands.h"
#include "application/open.h"
#include "daybook/core/status_macros.h"
#include "daybook/projections/stored_generations.h"
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

absl::string_view StandName(const StoredGeneration& generation) {
  if (!generation.stops.ok()) return "stopped";
  return generation.waits ? "built" : GenerationStateName(generation.state);
}

// Of the view's builds, those beside the one that answers.
void PrintOthers(const std::vector<StoredGeneration>& generations, Console& console) {
  for (const StoredGeneration& generation : generations) {
    if (generation.state == GenerationState::kServing) continue;
    console.out << "  generation " << generation.view.generation << "  " << StandName(generation)
                << "  checkpoint " << generation.view.checkpoint.ToString() << "\n";
  }
}

nlohmann::ordered_json GenerationsJson(const std::vector<StoredGeneration>& generations) {
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const StoredGeneration& generation : generations) {
    json.push_back({{"generation", generation.view.generation},
                    {"state", StandName(generation)},
                    {"checkpoint", generation.view.checkpoint.sequence()}});
  }
  return json;
}

absl::Status PrintViews(const Application& application, const StoreSession& session, bool json,
                        Console& console) {
  for (const ProjectionRegistration& projection : application.parts().projections) {
    DAYBOOK_ASSIGN_OR_RETURN(const StoredView view, FindStoredView(*session.store, *session.reader,
                                                                   *projection.definition));
    // The next event tells whether a build goes on.
    DAYBOOK_ASSIGN_OR_RETURN(
        const std::vector<StoredGeneration> generations,
        FindGenerations(*session.store, *session.reader, *projection.definition, /*max_events=*/1));
    nlohmann::ordered_json line = {{"view", projection.definition->name()},
                                   {"lifecycle", LifecycleName(projection.lifecycle)},
                                   {"state", StandName(view)},
                                   {"generation", view.generation},
                                   {"checkpoint", view.checkpoint.sequence()},
                                   {"lag_events", view.lag_events}};
    if (view.lag_events > 0) line["behind_since"] = TimeText(view.behind_since);
    line["generations"] = GenerationsJson(generations);
    if (json) {
      console.out << JsonLine(line);
      continue;
    }
    console.out << projection.definition->name() << "  " << LifecycleName(projection.lifecycle)
                << "  " << StandName(view) << "  generation " << view.generation << "  checkpoint "
                << view.checkpoint.ToString() << "  lag " << view.lag_events << "\n";
    PrintOthers(generations, console);
  }
  return absl::OkStatus();
}

// The number of the view's build that is paused; 0: none is.
uint32_t PausedBuild(const ViewStatus& view) {
  for (const GenerationStatus& generation : view.generations) {
    if (generation.state == GenerationState::kPaused) return generation.number;
  }
  return 0;
}

// At `tip`, or nothing more comes of waiting. One that answers from rows of another definition has
// not arrived wherever these stand.
bool HasArrived(const ViewStatus& view, Position tip) {
  if (view.state == ViewState::kStopped) return true;
  if (view.state == ViewState::kStale) return PausedBuild(view) != 0;
  return view.checkpoint >= tip;
}

// The views that have not arrived, separated by commas; empty once all have.
absl::StatusOr<std::string> NotArrived(const App& app, Position tip) {
  DAYBOOK_ASSIGN_OR_RETURN(const std::vector<ViewStatus> views, app.views().Status());
  std::vector<std::string> names;
  for (const ViewStatus& view : views) {
    if (!HasArrived(view, tip)) names.push_back(view.name);
  }
  return absl::StrJoin(names, ", ");
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
    if (view.error.ok() && view.state == ViewState::kStale) {
      code = Fail(console, kNeedsAttention,
                  absl::StrCat("view ", view.name, " answers as another definition built it: ",
                               "generation ", PausedBuild(view), ", of today's, is paused, and ",
                               "`replay ", view.name, "` goes on with it"));
    }
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
    const absl::StatusOr<std::string> missing = NotArrived(*app, tip);
    if (!missing.ok()) return Fail(console, missing.status());
    if (missing->empty()) return TellArrived(*app, arguments.json, console);
    if (waited >= arguments.timeout_seconds || !console.wait(kLook)) {
      return Fail(console, kOther,
                  absl::StrCat("not every view was at position ", tip.ToString(), " after ",
                               arguments.timeout_seconds, " seconds: catch-up goes on from there (",
                               *missing, ")"));
    }
  }
}

}  // namespace daybook::tools
