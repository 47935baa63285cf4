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

constexpr absl::Duration kBetweenLooks = absl::Milliseconds(20);

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
                    {"checkpoint", generation.view.checkpoint.sequence()},
                    {"parked_keys", generation.view.failures.parked_keys}});
  }
  return json;
}

// Empty where nothing ever failed.
std::string FailuresText(const ViewFailures& failures) {
  std::string text;
  if (failures.parked_keys > 0) {
    absl::StrAppend(&text, "  parked ", failures.parked_keys, " keys, ", failures.parked_events,
                    " events");
  }
  if (failures.skipped_events > 0) absl::StrAppend(&text, "  skipped ", failures.skipped_events);
  if (failures.dropped_events > 0) absl::StrAppend(&text, "  dropped ", failures.dropped_events);
  return text;
}

// Of a view that is folded when it is asked: it is never behind.
StoredView LiveView(Position tip) {
  StoredView view;
  view.checkpoint = tip;
  view.current = true;
  return view;
}

// A view that has nothing to do with the events behind its checkpoint does not lag.
absl::Status PassOver(const StoreReader& reader, const ProjectionRegistration& projection,
                      StoredView* view) {
  if (!view->current || view->lag_events == 0) return absl::OkStatus();
  DAYBOOK_ASSIGN_OR_RETURN(const PendingEvents pending,
                           TryPendingEvents(reader, *projection.definition, *view,
                                            /*max_events=*/1, projection.policy()));
  if (pending.events == 0 && pending.stops.ok() && pending.refuses.ok()) view->lag_events = 0;
  return absl::OkStatus();
}

