// Which rows of a view somebody watches: a range of keys, or what an index is asked for.
#ifndef DAYBOOK_PROJECTIONS_SRC_WATCHED_ROWS_H_
#define DAYBOOK_PROJECTIONS_SRC_WATCHED_ROWS_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "daybook/projections/view_query.h"
#include "daybook/proto/index_rows.h"
#include "query_token.h"
#include "view.h"
#include "view_reader.h"

namespace daybook::internal {

// Not thread-safe.
class WatchedRows {
 public:
  using VisitRow = absl::FunctionRef<absl::Status(absl::string_view key, absl::string_view row)>;

  virtual ~WatchedRows() = default;
  // What tokens say of them.
  virtual TokenQuery query() const = 0;
  // False: no row with this key is one of them.
  virtual bool MayHave(absl::string_view key) const = 0;
  // The stored row of `key`, if it is one of them.
  virtual absl::StatusOr<std::optional<std::string>> Get(const ViewReader::Rows& rows,
                                                         absl::string_view key) = 0;
  // Calls `visit` with those after `place`, at most `limit`, and moves it to the last one. True:
  // there are no more.
  virtual absl::StatusOr<bool> Visit(const ViewReader::Rows& rows, size_t limit,
                                     std::optional<std::string>* place, VisitRow visit) = 0;
  // Whether a row that changes may come to be one of them, or be one no longer: by more than its
  // being there.
  virtual bool ByWhatRowsHold() const = 0;
};

std::unique_ptr<WatchedRows> WatchedRange(const View& view, const RangeOptions& range);
// Of these rows, those in the range too. InvalidArgument (InvalidField "index").
absl::StatusOr<std::unique_ptr<WatchedRows>> WatchedByIndex(const View& view,
                                                            const IndexQuery& query,
                                                            const RangeOptions& range);

}  // namespace daybook::internal

#endif  // DAYBOOK_PROJECTIONS_SRC_WATCHED_ROWS_H_
