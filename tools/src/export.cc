#include "commands.h"
#include "daybook/core/status_macros.h"
#include "entry_json.h"
#include "store_session.h"

namespace daybook::tools {
namespace {

// Up to `tip`: a store that is open may have gone on.
absl::Status WriteEntries(const StoreReader& reader, Position tip, Console& console) {
  ReadLogOptions options;
  while (console.out.good()) {
    DAYBOOK_ASSIGN_OR_RETURN(const EventBatch batch, reader.ReadLog(options));
    for (const RecordedEvent& event : batch) {
      if (event.position > tip) return absl::OkStatus();
      DAYBOOK_ASSIGN_OR_RETURN(const LogEntry entry, LogEntryOf(event));
      console.out << EntryJson(entry);
    }
    if (batch.at_end()) break;
    options.from = batch.next();
  }
  return absl::OkStatus();
}

}  // namespace

ExitCode Export(const ExportArguments& arguments, Console& console) {
  const absl::StatusOr<StoreSession> session = OpenSession(arguments.store, console);
  if (!session.ok()) return FailToOpen(console, arguments.store, session.status());
  const StoreStats stats = session->store->Stats();
  console.out << HeadingJson({.events = stats.tip.sequence(), .chain_hex = stats.chain_hex});
  const absl::Status status = WriteEntries(*session->store->Reader(), stats.tip, console);
  return status.ok() ? kSound : Fail(console, status);
}

}  // namespace daybook::tools
