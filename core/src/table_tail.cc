#include "table_tail.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "coding.h"
#include "daybook/core/status_macros.h"
#include "rocks_status.h"
#include "rocksdb/env.h"

namespace daybook::internal {
namespace {

// The end of a table file of format versions 1 to 5: the kind of checksum, the places of two
// blocks, filled up, and then the version and the magic number.
constexpr uint64_t kFooter = 1 + 40 + 4 + 8;
constexpr absl::string_view kMagic = "\xf7\xcf\xf4\x85\xb7\x41\xe2\x88";
// Behind each block: whether it is compressed, and its checksum.
constexpr uint64_t kBlockTrailer = 5;

absl::StatusOr<std::string> Read(rocksdb::RandomAccessFile* file, uint64_t offset, uint64_t size) {
  std::string bytes(size, '\0');
  rocksdb::Slice read;
  const rocksdb::Status status = file->Read(offset, size, &read, bytes.data());
  if (!status.ok()) return FromRocks(status);
  return read.ToString();
}

// The properties are the last block but for the one that says where all these blocks lie, which the
// footer says the place of.
std::optional<uint64_t> EndOfProperties(absl::string_view footer) {
  if (footer.size() != kFooter || !absl::EndsWith(footer, kMagic)) return std::nullopt;
  footer.remove_prefix(1);
  uint64_t offset = 0;
  if (!ConsumeVarint(&footer, &offset) || offset <= kBlockTrailer) return std::nullopt;
  return offset - kBlockTrailer;
}

absl::Status CheckTableFile(rocksdb::Env* env, const std::string& path) {
  uint64_t size = 0;
  std::unique_ptr<rocksdb::RandomAccessFile> file;
  rocksdb::Status status = env->GetFileSize(path, &size);
  if (status.ok()) status = env->NewRandomAccessFile(path, &file, rocksdb::EnvOptions());
  if (!status.ok()) return FromRocks(status);
  if (size < kFooter) return absl::OkStatus();
  DAYBOOK_ASSIGN_OR_RETURN(const std::string footer, Read(file.get(), size - kFooter, kFooter));
  const std::optional<uint64_t> end = EndOfProperties(footer);
  if (!end.has_value() || *end > size) return absl::OkStatus();
  // Of a little-endian word: the highest bits.
  DAYBOOK_ASSIGN_OR_RETURN(const std::string last, Read(file.get(), *end - 1, 1));
  if (last.empty() || (static_cast<uint8_t>(last[0]) & 0x80) == 0) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat(path, ": its properties are damaged"));
}

}  // namespace

absl::Status CheckTableFiles(rocksdb::Env* env, const std::string& directory) {
  std::vector<std::string> names;
  const rocksdb::Status listed = env->GetChildren(directory, &names);
  if (!listed.ok()) return FromRocks(listed);
  for (const std::string& name : names) {
    if (!absl::EndsWith(name, ".sst")) continue;
    DAYBOOK_RETURN_IF_ERROR(CheckTableFile(env, absl::StrCat(directory, "/", name)));
  }
  return absl::OkStatus();
}

}  // namespace daybook::internal
