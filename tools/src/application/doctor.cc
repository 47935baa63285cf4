#include <algorithm>
#include <vector>

#include "application/commands.h"
#include "application/findings.h"
#include "daybook/core/status_macros.h"
#include "nlohmann/json.hpp"
#include "printable.h"
#include "store_session.h"

namespace daybook::tools {
namespace {

absl::StatusOr<std::vector<Finding>> Examine(const Patient& patient) {
  std::vector<Finding> findings;
  for (const auto find : {&FindInViews, &FindInSnapshots, &FindInSchemas, &FindOnDisk}) {
    DAYBOOK_RETURN_IF_ERROR(find(patient, &findings));
  }
  return findings;
}

// A running application's views are a moment behind its log, which is no finding: those that work
// get the time to reach where the log ends now, and that is where they are due. Otherwise they are
// due at the end of the log, whatever it is.
constexpr absl::Duration kTimeToArrive = absl::Seconds(5);
constexpr absl::Duration kLook = absl::Milliseconds(50);

absl::StatusOr<Position> WaitForViews(const Application& application, const Console& console) {
  if (application.running() == nullptr) return Position::End();
  const App& app = *application.running();
  const Position due = app.store().Tip();
  for (absl::Duration waited; waited < kTimeToArrive && console.wait(kLook); waited += kLook) {
    DAYBOOK_ASSIGN_OR_RETURN(const std::vector<ViewStatus> views, app.views().Status());
    if (std::all_of(views.begin(), views.end(),
                    [due](const ViewStatus& view) { return view.checkpoint >= due; })) {
      break;
    }
  }
  return due;
}

void Tell(const Finding& finding, bool json, Console& console) {
  if (json) {
    console.out << JsonLine({{"check", finding.check},
                             {"urgent", finding.urgent},
                             {"problem", finding.problem},
                             {"mend", finding.mend}});
  } else {
    console.out << (finding.urgent ? "" : "note: ") << Printable(finding.problem) << "\n    "
                << Printable(finding.mend) << "\n";
  }
}

}  // namespace

ExitCode Doctor(const Application& application, const DoctorArguments& arguments,
                Console& console) {
  const absl::StatusOr<Position> arrived = WaitForViews(application, console);
  if (!arrived.ok()) return Fail(console, arrived.status());
  const absl::StatusOr<StoreSession> session = OpenSession(arguments.store, console);
  if (!session.ok()) return FailToOpen(console, arguments.store, session.status());
  const Position due = std::min(*arrived, session->reader->tip());
  const absl::StatusOr<std::vector<Finding>> findings =
      Examine({application, arguments, *session, due});
  if (!findings.ok()) return Fail(console, findings.status());
  for (const Finding& finding : *findings) Tell(finding, arguments.json, console);
  const bool urgent = std::any_of(findings->begin(), findings->end(),
                                  [](const Finding& finding) { return finding.urgent; });
  if (!urgent && !arguments.json) console.out << "nothing needs attention\n";
  return urgent ? kNeedsAttention : kSound;
}

}  // namespace daybook::tools
