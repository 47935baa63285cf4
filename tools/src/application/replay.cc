#include <vector>

#include "absl/strings/str_cat.h"
#include "application/commands.h"
#include "application/open.h"
#include "application/rebuild_text.h"
#include "daybook/core/open.h"
#include "daybook/core/status_macros.h"
#include "daybook/projections/stored_generations.h"
#include "printable.h"
#include "store_session.h"

namespace daybook::tools {
namespace {

// A terminal's line is written over; a log file gets a line now and then.
constexpr absl::Duration kTerminalLook = absl::Milliseconds(200);
constexpr absl::Duration kPlainLook = absl::Seconds(5);

absl::StatusOr<RebuildReport> WaitFor(const RebuildHandle& rebuild, const std::string& view,
                                      Console& console) {
  const bool terminal = console.show_progress;
  bool shown = false;
  while (true) {
    absl::StatusOr<RebuildReport> report = rebuild.Wait(terminal ? kTerminalLook : kPlainLook);
    if (!absl::IsDeadlineExceeded(report.status())) {
      if (shown && terminal) console.err << "\r\033[K" << std::flush;
      return report;
    }
    const std::string text = ProgressText(view, rebuild.Progress());
    console.err << (terminal ? "\r\033[K" + text : text + "\n") << std::flush;
    shown = true;
    if (!console.wait(absl::ZeroDuration())) {
      return absl::UnavailableError("no longer waited for; the application goes on with it");
    }
  }
}

ExitCode FailToBuild(const App& app, const absl::Status& status, Console& console) {
  // The store's own errors stop it; nothing is wrong with the view then.
  const absl::Status stopped = app.store().Stats().stopped;
  if (!stopped.ok() && !absl::IsDataLoss(status)) return Fail(console, kOther, status.message());
  // A view that stopped says why in its own status, whose code is the handler's: no class of ours.
  return absl::IsDataLoss(status) ? Fail(console, status)
                                  : Fail(console, kNeedsAttention, status.message());
}

void PrintReport(const std::string& view, const RebuildReport& report, bool json,
                 Console& console) {
  if (json) {
    console.out << JsonLine(ReportJson(view, report));
  } else {
    console.out << ReportText(view, report);
  }
}

ExitCode FailAsParked(const std::string& view, const RebuildReport& report, Console& console) {
  return Fail(console, kNeedsAttention,
              absl::StrCat("of the new build ", report.new_parked,
                           " keys are parked, so the old build goes on answering; `parked replay ",
                           view, " --all --generation ", report.new_generation,
                           "` folds them again, and `replay ", view,
                           " --with-parked` has it take over as it is"));
}

ExitCode Tell(const ReplayArguments& arguments, const RebuildReport& report, Console& console) {
  PrintReport(arguments.view, report, arguments.json, console);
  if (arguments.compare && !report.compared_at.has_value()) {
    return Fail(console, kNeedsAttention,
                report.serving
                    ? "not compared: the new build was told before to take over anyway"
                    : "not compared: the old build stands still, and goes on answering; "
                      "`replay " +
                          arguments.view + "` without --compare has the new one take over");
  }
  if (report.serving) return kSound;
  if (report.new_parked > 0) return FailAsParked(arguments.view, report, console);
  return Fail(console, kNeedsAttention,
              "the rows differ, so the old build goes on answering; `replay " + arguments.view +
                  "` without --compare has the new one take over");
}

bool IsBeingBuilt(absl::string_view name, const std::vector<ViewStatus>& views) {
  for (const ViewStatus& view : views) {
    for (const GenerationStatus& build : view.generations) {
      if (view.name == name &&
          (build.state == GenerationState::kBuilding || build.state == GenerationState::kPaused)) {
        return true;
      }
    }
  }
  return false;
}

// The number of the build that was given up.
absl::StatusOr<uint32_t> CancelRunning(App& app, const ProjectionDefinition& view) {
  DAYBOOK_ASSIGN_OR_RETURN(const std::vector<ViewStatus> views, app.views().Status());
  if (!IsBeingBuilt(view.name(), views)) {  // Rebuild would begin a build.
    return absl::NotFoundError(
        absl::StrCat("no generation of view ", view.name(), " is being built"));
  }
  DAYBOOK_ASSIGN_OR_RETURN(RebuildHandle rebuild, app.Rebuild(view.name()));
  rebuild.Cancel();
  const absl::Status outcome = rebuild.Wait().status();
  if (absl::IsCancelled(outcome)) return rebuild.Progress().generation;
  if (!outcome.ok()) return outcome;
  return absl::FailedPreconditionError(
      absl::StrCat("view ", view.name(), ": the new build answers already; `rollback` goes back"));
}

// Without opening the application: it would go on with the build, which might take over.
ExitCode Cancel(const Application& application, const ProjectionDefinition& view,
                const ReplayArguments& arguments, Console& console) {
  absl::StatusOr<uint32_t> number = 0;
  if (application.running() != nullptr) {
    number = CancelRunning(*application.running(), view);
  } else {
    StoreOptions options = application.options().app.store;
    options.create_if_missing = false;
    const absl::StatusOr<std::unique_ptr<EventStore>> store = OpenStore(arguments.store, options);
    if (!store.ok()) return FailToOpen(console, arguments.store, store.status());
    number = GiveUpBuild(**store, view);
  }
  if (!number.ok()) return Fail(console, number.status());
  if (arguments.json) {
    console.out << JsonLine({{"view", view.name()}, {"cancelled", *number}});
  } else {
    console.out << view.name() << ": generation " << *number << " is given up\n";
  }
  return kSound;
}

}  // namespace

ExitCode Replay(const Application& application, const ReplayArguments& arguments,
                Console& console) {
  // Before the store is opened: a wrong name must not wait for the views of another.
  const auto view = application.FindView(arguments.view);
  if (!view.ok()) return Fail(console, view.status());
  if (arguments.cancel) return Cancel(application, **view, arguments, console);
  if (application.running() != nullptr && arguments.workers != 1) {
    return Fail(
        console, kUsage,
        "--workers: the application runs, and folds with the threads that it was opened with");
  }
  // Held: a build that was all but done would answer before it is asked for, and all be done again.
  const auto app = OpenApplication(application, arguments.store,
                                   {.fold_workers = arguments.workers, .hold_rebuilds = true});
  if (!app.ok()) return FailToOpen(console, arguments.store, app.status());
  RebuildOptions options;
  options.compare = arguments.compare;
  options.flip = arguments.compare ? Flip::kWhenEqual : Flip::kAlways;
  absl::StatusOr<RebuildHandle> rebuild = (*app)->Rebuild(arguments.view, options);
  if (!rebuild.ok()) return Fail(console, rebuild.status());
  // It may be one that was begun before: paused since, or built, and waiting as its rows differ.
  rebuild->Resume();
  if (!arguments.compare) rebuild->TakeOver({.with_parked = arguments.with_parked});
  const absl::StatusOr<RebuildReport> report = WaitFor(*rebuild, arguments.view, console);
  if (!report.ok()) return FailToBuild(**app, report.status(), console);
  return Tell(arguments, *report, console);
}

ExitCode Rollback(const Application& application, const RollbackArguments& arguments,
                  Console& console) {
  const auto view = application.FindView(arguments.view);
  if (!view.ok()) return Fail(console, view.status());
  const auto app = OpenApplication(application, arguments.store);
  if (!app.ok()) return FailToOpen(console, arguments.store, app.status());
  const absl::StatusOr<RebuildHandle> rollback = (*app)->Rollback(arguments.view);
  if (!rollback.ok()) return Fail(console, rollback.status());
  const absl::StatusOr<RebuildReport> report = WaitFor(*rollback, arguments.view, console);
  if (!report.ok()) return FailToBuild(**app, report.status(), console);
  PrintReport(arguments.view, *report, arguments.json, console);
  return report->serving ? kSound : FailAsParked(arguments.view, *report, console);
}

}  // namespace daybook::tools
