#include "commands.h"
#include "daybook/core/event_survey.h"
#include "nlohmann/json.hpp"
#include "printable.h"
#include "store_session.h"

namespace daybook::tools {
namespace {

void PrintSchema(const SurveyedEvents& events, const SchemaCatalog& catalog, bool json,
                 Console& console) {
  const auto* descriptor = catalog.Find(events.type, events.schema_version);
  if (!json) {
    console.out << Printable(events.type) << "  " << events.schema_version << "  " << events.events
                << "  " << events.first.ToString() << ".." << events.last.ToString() << "  "
                << (descriptor == nullptr ? "(no descriptor)" : Printable(descriptor->full_name()))
                << "\n";
    return;
  }
  nlohmann::ordered_json line = {{"type", events.type},
                                 {"schema_version", events.schema_version},
                                 {"events", events.events},
                                 {"first", events.first.sequence()},
                                 {"last", events.last.sequence()}};
  if (events.sample.has_value()) line["sample"] = events.sample->sequence();
  if (descriptor != nullptr) line["message"] = descriptor->full_name();
  console.out << JsonLine(line);
}

}  // namespace

ExitCode Schema(const SchemaArguments& arguments, Console& console) {
  const absl::StatusOr<StoreSession> session = OpenSession(arguments.store, console);
  if (!session.ok()) return FailToOpen(console, arguments.store, session.status());
  const absl::StatusOr<std::vector<SurveyedEvents>> survey = SurveyEvents(*session->reader);
  if (!survey.ok()) return Fail(console, survey.status());
  for (const SurveyedEvents& events : *survey) {
    PrintSchema(events, *session->catalog, arguments.json, console);
  }
  return kSound;
}

}  // namespace daybook::tools
