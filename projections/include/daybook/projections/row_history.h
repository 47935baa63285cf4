// The past of a view's rows. A view keeps its newest rows alone; older ones are folded from the log
// again, by the projection of this build. So no view has to be registered or running for it.
//
// Performance: where every row is that of its stream's key, asking for one row reads that stream.
// Otherwise the log is read from its start to the moment asked for, which takes time in proportion
// to its length, a second for some millions of events; the events of other types are passed over
// without decoding, and other rows without folding. One row at a time is in memory, but for RowsAt.
//
// Errors: NotFound when the position is beyond the tip; what On returned, with the view and the
// event, when it refuses one (other rows' refusals are not met); DataLoss when an event cannot be
// decoded (Damage), or is of a schema version that this build does not know (UnknownEvent).
// Thread-safe.
#ifndef DAYBOOK_PROJECTIONS_ROW_HISTORY_H_
#define DAYBOOK_PROJECTIONS_ROW_HISTORY_H_

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "daybook/core/change.h"
#include "daybook/core/event_store.h"
#include "daybook/core/moment.h"
#include "daybook/core/position.h"
#include "daybook/core/status_macros.h"
#include "daybook/projections/projection.h"

namespace daybook {

// Without the projection's type: rows in their stored form.

// Calls `visit` with each event up to `until` for which On was called with the row of `key`, in
// order, until it returns false.
absl::Status VisitRowChanges(const StoreReader& reader, const ProjectionDefinition& projection,
                             absl::string_view key, Position until, VisitStoredChange visit);

// The row of `key` right after the event at `position`; nullopt when there was none.
absl::StatusOr<std::optional<std::string>> RowAt(const StoreReader& reader,
                                                 const ProjectionDefinition& projection,
                                                 absl::string_view key, Position position);

// All rows right after the event at `position`, by key. They are in memory together.
absl::StatusOr<std::map<std::string, std::string>> RowsAt(const StoreReader& reader,
                                                          const ProjectionDefinition& projection,
                                                          Position position);

namespace internal {
absl::Status NoRow(absl::string_view view, absl::string_view key);
absl::Status NoRowAt(absl::string_view view, absl::string_view key, Position position);
}  // namespace internal

// The row of `key` as it was at the moment. NotFound, too, when there was none.
template <typename P>
absl::StatusOr<typename P::Row> GetAt(const StoreReader& reader, absl::string_view key,
                                      const LogMoment& moment) {
  DAYBOOK_ASSIGN_OR_RETURN(const Position position, PositionOf(reader, moment));
  DAYBOOK_ASSIGN_OR_RETURN(const std::optional<std::string> bytes,
                           RowAt(reader, *internal::DefinitionOf<P>(), key, position));
  typename P::Row row;
  if (!bytes.has_value()) return internal::NoRowAt(P::kName, key, position);
  DAYBOOK_RETURN_IF_ERROR(internal::ParseRow(key, *bytes, &row));
  return row;
}

}  // namespace daybook

#endif  // DAYBOOK_PROJECTIONS_ROW_HISTORY_H_
