// One registered view and its builds: what the engine, the commits and the task behind them share.
#ifndef DAYBOOK_PROJECTIONS_SRC_VIEW_H_
#define DAYBOOK_PROJECTIONS_SRC_VIEW_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "daybook/core/event_store.h"
#include "daybook/core/position.h"
#include "daybook/projections/failure_options.h"
#include "daybook/projections/projection.h"
#include "daybook/v1/parked.pb.h"
#include "daybook/v1/view.pb.h"
#include "view_progress.h"

namespace daybook::internal {

// One build of a view: its rows, and how far they are.
struct Generation {
  // Constant.
  std::shared_ptr<const ProjectionDefinition> definition;
  Lifecycle lifecycle = Lifecycle::kAsync;
  uint32_t number = 0;
  TableId rows = 0;
  // Where it has indexes: what they are, and their entries.
  std::string index_layout;
  std::optional<TableId> index;
  // Another definition built it: its rows are read as they are, and nobody moves it on.
  bool stale = false;
  // What is done with an event that it cannot take. An inline one stops at it.
  FailureOptions on_failure;

  ViewProgress progress;
  std::atomic<uint64_t> rows_written{0};
  // Of keys that are held: how many at most as of what is visible, how many are tried again by
  // themselves, and the memory for all of them.
  std::atomic<uint64_t> parked_keys{0};
  std::atomic<uint64_t> retrying_keys{0};
  std::atomic<uint64_t> parked_bytes{0};
  // What stands in its checkpoint. Of who moves it; constant where commits do.
  v1::HandlerFailures failures;

  const std::string& name() const { return definition->name(); }
  bool is_inline() const { return lifecycle == Lifecycle::kInline; }

  // Its row of "$views". Not of a stale one.
  std::string Checkpoint(Position position, bool in_commits) const;
};

struct View {
  ProjectionRegistration registration;
  // Those of use since the engine was opened; they live as long as it. Of the task's steps only,
  // once it has started; so is `stored`, what the store knows of them.
  std::vector<std::unique_ptr<Generation>> generations;
  v1::ViewGenerations stored;
  // The one that answers. From any thread.
  std::atomic<Generation*> serving{nullptr};

  const ProjectionDefinition& definition() const { return *registration.definition; }
  const std::string& name() const { return definition().name(); }
};

// `status` with its code and payloads, and the view and the event before its message.
absl::Status AtEvent(absl::string_view view, absl::string_view verb, const RecordedEvent& event,
                     const absl::Status& status);

}  // namespace daybook::internal

#endif  // DAYBOOK_PROJECTIONS_SRC_VIEW_H_
