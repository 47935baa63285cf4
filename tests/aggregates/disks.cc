#include <filesystem>

#include "app_fixture.h"
#include "daybook/core/uuid.h"

namespace daybook {
namespace {

class DirectoryDisk : public Disk {
 public:
  ~DirectoryDisk() override { std::filesystem::remove_all(path_); }
  absl::StatusOr<std::unique_ptr<EventStore>> Open(const StoreOptions& app_options) override {
    StoreOptions options = app_options;
    options.witness_bytes = size_t{1} << 20;
    return OpenStore(path_, options);
  }

 private:
  const std::string path_ = testing::TempDir() + "daybook-app-" + Uuid::Random().ToString();
};

}  // namespace

std::vector<DiskKind> DiskKinds() {
  return {{"Memory", [] { return std::make_unique<MemoryDisk>(); }},
          {"RocksDB", [] { return std::make_unique<DirectoryDisk>(); }}};
}

}  // namespace daybook
