// Removes the replies that have left the window.
#ifndef DAYBOOK_AGGREGATES_SRC_REPLY_SWEEP_H_
#define DAYBOOK_AGGREGATES_SRC_REPLY_SWEEP_H_

#include <memory>
#include <optional>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "daybook/core/clock.h"
#include "daybook/core/commit.h"
#include "daybook/core/event_store.h"

namespace daybook::internal {

// Follows the log, where commands stand in the order of their times, and so needs no index of its
// own. A reply is removed only where the command's first event is in the log: by that event's id
// the command is known for ever, and never executed again (G4). A rejection, and an acceptance
// without events, leave no other trace: their replies stay. The argument stands in
// docs/adr/0005-replies-leave-along-the-log.md.
//
// Not thread-safe.
class ReplySweep {
 public:
  // `store` and `clock` must outlive it; `replies` is the table that the replies are in.
  static absl::StatusOr<std::unique_ptr<ReplySweep>> Open(EventStore* store, TableId replies,
                                                          Clock* clock, absl::Duration retention);

  // The commit that removes what comes next, at most the replies of kEvents events; nullopt when no
  // event has left the window. It is to be written before the next call. DataLoss where the log
  // cannot be read.
  absl::StatusOr<std::optional<Commit>> Next(const StoreReader& reader);

 private:
  static constexpr size_t kEvents = 1024;

  ReplySweep(TableId cursor, TableId replies, Clock* clock, absl::Duration retention)
      : cursor_(cursor), replies_(replies), clock_(clock), retention_(retention) {}

  const TableId cursor_;  // one row: the position that was reached
  const TableId replies_;
  Clock* const clock_;
  const absl::Duration retention_;
  absl::Time next_ = absl::InfinitePast();  // no event before it is left
};

}  // namespace daybook::internal

#endif  // DAYBOOK_AGGREGATES_SRC_REPLY_SWEEP_H_
