#include "application/open.h"

#include <utility>

#include "daybook/core/status_macros.h"

namespace daybook::tools {

absl::StatusOr<std::shared_ptr<App>> OpenApplication(const Application& application,
                                                     const std::string& store,
                                                     const OpenOptions& options) {
  if (application.running() != nullptr) {
    return std::shared_ptr<App>(std::shared_ptr<App>(), application.running());
  }
  AppOptions app = application.options().app;
  app.store.create_if_missing = options.create;
  if (options.fold_workers != 0) app.projections.fold_workers = options.fold_workers;
  app.projections.hold_rebuilds = options.hold_rebuilds;
  DAYBOOK_ASSIGN_OR_RETURN(App opened, application.parts().open(store, app));
  return std::make_shared<App>(std::move(opened));
}

absl::StatusOr<std::unique_ptr<SnapshotStore>> OpenSnapshots(EventStore& store) {
  absl::StatusOr<std::unique_ptr<SnapshotStore>> snapshots = SnapshotStore::Open(&store);
  if (absl::IsNotFound(snapshots.status())) return nullptr;
  return snapshots;
}

}  // namespace daybook::tools
