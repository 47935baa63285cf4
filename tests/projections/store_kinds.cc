#include "views_test.h"

namespace daybook {

std::vector<StoreKind> StoreKinds() {
  return {{"Memory", false}, {"RocksDB", true}};
}

}  // namespace daybook
