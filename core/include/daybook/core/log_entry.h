// An event of the log with all that it takes to write it again bit for bit: what export and import
// hand on.
#ifndef DAYBOOK_CORE_LOG_ENTRY_H_
#define DAYBOOK_CORE_LOG_ENTRY_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "daybook/core/event.h"
#include "daybook/core/position.h"

namespace daybook {

// What a removed payload left in the log.
struct RemovedPayload {
  uint32_t size = 0;
  std::string digest_hex;  // its SHA-256, 64 hexadecimal digits
};

struct LogEntry {
  Position position;
  std::string stream;
  uint64_t version = 0;
  absl::Time recorded_time;  // to the microsecond
  Event event;               // with its id; without a payload when that was removed
  // The id was given by whoever appended the event, and not drawn by the store.
  bool id_given = false;
  std::optional<RemovedPayload> removed;
  // The event ends its commit: the chain hash there, 64 hexadecimal digits. Empty: the commit goes
  // on.
  std::string commit_chain_hex;
};

// Of an event that was read from a store. DataLoss where its record is damaged.
absl::StatusOr<LogEntry> LogEntryOf(const RecordedEvent& event);

}  // namespace daybook

#endif  // DAYBOOK_CORE_LOG_ENTRY_H_
