// What is looked at in RocksDB's table files before it may open them.
#ifndef DAYBOOK_CORE_SRC_TABLE_TAIL_H_
#define DAYBOOK_CORE_SRC_TABLE_TAIL_H_

#include <string>

#include "absl/status/status.h"

namespace rocksdb {
class Env;
}

namespace daybook::internal {

// RocksDB 7.8.3 reads the properties of a table file before it holds them against their checksum.
// One bit of them says how the block is looked up; where that is turned over, it finds a hash index
// without buckets, and an assertion, which Debian's build has, ends the process. So that bit of
// each table file in `directory` is looked at first: DataLoss where it is set. What is damaged
// otherwise RocksDB tells itself. A file that is damaged while the store is open, and opened only
// after that, is not seen.
absl::Status CheckTableFiles(rocksdb::Env* env, const std::string& directory);

}  // namespace daybook::internal

#endif  // DAYBOOK_CORE_SRC_TABLE_TAIL_H_
