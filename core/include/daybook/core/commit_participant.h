// How a room above core takes part in every commit: inline views do.
#ifndef DAYBOOK_CORE_COMMIT_PARTICIPANT_H_
#define DAYBOOK_CORE_COMMIT_PARTICIPANT_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "daybook/core/commit.h"
#include "daybook/core/event.h"

namespace daybook {

// The tables as the commit being built sees them: with the writes of every commit before it,
// published or not, and its own. Writes join the commit; they vanish when the commit is refused. A
// table that was not opened (EventStore::OpenTable) is InvalidArgument (InvalidField
// `participant.table`): Get returns it, and a write has the commit refused with it.
class TableTransaction {
 public:
  virtual ~TableTransaction() = default;
  // nullopt: no such row. DataLoss when the backend cannot read it.
  virtual absl::StatusOr<std::optional<std::string>> Get(TableId table, absl::string_view key) = 0;
  virtual void Put(TableId table, absl::string_view key, absl::string_view value) = 0;
  virtual void Delete(TableId table, absl::string_view key) = 0;
};

// Called by the sequencer for each commit, in the order of positions, never concurrently. Keeps no
// state of its own that a refused or failed commit would make wrong: state belongs in tables.
class CommitParticipant {
 public:
  virtual ~CommitParticipant() = default;
  // `events` are those of the commit, with their positions and versions; may be empty. An error
  // refuses the commit: it is returned to the appender, and nothing of the commit is written. Must
  // not block, nor call the store.
  virtual absl::Status OnCommit(absl::Span<const RecordedEvent> events,
                                TableTransaction& tables) = 0;
};

}  // namespace daybook

#endif  // DAYBOOK_CORE_COMMIT_PARTICIPANT_H_