absl::Status PrintViews(const Application& application, const StoreSession& session, bool json,
                        Console& console) {
  for (const ProjectionRegistration& projection : application.parts().projections) {
    const bool live = projection.lifecycle == Lifecycle::kLive;
    StoredView view = LiveView(session.reader->tip());
    if (!live) {
      DAYBOOK_ASSIGN_OR_RETURN(
          view, FindStoredView(*session.store, *session.reader, *projection.definition));
      DAYBOOK_RETURN_IF_ERROR(PassOver(*session.reader, projection, &view));
    }
    // The next event tells whether a build goes on.
    DAYBOOK_ASSIGN_OR_RETURN(
        const std::vector<StoredGeneration> generations,
        FindGenerations(*session.store, *session.reader, *projection.definition, /*max_events=*/1,
                        projection.policy()));
    nlohmann::ordered_json line = {{"view", projection.definition->name()},
                                   {"lifecycle", std::string(LifecycleName(projection.lifecycle))},
                                   {"state", live ? "live" : StandName(view)},
                                   {"generation", view.generation},
                                   {"checkpoint", view.checkpoint.sequence()},
                                   {"lag_events", view.lag_events}};
    if (view.lag_events > 0) line["behind_since"] = TimeText(view.behind_since);
    const ViewFailures& failures = view.failures;
    line["parked_keys"] = failures.parked_keys;
    line["parked_events"] = failures.parked_events;
    line["skipped_events"] = failures.skipped_events;
    line["dropped_events"] = failures.dropped_events;
    line["generations"] = GenerationsJson(generations);
    if (json) {
      console.out << JsonLine(line);
      continue;
    }
    if (live) {
      console.out << projection.definition->name() << "  live\n";
      continue;
    }
    console.out << projection.definition->name() << "  " << LifecycleName(projection.lifecycle)
                << "  " << StandName(view) << "  generation " << view.generation << "  checkpoint "
                << view.checkpoint.ToString() << "  lag " << view.lag_events
                << FailuresText(failures) << "\n";
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

// The build that would replace one of another definition, were nothing of it parked; 0: there is
// none, or it is not at `tip` yet.
uint32_t ParkedBuild(const ViewStatus& view, Position tip) {
  for (const GenerationStatus& generation : view.generations) {
    if (generation.state == GenerationState::kBuilding && generation.parked_keys > 0 &&
        generation.checkpoint >= tip) {
      return generation.number;
    }
  }
  return 0;
}

// At `tip`, or nothing more comes of waiting. One that answers from rows of another definition has
// not arrived wherever these stand; what is tried again by itself is waited for.
bool HasArrived(const ViewStatus& view, Position tip) {
  if (view.state == ViewState::kStopped) return true;
  if (view.state == ViewState::kStale) {
    return PausedBuild(view) != 0 || ParkedBuild(view, tip) != 0;
  }
  return view.checkpoint >= tip && view.failures.retrying_keys == 0;
}

// What of a view that has arrived needs attention; empty: nothing.
std::string Attention(const ViewStatus& view, Position tip) {
  if (!view.error.ok()) return std::string(view.error.message());
  if (view.state == ViewState::kStale) {
    const uint32_t paused = PausedBuild(view);
    return absl::StrCat(
        "view ", view.name, " answers as another definition built it: generation ",
        paused != 0 ? paused : ParkedBuild(view, tip), ", of today's, ",
        paused != 0
            ? absl::StrCat("is paused, and `replay ", view.name, "` goes on with it")
            : absl::StrCat("has parked keys, and `parked replay ", view.name,
                           " --all --generation ", ParkedBuild(view, tip), "` folds them again"));
  }
  if (view.failures.parked_keys == 0) return "";
  return absl::StrCat("view ", view.name, ": ", view.failures.parked_keys,
                      " keys are parked, which `parked list ", view.name, "` lists");
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

// As `views` says it: an inline view that has arrived is part of the commits from the next one on.
absl::string_view ArrivedName(ViewState state) {
  return state == ViewState::kStopped || state == ViewState::kStale ? ViewStateName(state)
                                                                    : "at the tip";
}

ExitCode TellArrived(const App& app, Position tip, bool json, Console& console) {
  const absl::StatusOr<std::vector<ViewStatus>> views = app.views().Status();
  if (!views.ok()) return Fail(console, views.status());
  ExitCode code = kSound;
  for (const ViewStatus& view : *views) {
    nlohmann::ordered_json line = {{"view", view.name},
                                   {"state", std::string(ArrivedName(view.state))},
                                   {"generation", view.generation},
                                   {"checkpoint", view.checkpoint.sequence()}};
    if (json) {
      console.out << JsonLine(line);
    } else {
      console.out << view.name << "  " << ArrivedName(view.state) << "  generation "
                  << view.generation << "  checkpoint " << view.checkpoint.ToString() << "\n";
    }
    const std::string attention = Attention(view, tip);
    if (!attention.empty()) code = Fail(console, kNeedsAttention, attention);
  }
  return code;
}

}  // namespace

ExitCode Views(const Application& application, const ViewsArguments& arguments, Console& console) {
  const absl::StatusOr<StoreSession> session = OpenSession(arguments.store, console);
  if (!session.ok()) return FailToOpen(console, arguments.store, session.status());
  const absl::Status status = PrintViews(application, *session, arguments.json, console);
  return status.ok() ? kSound : Fail(console, status);
}

ExitCode CatchUp(const Application& application, const CatchUpArguments& arguments,
                 Console& console) {
  const auto app = OpenApplication(application, arguments.store);
  if (!app.ok()) return FailToOpen(console, arguments.store, app.status());
  const Position tip = (*app)->store().Tip();
  for (double waited = 0;; waited += absl::ToDoubleSeconds(kBetweenLooks)) {
    const absl::StatusOr<std::string> missing = NotArrived(**app, tip);
    if (!missing.ok()) return Fail(console, missing.status());
    if (missing->empty()) return TellArrived(**app, tip, arguments.json, console);
    if (waited >= arguments.timeout_seconds || !console.wait(kBetweenLooks)) {
      return Fail(console, kOther,
                  absl::StrCat("not every view was at position ", tip.ToString(), " after ",
                               arguments.timeout_seconds, " seconds: catch-up goes on from there (",
                               *missing, ")"));
    }
  }
}

}  // namespace daybook::tools
