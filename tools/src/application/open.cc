#include "application/open.h"

namespace daybook::tools {

absl::StatusOr<App> OpenApplication(const Application& application, const std::string& store,
                                    const OpenOptions& options) {
  AppOptions app = application.options().app;
  app.store.create_if_missing = options.create;
  if (options.fold_workers != 0) app.projections.fold_workers = options.fold_workers;
  return application.parts().open(store, app);
}

absl::StatusOr<std::unique_ptr<SnapshotStore>> OpenSnapshots(EventStore& store) {
  absl::StatusOr<std::unique_ptr<SnapshotStore>> snapshots = SnapshotStore::Open(&store);
  if (absl::IsNotFound(snapshots.status())) return nullptr;
  return snapshots;
}

}  // namespace daybook::tools
