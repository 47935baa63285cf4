// How the store uses RocksDB 7.8: every option that bears on durability is named, its default or
// not, with the reason where it is not plain.
#ifndef DAYBOOK_CORE_SRC_ROCKS_OPTIONS_H_
#define DAYBOOK_CORE_SRC_ROCKS_OPTIONS_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "rocks_kv.h"
#include "rocksdb/db.h"
#include "rocksdb/options.h"

namespace daybook::internal {

// The families' names in RocksDB, by Family.
inline constexpr absl::string_view kFamilyNames[kFamilies] = {"log", "streams", "ids", "rows",
                                                              "meta"};

rocksdb::DBOptions MakeDBOptions(const std::string& directory, const RocksKvOptions& options);

// RocksDB's default family, which is empty, and then ours in their order.
std::vector<rocksdb::ColumnFamilyDescriptor> MakeFamilies(const RocksKvOptions& options);

}  // namespace daybook::internal

#endif  // DAYBOOK_CORE_SRC_ROCKS_OPTIONS_H_
