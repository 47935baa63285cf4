// RocksDB's errors in the project's terms.
#ifndef DAYBOOK_CORE_SRC_ROCKS_STATUS_H_
#define DAYBOOK_CORE_SRC_ROCKS_STATUS_H_

#include "absl/status/status.h"
#include "rocksdb/status.h"

namespace daybook::internal {

// DataLoss (corruption; a file of the store that is missing), ResourceExhausted (no space),
// Unavailable (locked by another), PermissionDenied, Internal for other failures of the system,
// Unknown for what RocksDB should never say here.
absl::Status FromRocks(const rocksdb::Status& status);

}  // namespace daybook::internal

#endif  // DAYBOOK_CORE_SRC_ROCKS_STATUS_H_
