#include "daybook/core/log_entry.h"

#include "absl/strings/escaping.h"
#include "daybook/core/status_macros.h"
#include "record.h"

namespace daybook {

absl::StatusOr<LogEntry> LogEntryOf(const RecordedEvent& event) {
  DAYBOOK_ASSIGN_OR_RETURN(const internal::RecordView record,
                           internal::RecordView::Parse(event.position.sequence(), event.record));
  DAYBOOK_RETURN_IF_ERROR(CheckMetadata(record.metadata()));
  LogEntry entry;
  entry.position = event.position;
  entry.stream = std::string(event.stream);
  entry.version = event.version;
  entry.recorded_time = event.recorded_time;
  entry.event.id = event.id;
  entry.event.type = std::string(event.type);
  entry.event.schema_version = event.schema_version;
  entry.event.encoding = event.encoding;
  entry.event.payload = std::string(event.payload);
  entry.event.metadata = event.metadata.ToMetadata();
  entry.id_given = (record.flags() & internal::kIdGiven) != 0;
  if (event.removed) {
    entry.removed = {record.payload_size(), absl::BytesToHexString(record.body())};
  }
  if (record.ends_commit()) entry.commit_chain_hex = absl::BytesToHexString(record.chain());
  return entry;
}

}  // namespace daybook
