#include "store_contract.h"

namespace daybook {

std::vector<Backend> Backends() {
  return {{"Memory", [](const StoreOptions& options) { return OpenMemoryStore(options); }}};
}

}  // namespace daybook
