#include "file_copy.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "daybook/core/errors.h"
#include "daybook/core/status_macros.h"

namespace daybook::internal {
namespace {

constexpr size_t kPieceBytes = size_t{1} << 20;

}  // namespace

absl::StatusOr<std::unique_ptr<FileWriter>> FileWriter::Open(FileSystem* files,
                                                             const std::string& path) {
  // A longer one would keep its end.
  if (files->Exists(path)) DAYBOOK_RETURN_IF_ERROR(files->Delete(path));
  DAYBOOK_ASSIGN_OR_RETURN(std::unique_ptr<File> file, files->OpenFile(path, /*create=*/true));
  return std::unique_ptr<FileWriter>(new FileWriter(std::move(file)));
}

absl::Status FileWriter::Append(absl::string_view piece) {
  DAYBOOK_RETURN_IF_ERROR(file_->Write(size_, piece));
  digest_.Update(piece);
  size_ += piece.size();
  return absl::OkStatus();
}

absl::StatusOr<std::string> FileWriter::Finish() {
  DAYBOOK_RETURN_IF_ERROR(file_->Sync());
  return digest_.Finish();
}

absl::Status ReadChecked(FileSystem* files, const std::string& path, const FileFacts& facts,
                         absl::FunctionRef<absl::Status(absl::string_view piece)> visit) {
  absl::StatusOr<std::unique_ptr<File>> file = files->OpenForReading(path);
  if (absl::IsNotFound(file.status())) return DamageError(path, Position(), "it is missing");
  DAYBOOK_RETURN_IF_ERROR(file.status());
  DAYBOOK_ASSIGN_OR_RETURN(const uint64_t size, (*file)->Size());
  if (size != facts.size) {
    return DamageError(path, Position(), absl::StrCat("it has ", size, " bytes, not ", facts.size));
  }
  FileDigest digest;
  for (uint64_t at = 0; at < size;) {
    DAYBOOK_ASSIGN_OR_RETURN(const std::string piece,
                             (*file)->Read(at, std::min<uint64_t>(kPieceBytes, size - at)));
    if (piece.empty()) return DamageError(path, Position(), "its end was cut off");
    digest.Update(piece);
    DAYBOOK_RETURN_IF_ERROR(visit(piece));
    at += piece.size();
  }
  if (digest.Finish() == facts.sha256) return absl::OkStatus();
  return DamageError(path, Position(), "its bytes are not those that were written");
}

}  // namespace daybook::internal
