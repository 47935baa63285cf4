// A number that stands for everything that a user could read of a store.
#ifndef DAYBOOK_TESTS_TORTURE_STORE_DIGEST_H_
#define DAYBOOK_TESTS_TORTURE_STORE_DIGEST_H_

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/hash/hash.h"
#include "absl/status/statusor.h"
#include "daybook/core/event_store.h"
#include "daybook/core/log_entry.h"
#include "daybook/core/status_macros.h"

namespace daybook {

// Of the log, of each stream as its index gives it, and of all rows; another one where the index of
// ids is wrong about one of `ids` events, beginning with the `first_id`-th of the log, round and
// round. Within one process only. DataLoss.
inline absl::StatusOr<uint64_t> DigestOf(const EventStore& store, uint64_t first_id, uint64_t ids) {
  const auto reader = store.Reader();
  uint64_t digest = absl::HashOf(reader->tip().sequence(), store.Stats().chain_hex);
  const auto add = [&digest](const RecordedEvent& event) {
    digest = absl::HashOf(digest, event.position.sequence(), event.stream, event.version,
                          event.id.bytes(), event.type, event.payload, event.metadata.bytes());
  };
  ReadLogOptions options;
  options.limit = ~size_t{0};
  options.max_bytes = ~size_t{0};
  DAYBOOK_ASSIGN_OR_RETURN(const EventBatch log, reader->ReadLog(options));
  for (const RecordedEvent& event : log) add(event);
  std::vector<std::pair<std::string, uint64_t>> streams;
  DAYBOOK_RETURN_IF_ERROR(
      reader->ListStreams("", "", [&](absl::string_view stream, uint64_t last_version) {
        streams.emplace_back(stream, last_version);
        return true;
      }));
  for (const auto& [stream, last_version] : streams) {
    ReadStreamOptions all;
    all.limit = all.max_bytes = ~size_t{0};
    DAYBOOK_ASSIGN_OR_RETURN(const EventBatch events, reader->ReadStream(stream, all));
    digest = absl::HashOf(digest, stream, last_version, events.size());
    for (const RecordedEvent& event : events) add(event);
  }
  for (const auto& [name, table] : store.Tables()) {
    digest = absl::HashOf(digest, name, table);
    DAYBOOK_RETURN_IF_ERROR(
        reader->ScanRows(table, {}, [&](absl::string_view key, absl::string_view value) {
          digest = absl::HashOf(digest, key, value);
          return true;
        }));
  }
  for (uint64_t i = 0; i < std::min<uint64_t>(ids, log.size()); ++i) {
    const RecordedEvent& event = log[(first_id + i) % log.size()];
    DAYBOOK_ASSIGN_OR_RETURN(const LogEntry entry, LogEntryOf(event));
    DAYBOOK_ASSIGN_OR_RETURN(const std::optional<Position> found, reader->FindEvent(event.id));
    if (found != (entry.id_given ? std::optional<Position>(event.position) : std::nullopt)) {
      digest = ~digest;
    }
  }
  return digest;
}

}  // namespace daybook

#endif  // DAYBOOK_TESTS_TORTURE_STORE_DIGEST_H_
