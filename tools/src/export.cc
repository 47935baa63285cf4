#include "commands.h"
#include "daybook/core/status_macros.h"
#include "entry_json.h"
#include "store_session.h"

namespace daybook::tools {
namespace {

absl::Status WriteEntries(const StoreReader& reader, Console& console) {
  ReadLogOptions options;
  while (console.out.good()) {
    DAYBOOK_ASSIGN_OR_RETURN(const EventBatch batch, reader.ReadLog(options));
    for (const RecordedEvent& event : batch) {
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
  const absl::StatusOr<StoreSession> session = OpenSession(arguments.store);
  if (!session.ok()) return FailToOpen(console, arguments.store, session.status());
  const StoreStats stats = session->store->Stats();
  console.out << HeadingJson({.events = stats.tip.sequence(), .chain_hex = stats.chain_hex});
  const absl::Status status = WriteEntries(*session->reader, console);
  return status.ok() ? kSound : Fail(console, status);
}

}  // namespace daybook::tools
