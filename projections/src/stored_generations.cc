#include "daybook/projections/stored_generations.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "daybook/core/status_macros.h"
#include "index_table.h"
#include "parked_table.h"
#include "view_tables.h"

namespace daybook {
namespace {

using Stored = v1::ViewGeneration;

absl::StatusOr<v1::ViewGenerations> ReadKnown(const EventStore& store, const StoreReader& reader,
                                              absl::string_view view) {
  const std::optional<TableId> list = FindTable(store, internal::kGenerationsTable);
  if (!list.has_value()) return v1::ViewGenerations();
  DAYBOOK_ASSIGN_OR_RETURN(std::optional<v1::ViewGenerations> known,
                           internal::ReadGenerations(reader, {.generations = *list}, view));
  return std::move(known).value_or(v1::ViewGenerations());
}

absl::StatusOr<StoredView> FindBuild(const EventStore& store, const StoreReader& reader,
                                     const ProjectionDefinition& projection, const Stored& stored) {
  StoredView view;
  view.generation = stored.number();
  view.current = stored.fingerprint() == projection.fingerprint().bytes();
  view.rows = FindTable(store, internal::RowsTable(projection.name(), stored.number()));
  view.index = FindTable(store, internal::IndexTable(projection.name(), stored.number()));
  view.parked = FindTable(store, internal::kParkedTable);
  // One of the first form that is being dropped has no checkpoint any more.
  if (const auto table = FindTable(store, internal::kCheckpointsTable); table.has_value()) {
    DAYBOOK_ASSIGN_OR_RETURN(
        const std::optional<std::string> row,
        reader.GetRow(*table, internal::CheckpointKey(projection.name(), stored.number())));
    if (row.has_value()) {
      DAYBOOK_ASSIGN_OR_RETURN(const v1::ViewCheckpoint checkpoint,
                               internal::ParseCheckpoint(projection.name(), *row));
      view.checkpoint = Position(checkpoint.position());
      view.failures = internal::FailuresOf(checkpoint.failures());
    }
  }
  view.lag_events = reader.tip().sequence() - std::min(reader.tip(), view.checkpoint).sequence();
  return view;
}

}  // namespace

absl::StatusOr<std::vector<StoredGeneration>> FindGenerations(
    const EventStore& store, const StoreReader& reader, const ProjectionDefinition& projection,
    size_t max_events, FailurePolicy policy) {
  DAYBOOK_ASSIGN_OR_RETURN(const v1::ViewGenerations known,
                           ReadKnown(store, reader, projection.name()));
  std::vector<StoredGeneration> found;
  for (const Stored& stored : known.generations()) {
    StoredGeneration& one = found.emplace_back();
    one.state = internal::StateOf(stored);
    DAYBOOK_ASSIGN_OR_RETURN(one.view, FindBuild(store, reader, projection, stored));
    // One of another definition is given up at the next opening.
    if (one.state != GenerationState::kBuilding || !one.view.current) continue;
    DAYBOOK_ASSIGN_OR_RETURN(const PendingEvents pending,
                             TryPendingEvents(reader, projection, one.view, max_events, policy));
    one.stops = pending.stops;
    one.waits = one.stops.ok() && pending.events == 0 &&
                (stored.flip() != Stored::FLIP_ALWAYS || one.view.failures.parked_keys > 0);
  }
  std::sort(found.begin(), found.end(),
            [](const auto& a, const auto& b) { return a.view.generation < b.view.generation; });
  return found;
}

absl::StatusOr<uint32_t> GiveUpBuild(EventStore& store, const ProjectionDefinition& projection) {
  DAYBOOK_ASSIGN_OR_RETURN(v1::ViewGenerations generations,
                           ReadKnown(store, *store.Reader(), projection.name()));
  for (Stored& generation : *generations.mutable_generations()) {
    if (generation.state() != Stored::STATE_BUILDING) continue;
    internal::GiveUp(generation);
    const internal::ViewTables tables = {.generations =
                                             *FindTable(store, internal::kGenerationsTable)};
    Commit commit;
    commit.writes.push_back(internal::WriteGenerations(tables, projection.name(), generations));
    DAYBOOK_RETURN_IF_ERROR(store.Append(std::move(commit)).status());
    return generation.number();
  }
  return absl::NotFoundError(
      absl::StrCat("no generation of view ", projection.name(), " is being built"));
}

}  // namespace daybook
