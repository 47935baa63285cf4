#include "daybook/aggregates/schema_check.h"

#include "application/commands.h"
#include "nlohmann/json.hpp"
#include "printable.h"
#include "store_session.h"

namespace daybook::tools {
namespace {

void Tell(const SchemaReport& report, bool json, Console& console) {
  for (const SchemaFinding& finding : report.findings) {
    if (!json) {
      console.out << Printable(finding.ToString()) << "\n";
      continue;
    }
    nlohmann::ordered_json line = {{"type", finding.type},
                                   {"schema_version", finding.schema_version}};
    if (!finding.message.empty()) line["message"] = finding.message;
    if (!finding.field.empty()) line["field"] = finding.field;
    line["rule"] = finding.rule;
    console.out << JsonLine(line);
  }
  if (!json) {
    console.out << report.findings.size() << " findings in " << report.schemas << " schemas of "
                << report.events << " events; " << report.streams_folded << " streams folded\n";
  }
}

}  // namespace

ExitCode CheckSchemas(const Application& application, const SchemaCheckArguments& arguments,
                      Console& console) {
  const absl::StatusOr<StoreSession> session = OpenSession(arguments.store, console);
  if (!session.ok()) return FailToOpen(console, arguments.store, session.status());
  const absl::StatusOr<SchemaReport> report =
      internal::CheckSchemaOf(*session->store, application.Registrations());
  if (!report.ok()) return Fail(console, report.status());
  Tell(*report, arguments.json, console);
  return report->findings.empty() ? kSound : kNeedsAttention;
}

}  // namespace daybook::tools
