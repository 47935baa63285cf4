// What is appended as one: all or nothing (G3).
#ifndef DAYBOOK_CORE_COMMIT_H_
#define DAYBOOK_CORE_COMMIT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daybook/core/event.h"
#include "daybook/core/expected_version.h"
#include "daybook/core/position.h"

namespace daybook {

// The events for one stream.
struct StreamAppend {
  std::string stream;
  ExpectedVersion expected = ExpectedVersion::Any();
  std::vector<Event> events;  // at least one
};

// A table of the store: an ordered set of rows, for views, replies, snapshots, checkpoints. Its
// number comes from EventStore::OpenTable and stays with the table's name for ever.
using TableId = uint32_t;

// Sets or deletes a row.
struct TableWrite {
  TableId table = 0;
  std::string key;                   // 0 to kMaxRowKeyBytes bytes, ordered bytewise
  std::optional<std::string> value;  // nullopt: delete. At most kMaxRowBytes
};

// A row that must not exist yet: a unique key, a command's reply. When it does, the whole commit
// fails with Aborted and a ClaimConflict that holds the existing value.
struct Claim {
  TableId table = 0;
  std::string key;
  std::string value;
};

// At least one event, claim or table write; each stream at most once. A commit without events
// takes no position; it becomes durable and visible with the same guarantees.
struct Commit {
  std::vector<StreamAppend> appends;
  std::vector<Claim> claims;
  std::vector<TableWrite> writes;
};

// Where the events of one stream went.
struct StreamRange {
  std::string stream;
  uint64_t first_version = 0;
  uint64_t last_version = 0;
};

struct AppendResult {
  // The positions of the commit's first and last event; for a commit without events both are the
  // tip that it was written at.
  Position first;
  Position last;
  std::vector<StreamRange> streams;  // in the order of Commit::appends
  absl::Time recorded_time;
  // Every event id was known already: nothing was written, the rest tells of the first append.
  bool duplicate = false;
};

}  // namespace daybook

#endif  // DAYBOOK_CORE_COMMIT_H_
