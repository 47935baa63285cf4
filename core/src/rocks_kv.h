// The seam on RocksDB.
#ifndef DAYBOOK_CORE_SRC_ROCKS_KV_H_
#define DAYBOOK_CORE_SRC_ROCKS_KV_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "daybook/core/store_capture.h"
#include "kv.h"

namespace rocksdb {
class Env;
}

namespace daybook::internal {

struct RocksKvOptions {
  // Makes what is missing, the families of a half-made store too. For a store that was made before,
  // set it to false: what is missing there is damage.
  bool create_if_missing = true;
  // Changes nothing, the info log included. The log is read into memory, not written to tables.
  bool read_only = false;
  size_t block_cache_bytes = size_t{64} << 20;
  // Of each family; the store flushes before by itself.
  size_t write_buffer_bytes = size_t{64} << 20;
  rocksdb::Env* env = nullptr;  // nullptr: the default. Tests put a failing one here
};

// What of the MANIFEST is known to be written: the prefix that must still be there when the store
// is opened again.
struct ManifestMark {
  uint64_t number = 0;  // of the file MANIFEST-<number>
  uint64_t size = 0;
  uint32_t crc32c = 0;  // of its first `size` bytes
  friend bool operator==(const ManifestMark&, const ManifestMark&) = default;
};

// After a failed Write, SyncLog or Flush every later one fails with the same status: what the
// medium holds is known only by opening again.
class RocksKv : public Kv {
 public:
  // NotFound when there is no store and none is to be made; DataLoss where RocksDB finds
  // corruption or misses a file; else as OpenStore's system errors.
  static absl::StatusOr<std::unique_ptr<RocksKv>> Open(const std::string& directory,
                                                       const RocksKvOptions& options);
  // The MANIFEST in use, as far as it is synced now. One at a time.
  virtual absl::StatusOr<ManifestMark> MarkManifest() = 0;
  // DataLoss when the marked prefix is not as it was. A newer MANIFEST that CURRENT names is fine,
  // and so is any when `mark` is empty.
  static absl::Status CheckManifest(const std::string& directory, const ManifestMark& mark,
                                    rocksdb::Env* env = nullptr);
  // The files that make up the database now, written or not yet synced. None of them is deleted
  // until ReleaseFiles was called as often as this returned OK.
  virtual absl::StatusOr<std::vector<StoreFile>> HoldFiles() = 0;
  virtual void ReleaseFiles() = 0;
  // Reads every table file against its checksum, and every block against its own. DataLoss.
  virtual absl::Status VerifyFiles() = 0;
};

}  // namespace daybook::internal

#endif  // DAYBOOK_CORE_SRC_ROCKS_KV_H_
