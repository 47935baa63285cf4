// A view as it lies in a store, looked at without running it: for tools, which open stores for
// reading only. An application asks its ProjectionEngine.
#ifndef DAYBOOK_PROJECTIONS_STORED_VIEW_H_
#define DAYBOOK_PROJECTIONS_STORED_VIEW_H_

#include <cstddef>
#include <cstdint>
#include <optional>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "daybook/core/event_store.h"
#include "daybook/core/position.h"
#include "daybook/projections/failure_options.h"
#include "daybook/projections/projection.h"
#include "daybook/projections/view_index.h"
#include "daybook/projections/view_query.h"

namespace daybook {

struct StoredView {
  // Which build of the view answers, from 1; 0: no application with this view opened the store yet.
  uint32_t generation = 0;
  // Its rows are the fold of the log up to here.
  Position checkpoint;
  // Built by this very definition. If not, the next opening has another one built, and `rows` may
  // not be read as rows of it.
  bool current = false;
  std::optional<TableId> rows;  // nullopt: nothing was built yet
  // The entries of its indexes; nullopt: it has none.
  std::optional<TableId> index;
  // What the rows lack of it, and where that stands. Of `failures` what only a running view has is
  // 0.
  ViewFailures failures;
  std::optional<TableId> parked;
  // Events of the log behind the checkpoint, whether the view handles them or not; and when the
  // first of them was recorded.
  uint64_t lag_events = 0;
  absl::Time behind_since = absl::InfiniteFuture();
};

// DataLoss where the checkpoint or the log cannot be read. `reader` is one of `store`.
absl::StatusOr<StoredView> FindStoredView(const EventStore& store, const StoreReader& reader,
                                          const ProjectionDefinition& projection);

// Calls `visit` with each stored row that `range` asks for, in order, until it returns false. Pages
// and tokens do not count here. Requires a view with rows.
absl::Status ScanStoredRows(
    const StoreReader& reader, const StoredView& view, const RangeOptions& range,
    absl::FunctionRef<bool(absl::string_view key, absl::string_view row)> visit);

// Calls `visit` with each stored row that `text` asks for, in the order of its index, until it
// returns false. Requires a view that is current.
//   InvalidArgument  as ParseIndexRows
//   DataLoss         an entry is damaged, or its row is missing
absl::Status ScanStoredIndex(
    const StoreReader& reader, const ProjectionDefinition& projection, const StoredView& view,
    const IndexText& text, Direction direction,
    absl::FunctionRef<bool(absl::string_view key, absl::string_view row)> visit);

// What awaits a view behind its checkpoint.
struct PendingEvents {
  // Events that it handles, as far as they were looked at.
  uint64_t events = 0;
  // What it will stop with, naming the event, when it goes on: On refuses it, or it cannot be
  // decoded.
  absl::Status stops;
  // Rows that will be held at an event that they refuse, or that skip it; and the first refusal,
  // naming the event. Those that are held already are not asked.
  uint64_t refused = 0;
  absl::Status refuses;
};

// Folds what the view has not seen, in memory alone, up to `max_events` events that it handles or
// the first that it stops at, as `policy` has it (ProjectionRegistration::policy). Requires a view
// that is current. DataLoss where the log cannot be read.
absl::StatusOr<PendingEvents> TryPendingEvents(const StoreReader& reader,
                                               const ProjectionDefinition& projection,
                                               const StoredView& view, size_t max_events = 100'000,
                                               FailurePolicy policy = FailurePolicy::kStop);

}  // namespace daybook

#endif  // DAYBOOK_PROJECTIONS_STORED_VIEW_H_
