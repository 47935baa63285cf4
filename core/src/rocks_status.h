// RocksDB's errors in the project's terms.
#ifndef DAYBOOK_CORE_SRC_ROCKS_STATUS_H_
#define DAYBOOK_CORE_SRC_ROCKS_STATUS_H_

#include "absl/status/status.h"
#include "rocksdb/status.h"

namespace daybook::internal {

// An error of the medium, which is no damage: as RocksDB tells it, or within another that RocksDB
// makes of it, such as Corruption where the size of a file cannot be asked for.
bool IsMediumError(const rocksdb::Status& status);

// DataLoss (corruption; a file of the store that is missing), ResourceExhausted (no space),
// Unavailable (locked by another), PermissionDenied, Internal for other failures of the system,
// Unknown for what RocksDB should never say here.
absl::Status FromRocks(const rocksdb::Status& status);

}  // namespace daybook::internal

#endif  // DAYBOOK_CORE_SRC_ROCKS_STATUS_H_
