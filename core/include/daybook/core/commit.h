// What is appended as one: all or nothing (G3).
#ifndef DAYBOOK_CORE_COMMIT_H_
#define DAYBOOK_CORE_COMMIT_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daybook/core/event.h"
#include "daybook/core/event_query.h"
#include "daybook/core/expected_version.h"
#include "daybook/core/position.h"

namespace daybook {

// The events for one stream.
struct StreamAppend {
  std::string stream;
  ExpectedVersion expected = ExpectedVersion::Any();
  // None: nothing is appended, but `expected` must hold all the same.
  std::vector<Event> events;
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

// Ties together commits of which each builds on those before it, in the order of their AppendAsync.
// Once one of them is refused, for whatever reason, all that are not yet sequenced are refused with
// Aborted (without a payload): a later commit may expect a version that holds for another reason
// than that its own predecessor was written. Thread-safe.
class CommitChain {
 public:
  // Called by the store when it refuses a commit of this chain.
  void Break() { broken_.store(true, std::memory_order_release); }
  bool broken() const { return broken_.load(std::memory_order_acquire); }

 private:
  std::atomic<bool> broken_{false};
};

// At least one event, claim or table write; each stream at most once. A commit without events
// takes no position; it becomes durable and visible with the same guarantees.
struct Commit {
  std::vector<StreamAppend> appends;
  // All must hold, or the commit fails with Aborted and a ConditionFailed (event_query.h).
  std::vector<AppendCondition> conditions;
  std::vector<Claim> claims;
  std::vector<TableWrite> writes;
  std::shared_ptr<CommitChain> chain;  // optional
  // The ids of its events were drawn for it just now, so that none can have been appended before:
  // they are not looked up. Never for an append that may be a retry: its events would stand twice.
  bool new_ids = false;
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
  // In the order of Commit::appends, those without events left out.
  std::vector<StreamRange> streams;
  absl::Time recorded_time;
  // Every event id was known already: nothing was written, the rest tells of the first append.
  bool duplicate = false;
};

}  // namespace daybook

#endif  // DAYBOOK_CORE_COMMIT_H_
