// Why a row or a state is what it is: the events that made it so, each with the value before and
// after it; and since when something holds of it.
//
// Everywhere T is a projection, and the key that of a row; or an aggregate, and the key that of its
// stream. The cost and the errors are those of row_history.h and state_history.h. Thread-safe.
#ifndef DAYBOOK_AGGREGATES_WHY_H_
#define DAYBOOK_AGGREGATES_WHY_H_

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "daybook/aggregates/aggregate.h"
#include "daybook/core/change.h"
#include "daybook/core/event_store.h"
#include "daybook/core/moment.h"
#include "daybook/core/status_macros.h"
#include "daybook/projections/projection.h"

namespace daybook {

struct WhyOptions {
  std::optional<LogMoment> until;  // nullopt: up to now
  // The newest so many changes, at least 1. All of them are folded; these are kept.
  size_t last = 1000;
};

// A row's or state's kind, for those who know it at run time only. Viewed, not owned.
using FoldDefinition = std::variant<const ProjectionDefinition*, const AggregateDefinition*>;

// The changes in order; empty when no event ever touched it. InvalidArgument (InvalidField) when
// `options.last` is 0.
absl::StatusOr<std::vector<StoredChange>> StoredWhy(const StoreReader& reader, FoldDefinition of,
                                                    absl::string_view key,
                                                    const WhyOptions& options = {});

// The first change up to `until` after which the value is there and `holds` of it; nullopt: none.
// One pass that ends at that event. A binary search over the events would fold the same events
// several times over, and find the first one only where what holds once holds for ever.
absl::StatusOr<std::optional<StoredChange>> StoredBisect(
    const StoreReader& reader, FoldDefinition of, absl::string_view key,
    absl::FunctionRef<bool(const std::string& value)> holds,
    const std::optional<LogMoment>& until = std::nullopt);

namespace internal {

template <typename T>
struct ValueFoldedBy {
  using type = typename T::State;
};
template <typename T>
requires requires {
  typename T::Row;
}
struct ValueFoldedBy<T> {
  using type = typename T::Row;
};

template <typename T>
FoldDefinition FoldDefinitionOf() {
  if constexpr (requires { typename T::Row; }) {
    static const ProjectionDefinition* const kDefinition =
        new ProjectionDefinition(*DefinitionOf<T>());
    return kDefinition;
  } else {
    return &AggregateDefinitionOf<T>();
  }
}

template <typename Value>
Change<Value> ParseChange(StoredChange stored) {
  const auto parse = [](const std::optional<std::string>& bytes) {
    std::optional<Value> value;
    if (bytes.has_value()) value.emplace().ParseFromString(*bytes);
    return value;
  };
  return {std::move(stored.event), parse(stored.before), parse(stored.after)};
}

}  // namespace internal

// P::Row or A::State.
template <typename T>
using FoldedBy = typename internal::ValueFoldedBy<T>::type;

// As StoredWhy.
template <typename T>
absl::StatusOr<std::vector<Change<FoldedBy<T>>>> Why(const StoreReader& reader,
                                                     absl::string_view key,
                                                     const WhyOptions& options = {}) {
  DAYBOOK_ASSIGN_OR_RETURN(std::vector<StoredChange> stored,
                           StoredWhy(reader, internal::FoldDefinitionOf<T>(), key, options));
  std::vector<Change<FoldedBy<T>>> changes;
  for (StoredChange& change : stored) {
    changes.push_back(internal::ParseChange<FoldedBy<T>>(std::move(change)));
  }
  return changes;
}

// As StoredBisect.
template <typename T>
absl::StatusOr<std::optional<Change<FoldedBy<T>>>> Bisect(
    const StoreReader& reader, absl::string_view key,
    absl::FunctionRef<bool(const FoldedBy<T>& value)> holds) {
  FoldedBy<T> value;
  DAYBOOK_ASSIGN_OR_RETURN(
      std::optional<StoredChange> stored,
      StoredBisect(reader, internal::FoldDefinitionOf<T>(), key, [&](const std::string& bytes) {
        return value.ParseFromString(bytes) && holds(value);
      }));
  if (!stored.has_value()) return std::nullopt;
  return internal::ParseChange<FoldedBy<T>>(*std::move(stored));
}

}  // namespace daybook

#endif  // DAYBOOK_AGGREGATES_WHY_H_
