// Rows of a view, by key or by an index, some at a time.
#ifndef DAYBOOK_PROJECTIONS_SRC_VIEW_PAGES_H_
#define DAYBOOK_PROJECTIONS_SRC_VIEW_PAGES_H_

#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "daybook/core/event_store.h"
#include "daybook/projections/view_query.h"
#include "daybook/proto/index_rows.h"
#include "view.h"
#include "view_reader.h"

namespace daybook::internal {

using VisitRow = absl::FunctionRef<bool(absl::string_view key, absl::string_view value)>;

// The first key after this one.
std::string KeyAfter(absl::string_view key);
// What of the rows' table is in the range, whatever its page; and whether that is nothing.
ScanOptions ScanOfRange(const RangeOptions& options);
bool IsEmpty(const ScanOptions& scan);
// A hash of the range, for tokens.
std::string HashOfRange(const RangeOptions& options);

// Calls `visit` with each row of the range, until it returns false. Errors of all: those that
// queries of ProjectionEngine have.
absl::Status ScanRange(const ViewReader& reader, const View& view, const RangeOptions& options,
                       VisitRow visit);
// The same with at most `limit` of them. Returns the token with which the next ones are asked for;
// empty: there are none, or `visit` returned false.
absl::StatusOr<std::string> PageOfRange(const ViewReader& reader, const View& view,
                                        const RangeOptions& options, VisitRow visit);
// The same by an index.
absl::StatusOr<std::string> PageOfIndex(const ViewReader& reader, const View& view,
                                        const IndexQuery& query, const FindOptions& options,
                                        VisitRow visit);

}  // namespace daybook::internal

#endif  // DAYBOOK_PROJECTIONS_SRC_VIEW_PAGES_H_
