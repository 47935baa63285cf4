// The store of an application's tool, opened to look or to work.
#ifndef DAYBOOK_TOOLS_SRC_APPLICATION_OPEN_H_
#define DAYBOOK_TOOLS_SRC_APPLICATION_OPEN_H_

#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "application/application.h"
#include "daybook/aggregates/app.h"
#include "daybook/core/event_store.h"
#include "daybook/snapshots/snapshot_store.h"

namespace daybook::tools {

struct OpenOptions {
  bool create = false;      // the store, when it is not there
  size_t fold_workers = 0;  // 0: as many as the application has
  bool hold_rebuilds = false;
};

// The application that runs; else as it opens the store, but for `options`. Closed, where it was
// opened, with the last copy.
absl::StatusOr<std::shared_ptr<App>> OpenApplication(const Application& application,
                                                     const std::string& store,
                                                     const OpenOptions& options = {});

// The snapshots of a store, to be read; nullptr when it has none.
absl::StatusOr<std::unique_ptr<SnapshotStore>> OpenSnapshots(EventStore& store);

}  // namespace daybook::tools

#endif  // DAYBOOK_TOOLS_SRC_APPLICATION_OPEN_H_
