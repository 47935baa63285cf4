#include "daybook/core/store_capture.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "crc32c.h"
#include "daybook/core/errors.h"
#include "daybook/core/status_macros.h"

namespace daybook {
namespace {

constexpr size_t kPieceBytes = size_t{1} << 20;

}  // namespace

absl::Status ReadStoreFile(FileSystem* files, const StoreCapture& capture, const StoreFile& file,
                           absl::FunctionRef<absl::Status(absl::string_view piece)> visit) {
  if (!file.content.empty()) return visit(file.content);
  const std::string path = absl::StrCat(capture.directory, "/", file.name);
  DAYBOOK_ASSIGN_OR_RETURN(const auto from, files->OpenForReading(path));
  uint32_t crc = 0;
  for (uint64_t at = 0; at < file.size;) {
    const size_t wanted = std::min<uint64_t>(kPieceBytes, file.size - at);
    DAYBOOK_ASSIGN_OR_RETURN(const std::string piece, from->Read(at, wanted));
    if (piece.size() < wanted) {
      return DamageError(path, Position(), absl::StrCat("it is shorter than ", file.size));
    }
    crc = internal::ExtendCrc32c(crc, piece);
    DAYBOOK_RETURN_IF_ERROR(visit(piece));
    at += piece.size();
  }
  if (file.identity.empty() || crc == file.crc32c) return absl::OkStatus();
  return DamageError(path, Position(), "its bytes are not those that were written");
}

}  // namespace daybook
