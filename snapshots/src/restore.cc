#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "backup_directory.h"
#include "daybook/core/status_macros.h"
#include "daybook/core/store_draft.h"
#include "daybook/snapshots/backup.h"
#include "file_copy.h"

namespace daybook {
namespace {

using internal::BackupDirectory;
using internal::FileWriter;

absl::Status CopyFile(FileSystem* files, const std::string& from,
                      const v1::StoredBackup::File& file, const std::string& to) {
  DAYBOOK_ASSIGN_OR_RETURN(const auto writer, FileWriter::Open(files, to));
  DAYBOOK_RETURN_IF_ERROR(
      internal::ReadChecked(files, from, {file.size(), file.sha256()},
                            [&](absl::string_view piece) { return writer->Append(piece); }));
  return writer->Finish().status();
}

FileSystem* FilesOf(const RestoreOptions& options) {
  return options.store.files != nullptr ? options.store.files : &FileSystem::Posix();
}

// A draft beside `path` that is the store of the backup, proved.
struct Restored {
  std::unique_ptr<StoreDraft> draft;
  VerifyReport report;
};

absl::StatusOr<Restored> MakeDraftOf(BackupDirectory& backups, uint64_t number,
                                     absl::string_view path, const RestoreOptions& options) {
  FileSystem* const files = FilesOf(options);
  // Before anything is made: the place may be in a directory that is not there.
  DAYBOOK_ASSIGN_OR_RETURN(const v1::StoredBackup backup, backups.Read(number));
  Restored restored;
  DAYBOOK_ASSIGN_OR_RETURN(restored.draft, StoreDraft::Begin(path, options.store));
  const std::string database = restored.draft->database();
  DAYBOOK_RETURN_IF_ERROR(files->CreateDirectories(database));
  for (const v1::StoredBackup::File& file : backup.files()) {
    DAYBOOK_RETURN_IF_ERROR(CopyFile(files, backups.PathOf(backup, file), file,
                                     absl::StrCat(database, "/", file.name())));
  }
  DAYBOOK_ASSIGN_OR_RETURN(
      restored.report,
      restored.draft->Adopt({.store_id = Uuid::FromBytes(backup.store_id()),
                             .group = backup.group(),
                             .position = Position(backup.tip()),
                             .chain_hex = absl::BytesToHexString(backup.chain())}));
  return restored;
}

absl::StatusOr<Restored> MakeDraft(absl::string_view directory, absl::string_view path,
                                   const RestoreOptions& options) {
  BackupDirectory backups(FilesOf(options), directory);
  uint64_t number = options.number;
  if (number == 0) {
    DAYBOOK_ASSIGN_OR_RETURN(const std::vector<uint64_t> numbers, backups.Numbers());
    if (!numbers.empty()) number = numbers.back();
  }
  absl::StatusOr<Restored> restored = MakeDraftOf(backups, number, path, options);
  // Reading takes no lock, so that it keeps nobody from taking backups; nor does it keep anybody
  // from removing this one.
  if (absl::IsDataLoss(restored.status()) && backups.WasRemoved(number)) {
    return absl::NotFoundError(
        absl::StrCat("backup ", number, " in ", directory, " was removed while it was read"));
  }
  return restored;
}

}  // namespace

absl::StatusOr<VerifyReport> Restore(absl::string_view directory, absl::string_view path,
                                     const RestoreOptions& options) {
  DAYBOOK_ASSIGN_OR_RETURN(const Restored restored, MakeDraft(directory, path, options));
  DAYBOOK_RETURN_IF_ERROR(restored.draft->Publish());
  return restored.report;
}

absl::StatusOr<VerifyReport> Rehearse(absl::string_view directory, absl::string_view place,
                                      const RestoreOptions& options) {
  DAYBOOK_ASSIGN_OR_RETURN(const Restored restored, MakeDraft(directory, place, options));
  return restored.report;
}

}  // namespace daybook
