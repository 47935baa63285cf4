#include "backup_directory.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "daybook/core/errors.h"
#include "daybook/core/make_directories.h"
#include "daybook/core/status_macros.h"
#include "file_copy.h"

namespace daybook::internal {
namespace {

constexpr absl::string_view kContents = "contents";
// Of a list of a hundred thousand files.
constexpr uint64_t kLargestContents = uint64_t{64} << 20;

}  // namespace

std::string BackupDirectory::PathOf(uint64_t number) const {
  return absl::StrFormat("%s/%06d", backups(), number);
}

std::string BackupDirectory::PathOf(const v1::StoredBackup& backup,
                                    const v1::StoredBackup::File& file, bool making) const {
  if (!file.table().empty()) return absl::StrCat(tables(), "/", file.table());
  return absl::StrCat(making ? MakingOf(backup.number()) : PathOf(backup.number()), "/",
                      file.name());
}

absl::StatusOr<bool> BackupDirectory::Exists() {
  if (path_.empty()) return InvalidFieldError("directory", "must not be empty");
  if (!files_->Exists(path_)) return false;
  const absl::StatusOr<std::vector<std::string>> names = files_->List(path_);
  if (absl::IsPermissionDenied(names.status())) return names.status();
  if (!names.ok()) {
    return InvalidFieldError("directory", absl::StrCat("must be a directory: ", path_));
  }
  if (files_->Exists(backups())) return true;
  if (std::all_of(names->begin(), names->end(),
                  [](const std::string& name) { return name == "lock" || name == "tables"; })) {
    return false;
  }
  return InvalidFieldError(
      "directory",
      absl::StrCat("must be one for backups or an empty one, but ", path_, " holds other files"));
}

absl::StatusOr<std::unique_ptr<FileLock>> BackupDirectory::LockToWrite() {
  DAYBOOK_RETURN_IF_ERROR(Exists().status());
  // The first backup makes it. One that has its parts is on the medium already.
  if (!files_->Exists(backups())) DAYBOOK_RETURN_IF_ERROR(MakeDirectories(*files_, path_));
  absl::StatusOr<std::unique_ptr<FileLock>> lock = files_->Lock(path_ + "/lock");
  if (absl::IsUnavailable(lock.status())) {
    return absl::UnavailableError(
        absl::StrCat("the backups in ", path_, " are in use by another process: try again later"));
  }
  DAYBOOK_RETURN_IF_ERROR(lock.status());
  DAYBOOK_RETURN_IF_ERROR(files_->CreateDirectories(tables()));
  DAYBOOK_RETURN_IF_ERROR(files_->CreateDirectories(backups()));
  DAYBOOK_RETURN_IF_ERROR(files_->SyncDirectory(path_));
  return lock;
}

absl::StatusOr<std::vector<uint64_t>> BackupDirectory::Numbers() {
  DAYBOOK_ASSIGN_OR_RETURN(const bool exists, Exists());
  std::vector<uint64_t> numbers;
  if (!exists) return numbers;
  DAYBOOK_ASSIGN_OR_RETURN(const std::vector<std::string> names, files_->List(backups()));
  for (const std::string& name : names) {
    uint64_t number = 0;
    if (absl::SimpleAtoi(name, &number) && number > 0) numbers.push_back(number);
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

bool BackupDirectory::WasRemoved(uint64_t number) {
  const absl::StatusOr<std::vector<uint64_t>> numbers = Numbers();
  return numbers.ok() && !std::binary_search(numbers->begin(), numbers->end(), number);
}

absl::StatusOr<v1::StoredBackup> BackupDirectory::Read(uint64_t number) {
  DAYBOOK_ASSIGN_OR_RETURN(const std::vector<uint64_t> numbers, Numbers());
  if (numbers.empty()) return absl::NotFoundError(absl::StrCat("no backup in ", path_));
  if (number == 0) number = numbers.back();
  if (!std::binary_search(numbers.begin(), numbers.end(), number)) {
    return absl::NotFoundError(absl::StrCat("no backup ", number, " in ", path_, ", which holds ",
                                            numbers.front(), " to ", numbers.back()));
  }
  const std::string path = absl::StrCat(PathOf(number), "/", kContents);
  absl::StatusOr<std::unique_ptr<File>> file = files_->OpenForReading(path);
  if (absl::IsNotFound(file.status())) return DamageError(path, Position(), "it is missing");
  DAYBOOK_RETURN_IF_ERROR(file.status());
  DAYBOOK_ASSIGN_OR_RETURN(const uint64_t size, (*file)->Size());
  if (size > kLargestContents) return DamageError(path, Position(), "it is too large");
  DAYBOOK_ASSIGN_OR_RETURN(const std::string bytes, (*file)->Read(0, size));
  DAYBOOK_ASSIGN_OR_RETURN(v1::StoredBackup backup, DecodeContents(path, bytes));
  if (backup.number() == number) return backup;
  return DamageError(path, Position(), absl::StrCat("it is of backup ", backup.number()));
}

absl::Status BackupDirectory::WriteContents(const v1::StoredBackup& backup) {
  const std::string directory = MakingOf(backup.number());
  DAYBOOK_ASSIGN_OR_RETURN(const auto writer,
                           FileWriter::Open(files_, absl::StrCat(directory, "/", kContents)));
  DAYBOOK_RETURN_IF_ERROR(writer->Append(EncodeContents(backup)));
  DAYBOOK_RETURN_IF_ERROR(writer->Finish().status());
  return files_->SyncDirectory(directory);
}

absl::Status BackupDirectory::RemoveMaking(uint64_t number) {
  const std::string directory = MakingOf(number);
  if (!files_->Exists(directory)) return absl::OkStatus();
  DAYBOOK_ASSIGN_OR_RETURN(const std::vector<std::string> names, files_->List(directory));
  for (const std::string& name : names) {
    DAYBOOK_RETURN_IF_ERROR(files_->Delete(absl::StrCat(directory, "/", name)));
  }
  return files_->DeleteDirectory(directory);
}

absl::Status BackupDirectory::Verify(const v1::StoredBackup& backup, bool making) {
  for (const v1::StoredBackup::File& file : backup.files()) {
    DAYBOOK_RETURN_IF_ERROR(ReadChecked(files_, PathOf(backup, file, making),
                                        {file.size(), file.sha256()},
                                        [](absl::string_view) { return absl::OkStatus(); }));
  }
  return absl::OkStatus();
}

}  // namespace daybook::internal
