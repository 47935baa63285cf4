// Answers queries on views, whichever build of them serves.
#ifndef DAYBOOK_PROJECTIONS_SRC_VIEW_READER_H_
#define DAYBOOK_PROJECTIONS_SRC_VIEW_READER_H_

#include <memory>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "daybook/core/clock.h"
#include "daybook/core/event_store.h"
#include "daybook/core/token.h"
#include "daybook/projections/view_query.h"
#include "tip_waiters.h"
#include "view.h"
#include "view_tables.h"

namespace daybook::internal {

// Thread-safe.
class ViewReader {
 public:
  // A table, and a reader in which its rows are whole and cover what was asked for.
  struct Rows {
    TableId table;
    std::shared_ptr<const StoreReader> reader;
    const Generation* generation;
    // The rows are the fold of the log up to here, or to where the checkpoint that `reader` sees is
    // further.
    Position visible;
    bool may_be_parked;  // of some keys, events up to what was asked for
  };

  // All must outlive this.
  ViewReader(EventStore* store, TipWaiters* tip_waiters, ViewTables tables, Clock* clock)
      : store_(*store), tip_waiters_(*tip_waiters), tables_(tables), clock_(*clock) {}

  absl::StatusOr<Rows> At(const View& view, std::optional<Token> at_least,
                          absl::Duration timeout) const;
  // That of the build whose `rows` they are, as `rows.reader` sees it.
  absl::StatusOr<v1::ViewCheckpoint> CheckpointOf(const Rows& rows) const {
    return ReadCheckpoint(*rows.reader, tables_, rows.generation->name(), rows.generation->number);
  }
  // Of a row of `rows`: the error of its first event up to `at_least` that is parked; OK: none is.
  absl::Status CheckNotParked(const Rows& rows, absl::string_view key, Token at_least) const;
  absl::StatusOr<ViewStatus> Status(const View& view) const;

 private:
  // Up to where the rows that `reader` sees are the fold of the log.
  absl::StatusOr<Position> Covered(const Generation& generation, const StoreReader& reader,
                                   const ViewProgress::Snapshot& progress) const;

  EventStore& store_;
  TipWaiters& tip_waiters_;
  const ViewTables tables_;
  Clock& clock_;
};

}  // namespace daybook::internal

#endif  // DAYBOOK_PROJECTIONS_SRC_VIEW_READER_H_
