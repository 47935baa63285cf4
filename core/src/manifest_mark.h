// Reads of RocksDB's MANIFEST what a ManifestMark says of it.
#ifndef DAYBOOK_CORE_SRC_MANIFEST_MARK_H_
#define DAYBOOK_CORE_SRC_MANIFEST_MARK_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "rocks_kv.h"

namespace daybook::internal {

// 12 for "MANIFEST-000012"; nullopt for any other name.
std::optional<uint64_t> ManifestNumber(absl::string_view name);

// `mark`, which is right for a prefix of the file, for its first `size` bytes. DataLoss when the
// file is shorter.
absl::StatusOr<ManifestMark> ExtendManifestMark(rocksdb::Env* env, const std::string& path,
                                                ManifestMark mark, uint64_t size);

}  // namespace daybook::internal

#endif  // DAYBOOK_CORE_SRC_MANIFEST_MARK_H_
