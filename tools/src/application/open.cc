#include "application/open.h"

namespace daybook::tools {

absl::StatusOr<App> OpenApplication(const Application& application, const std::string& store,
                                    bool create) {
  AppOptions options = application.options().app;
  options.store.create_if_missing = create;
  return application.parts().open(store, options);
}

absl::StatusOr<std::unique_ptr<SnapshotStore>> OpenSnapshots(EventStore& store) {
  absl::StatusOr<std::unique_ptr<SnapshotStore>> snapshots = SnapshotStore::Open(&store);
  if (absl::IsNotFound(snapshots.status())) return nullptr;
  return snapshots;
}

}  // namespace daybook::tools
