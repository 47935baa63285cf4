#include "daybook/aggregates/why.h"

#include <deque>

#include "daybook/aggregates/state_history.h"
#include "daybook/core/errors.h"
#include "daybook/projections/row_history.h"

namespace daybook {
namespace {

absl::Status VisitChanges(const StoreReader& reader, FoldDefinition of, absl::string_view key,
                          const std::optional<LogMoment>& until, VisitStoredChange visit) {
  DAYBOOK_ASSIGN_OR_RETURN(const Position position,
                           PositionOf(reader, until.value_or(LogMoment(reader.tip()))));
  if (const auto* projection = std::get_if<const ProjectionDefinition*>(&of)) {
    return VisitRowChanges(reader, **projection, key, position, visit);
  }
  return VisitStateChanges(reader, *std::get<const AggregateDefinition*>(of), key, position, visit);
}

}  // namespace

absl::StatusOr<std::vector<StoredChange>> StoredWhy(const StoreReader& reader, FoldDefinition of,
                                                    absl::string_view key,
                                                    const WhyOptions& options) {
  if (options.last == 0) return InvalidFieldError("last", "at least 1");
  std::deque<StoredChange> newest;
  DAYBOOK_RETURN_IF_ERROR(
      VisitChanges(reader, of, key, options.until, [&](const StoredChange& change) {
        newest.push_back(change);
        if (newest.size() > options.last) newest.pop_front();
        return true;
      }));
  return std::vector<StoredChange>(std::make_move_iterator(newest.begin()),
                                   std::make_move_iterator(newest.end()));
}

absl::StatusOr<std::optional<StoredChange>> StoredBisect(
    const StoreReader& reader, FoldDefinition of, absl::string_view key,
    absl::FunctionRef<bool(const std::string& value)> holds,
    const std::optional<LogMoment>& until) {
  std::optional<StoredChange> first;
  DAYBOOK_RETURN_IF_ERROR(VisitChanges(reader, of, key, until, [&](const StoredChange& change) {
    if (!change.after.has_value() || !holds(*change.after)) return true;
    first = change;
    return false;
  }));
  return first;
}

}  // namespace daybook
