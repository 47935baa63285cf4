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
  const absl::StatusOr<StoreSession> session = OpenSession(arguments.store);
  if (!session.ok()) return FailToOpen(console, arguments.store, session.status());
  const absl::StatusOr<std::vector<Finding>> findings = Examine({application, arguments, *session});
  if (!findings.ok()) return Fail(console, findings.status());
  for (const Finding& finding : *findings) Tell(finding, arguments.json, console);
  const bool urgent = std::any_of(findings->begin(), findings->end(),
                                  [](const Finding& finding) { return finding.urgent; });
  if (!urgent && !arguments.json) console.out << "nothing needs attention\n";
  return urgent ? kNeedsAttention : kSound;
}

}  // namespace daybook::tools
