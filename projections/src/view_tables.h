// Where the store keeps what it knows of views: docs/formats/views.md.
#ifndef DAYBOOK_PROJECTIONS_SRC_VIEW_TABLES_H_
#define DAYBOOK_PROJECTIONS_SRC_VIEW_TABLES_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "daybook/core/event_store.h"
#include "daybook/core/position.h"
#include "daybook/projections/view_query.h"
#include "daybook/v1/view.pb.h"

namespace daybook::internal {

inline constexpr absl::string_view kCheckpointsTable = "$views";
inline constexpr absl::string_view kGenerationsTable = "$view-generations";
inline constexpr absl::string_view kTransitionsTable = "$view-transitions";

struct ViewTables {
  TableId checkpoints = 0;
  TableId generations = 0;
  TableId transitions = 0;
  TableId parked = 0;

  static absl::StatusOr<ViewTables> Open(EventStore* store);
};

// The table of the rows of a build of a view.
std::string RowsTable(absl::string_view view, uint32_t generation);
// The key of its checkpoint.
std::string CheckpointKey(absl::string_view view, uint32_t generation);
// The claim on moving it on from `position`, and what the keys of a view's claims start with.
std::string TransitionKey(absl::string_view view, uint32_t generation, Position position);
std::string TransitionPrefix(absl::string_view view);
// The first key after all that start with `prefix`; nullopt when there is none.
std::optional<std::string> AfterPrefix(std::string prefix);

// DataLoss when it does not parse.
absl::StatusOr<v1::ViewCheckpoint> ParseCheckpoint(absl::string_view view, absl::string_view bytes);
// DataLoss also when there is none.
absl::StatusOr<v1::ViewCheckpoint> ReadCheckpoint(const StoreReader& reader, ViewTables tables,
                                                  absl::string_view view, uint32_t generation);
// nullopt for a view that the store does not know.
absl::StatusOr<std::optional<v1::ViewGenerations>> ReadGenerations(const StoreReader& reader,
                                                                   ViewTables tables,
                                                                   absl::string_view view);
TableWrite WriteGenerations(ViewTables tables, absl::string_view view,
                            const v1::ViewGenerations& generations);
// nullptr when there is none of that number.
v1::ViewGeneration* FindGeneration(v1::ViewGenerations& generations, uint32_t number);
ViewFailures FailuresOf(const v1::HandlerFailures& stored);
GenerationState StateOf(const v1::ViewGeneration& generation);
// Of one that is being built: kept when it has answered before, since a rollback goes back to it,
// and dropped otherwise.
void GiveUp(v1::ViewGeneration& generation);

}  // namespace daybook::internal

#endif  // DAYBOOK_PROJECTIONS_SRC_VIEW_TABLES_H_
