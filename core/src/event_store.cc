#include "daybook/core/event_store.h"

#include <utility>

namespace daybook {

absl::StatusOr<AppendResult> EventStore::Append(Commit commit) {
  const BlockingCall call;
  Latch done;
  absl::StatusOr<AppendResult> outcome = absl::InternalError("no outcome");
  AppendAsync(std::move(commit), [&](absl::StatusOr<AppendResult> result) {
    outcome = std::move(result);
    done.Open();
  });
  runtime().Await(done);
  return outcome;
}

absl::StatusOr<AppendResult> EventStore::Append(absl::string_view stream, ExpectedVersion expected,
                                                std::vector<Event> events) {
  Commit commit;
  commit.appends.push_back({std::string(stream), expected, std::move(events)});
  return Append(std::move(commit));
}

std::optional<TableId> FindTable(const EventStore& store, absl::string_view name) {
  for (const auto& [known, id] : store.Tables()) {
    if (known == name) return id;
  }
  return std::nullopt;
}

}  // namespace daybook
