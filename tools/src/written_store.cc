#include "written_store.h"

#include <utility>

#include "daybook/core/open.h"
#include "daybook/core/status_macros.h"

namespace daybook::tools {

absl::StatusOr<WrittenStore> OpenToWrite(const std::string& path, const Console& console) {
  WrittenStore written;
  if (console.running != nullptr) {
    written.store = console.running->store;
    return written;
  }
  StoreOptions options;
  options.create_if_missing = false;
  options.min_free_bytes = 0;  // Who makes space must not be refused for want of it.
  DAYBOOK_ASSIGN_OR_RETURN(written.opened, OpenStore(path, options));
  written.store = written.opened.get();
  return written;
}

}  // namespace daybook::tools
