#include "daybook/testkit/test_app.h"

#include "daybook/core/open.h"
#include "gtest/gtest.h"

namespace daybook::internal {

std::unique_ptr<EventStore> OpenTestStore(const AppOptions& options) {
  absl::StatusOr<std::unique_ptr<EventStore>> store = OpenMemoryStore(options.store);
  GTEST_CHECK_(store.ok()) << store.status();
  return *std::move(store);
}

App AppOrDie(absl::StatusOr<App> app) {
  GTEST_CHECK_(app.ok()) << app.status();
  return *std::move(app);
}

}  // namespace daybook::internal
