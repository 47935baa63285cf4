// A store opened by a command that changes it.
#ifndef DAYBOOK_TOOLS_SRC_WRITTEN_STORE_H_
#define DAYBOOK_TOOLS_SRC_WRITTEN_STORE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "console.h"
#include "daybook/core/event_store.h"

namespace daybook::tools {

struct WrittenStore {
  std::unique_ptr<EventStore> opened;  // nullptr where an application has it open
  EventStore* store = nullptr;
};

// The store that the console's application has open; otherwise that at `path`, which must be there.
// The errors of OpenStore.
absl::StatusOr<WrittenStore> OpenToWrite(const std::string& path, const Console& console);

}  // namespace daybook::tools

#endif  // DAYBOOK_TOOLS_SRC_WRITTEN_STORE_H_
