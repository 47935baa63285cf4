// Rows of a view, and then what becomes of them. Whoever keeps a copy of the rows, a page in a
// browser or a cache, takes batch after batch into it:
//
//   if (batch->reset) copy.clear();
//   for (auto& changed : batch->rows) changed.row ? copy[changed.key] = *changed.row : erase(key)
//   if (batch->complete) ...   // the copy is what the view was as of batch->position
//
// Nothing is kept for those who watch: which rows the events since the last batch concern is read
// from the log, and these rows then from the view. So any number may watch, each at its own pace; a
// row that changed often meanwhile comes once, as it is now. What it costs: one read of the view's
// events, decoded once more for each who watches, and one point look-up for each row that comes.
#ifndef DAYBOOK_PROJECTIONS_LIVE_QUERY_H_
#define DAYBOOK_PROJECTIONS_LIVE_QUERY_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "daybook/core/position.h"
#include "daybook/core/status_macros.h"
#include "daybook/projections/row_fold.h"

namespace daybook {

struct LiveQueryOptions {
  // Which rows, as in RangeOptions; of those that an index is asked for, too.
  std::string from;
  std::optional<std::string> until;
  std::string prefix;
  // Rows of one batch at most, at least 1.
  size_t batch_rows = 1000;
  // Goes on after the batch that gave this, of the same rows; empty: from the rows that there are.
  std::string resume;
};

// What goes with the rows of a batch.
struct LiveBatch {
  // All rows come, in this batch and those up to the next one that is complete, and what was known
  // of them before is void: at the beginning, when another build of the view has taken over, when
  // parked events were replayed or dropped, when more than a million rows changed, and when the log
  // no longer is the one that `resume` was of, since a backup was restored.
  bool reset = false;
  // The rows that came are as of `position`. Otherwise the rest of them is in the next batch.
  bool complete = true;
  Position position;
  // Where to go on after this batch, in another process too: plain text of at most 2,000
  // characters. Of a batch that is not complete, it has all since the last complete one come again.
  std::string resume;
};

// The rows in their stored form. Not thread-safe.
class LiveRows {
 public:
  // nullopt: there is none with this key; there may have been none before either. A row that an
  // event concerned may come as it was. An error ends the call with it.
  using VisitRow =
      absl::FunctionRef<absl::Status(absl::string_view key, std::optional<absl::string_view> row)>;

  virtual ~LiveRows() = default;
  // Calls `visit` with each row of the next batch, in the order of their keys, or at first in that
  // of the index. Waits until there is
  // one, at most `timeout`: then the batch is empty. Zero: what is there now. An event wakes it at
  // once; that another build took over, or that parked events were released, within a second. What
  // happened since `resume` is read in one call, however long that takes.
  //   the view's own  it stopped, and all before that was handed out: what On returned
  //   DataLoss        a stored row or an event is damaged
  // After an error the rows since the last batch that was complete come again.
  virtual absl::StatusOr<LiveBatch> Next(absl::Duration timeout, VisitRow visit) = 0;
};

template <typename P>
struct ChangedRow {
  std::string key;
  std::optional<typename P::Row> row;  // nullopt: there is none
};

template <typename P>
struct RowBatch : LiveBatch {
  std::vector<ChangedRow<P>> rows;
};

// Made by Watch of App or ProjectionEngine, which must outlive it; no Next may be under way when
// the App is closed, or come later. Between two batches of one moment it holds what was then, as a
// StoreReader does. Not thread-safe.
template <typename P>
class LiveQuery {
 public:
  explicit LiveQuery(std::unique_ptr<LiveRows> rows) : rows_(std::move(rows)) {}

  // As LiveRows::Next. Whoever is to stop soon passes a short timeout, and looks in between.
  absl::StatusOr<RowBatch<P>> Next(absl::Duration timeout) {
    RowBatch<P> batch;
    DAYBOOK_ASSIGN_OR_RETURN(
        static_cast<LiveBatch&>(batch),
        rows_->Next(timeout, [&](absl::string_view key, std::optional<absl::string_view> bytes) {
          ChangedRow<P>& changed = batch.rows.emplace_back();
          changed.key.assign(key.data(), key.size());
          if (!bytes.has_value()) return absl::OkStatus();
          return internal::ParseRow(key, *bytes, &changed.row.emplace());
        }));
    return batch;
  }

 private:
  std::unique_ptr<LiveRows> rows_;
};

}  // namespace daybook

#endif  // DAYBOOK_PROJECTIONS_LIVE_QUERY_H_
