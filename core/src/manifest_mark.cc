#include "manifest_mark.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "crc32c.h"
#include "daybook/core/status_macros.h"
#include "rocks_status.h"
#include "rocksdb/env.h"

namespace daybook::internal {

std::optional<uint64_t> ManifestNumber(absl::string_view name) {
  uint64_t number = 0;
  if (!absl::ConsumePrefix(&name, "MANIFEST-") || !absl::SimpleAtoi(name, &number)) {
    return std::nullopt;
  }
  return number;
}

absl::StatusOr<ManifestMark> ExtendManifestMark(rocksdb::Env* env, const std::string& path,
                                                ManifestMark mark, uint64_t size) {
  std::unique_ptr<rocksdb::SequentialFile> file;
  DAYBOOK_RETURN_IF_ERROR(FromRocks(env->NewSequentialFile(path, &file, rocksdb::EnvOptions())));
  DAYBOOK_RETURN_IF_ERROR(FromRocks(file->Skip(mark.size)));
  std::string buffer(size_t{64} << 10, '\0');
  while (mark.size < size) {
    const size_t wanted = std::min<uint64_t>(buffer.size(), size - mark.size);
    rocksdb::Slice read;
    DAYBOOK_RETURN_IF_ERROR(FromRocks(file->Read(wanted, &read, buffer.data())));
    if (read.empty()) {
      return absl::DataLossError(absl::StrCat(path, " ends at byte ", mark.size, ", not at ", size,
                                              " or after: its end was cut off"));
    }
    mark.crc32c = ExtendCrc32c(mark.crc32c, {read.data(), read.size()});
    mark.size += read.size();
  }
  return mark;
}

absl::Status RocksKv::CheckManifest(const std::string& directory, const ManifestMark& mark,
                                    rocksdb::Env* env) {
  if (mark == ManifestMark()) return absl::OkStatus();
  if (env == nullptr) env = rocksdb::Env::Default();
  std::string current;
  DAYBOOK_RETURN_IF_ERROR(
      FromRocks(rocksdb::ReadFileToString(env, directory + "/CURRENT", &current)));
  const std::optional<uint64_t> number = ManifestNumber(absl::StripSuffix(current, "\n"));
  if (!number.has_value() || *number < mark.number) {
    return absl::DataLossError(absl::StrCat(directory, "/CURRENT does not name MANIFEST number ",
                                            mark.number, " or a newer one"));
  }
  if (*number > mark.number) return absl::OkStatus();
  const std::string path = absl::StrCat(directory, "/", absl::StripSuffix(current, "\n"));
  ManifestMark found{.number = mark.number};
  DAYBOOK_ASSIGN_OR_RETURN(found, ExtendManifestMark(env, path, found, mark.size));
  if (found == mark) return absl::OkStatus();
  return absl::DataLossError(
      absl::StrCat(path, " is damaged within its first ", mark.size, " bytes"));
}

}  // namespace daybook::internal
