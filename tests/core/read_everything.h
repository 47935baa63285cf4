// The whole content of a store, to be compared.
#ifndef DAYBOOK_TESTS_CORE_READ_EVERYTHING_H_
#define DAYBOOK_TESTS_CORE_READ_EVERYTHING_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "daybook/core/event_store.h"

namespace daybook {

// Everything that a user could read of a store, as text.
using StoreContent = std::vector<std::string>;

inline absl::StatusOr<StoreContent> ReadEverything(const EventStore& store) {
  StoreContent content;
  const auto reader = store.Reader();
  ReadLogOptions options;
  while (true) {
    absl::StatusOr<EventBatch> batch = reader->ReadLog(options);
    if (!batch.ok()) return batch.status();
    for (const RecordedEvent& event : *batch) {
      content.push_back(absl::StrCat(event.position.ToString(), " ", event.stream, "@",
                                     event.version, " ", event.type, " ", event.id.ToString(), " ",
                                     event.payload));
      absl::StatusOr<EventBatch> in_stream =
          reader->ReadStream(event.stream, {.from = event.version, .limit = 1});
      if (!in_stream.ok()) return in_stream.status();
      if (in_stream->empty() || in_stream->front().id != event.id) {
        content.push_back(absl::StrCat("not in its stream: ", event.position.ToString()));
      }
    }
    options.from = batch->next();
    if (batch->at_end()) break;
  }
  for (const auto& [name, table] : store.Tables()) {
    absl::Status scanned = reader->ScanRows(
        table, {}, [&, &table_name = name](absl::string_view key, absl::string_view value) {
          content.push_back(absl::StrCat(table_name, "[", key, "] = ", value));
          return true;
        });
    if (!scanned.ok()) return scanned;
  }
  return content;
}

}  // namespace daybook

#endif  // DAYBOOK_TESTS_CORE_READ_EVERYTHING_H_
