#include <filesystem>

#include "absl/strings/str_cat.h"
#include "store_contract.h"

namespace daybook {
namespace {

// A new directory for each store; the one of the last store is removed then.
std::string NewDirectory() {
  static int number = 0;
  const std::string base = absl::StrCat(testing::TempDir(), "/daybook-contract-", getpid(), "-");
  std::filesystem::remove_all(absl::StrCat(base, number));
  return absl::StrCat(base, ++number);
}

}  // namespace

std::vector<Backend> Backends() {
  return {{"Memory", [](const StoreOptions& options) { return OpenMemoryStore(options); }},
          {"RocksDB", [](StoreOptions options) {
             options.witness_bytes = size_t{4} << 20;
             return OpenStore(NewDirectory(), options);
           }}};
}

}  // namespace daybook
