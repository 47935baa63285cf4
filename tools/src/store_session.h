// A store opened for a command.
#ifndef DAYBOOK_TOOLS_SRC_STORE_SESSION_H_
#define DAYBOOK_TOOLS_SRC_STORE_SESSION_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "console.h"
#include "daybook/core/event_store.h"
#include "daybook/core/schema_catalog.h"
#include "exit_code.h"

namespace daybook::tools {

// The store, to be read, with what it knows of its payloads.
struct StoreSession {
  std::unique_ptr<EventStore> opened;  // nullptr where an application has it open
  EventStore* store = nullptr;
  std::unique_ptr<SchemaCatalog> catalog;
  std::shared_ptr<const StoreReader> reader;
};

// The store that the console's application has open, as of now; otherwise that at `path`. The
// errors of OpenStoreReadOnly and SchemaCatalog::Load.
absl::StatusOr<StoreSession> OpenSession(const std::string& path, const Console& console);

// Says why `path` could not be opened, and what to do about it.
ExitCode FailToOpen(Console& console, const std::string& path, const absl::Status& status);

}  // namespace daybook::tools

#endif  // DAYBOOK_TOOLS_SRC_STORE_SESSION_H_
