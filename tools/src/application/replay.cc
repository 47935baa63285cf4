#include "application/commands.h"
#include "application/open.h"
#include "application/rebuild_text.h"
#include "entry_json.h"
#include "event_text.h"
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
  }
}

// A view that stopped says why in its own status, whose code is the handler's: no class of ours.
ExitCode FailToBuild(const absl::Status& status, Console& console) {
  return absl::IsDataLoss(status) ? Fail(console, status)
                                  : Fail(console, kNeedsAttention, status.message());
}

ExitCode Tell(const std::string& view, const RebuildReport& report, bool json, Console& console) {
  if (json) {
    console.out << JsonLine(ReportJson(view, report));
  } else {
    console.out << ReportText(view, report);
  }
  if (report.serving) return kSound;
  return Fail(console, kNeedsAttention,
              "the rows differ, so the old build goes on answering; `replay " + view +
                  "` without --compare has the new one take over");
}

}  // namespace

ExitCode Replay(const Application& application, const ReplayArguments& arguments,
                Console& console) {
  // Before the store is opened: a wrong name must not wait for the views of another.
  const auto view = application.FindView(arguments.view);
  if (!view.ok()) return Fail(console, view.status());
  absl::StatusOr<App> app =
      OpenApplication(application, arguments.store, {.fold_workers = arguments.workers});
  if (!app.ok()) return FailToOpen(console, arguments.store, app.status());
  RebuildOptions options;
  options.compare = arguments.compare;
  options.flip = arguments.compare ? Flip::kWhenEqual : Flip::kAlways;
  absl::StatusOr<RebuildHandle> rebuild = app->Rebuild(arguments.view, options);
  if (!rebuild.ok()) return Fail(console, rebuild.status());
  // One that was built before, and waits since its rows differ, is the same rebuild.
  if (!arguments.compare) rebuild->TakeOver();
  const absl::StatusOr<RebuildReport> report = WaitFor(*rebuild, arguments.view, console);
  if (!report.ok()) return FailToBuild(report.status(), console);
  return Tell(arguments.view, *report, arguments.json, console);
}

ExitCode Rollback(const Application& application, const RollbackArguments& arguments,
                  Console& console) {
  const auto view = application.FindView(arguments.view);
  if (!view.ok()) return Fail(console, view.status());
  absl::StatusOr<App> app = OpenApplication(application, arguments.store);
  if (!app.ok()) return FailToOpen(console, arguments.store, app.status());
  const absl::StatusOr<RebuildHandle> rollback = app->Rollback(arguments.view);
  if (!rollback.ok()) return Fail(console, rollback.status());
  const absl::StatusOr<RebuildReport> report = WaitFor(*rollback, arguments.view, console);
  if (!report.ok()) return FailToBuild(report.status(), console);
  return Tell(arguments.view, *report, arguments.json, console);
}

}  // namespace daybook::tools
