#include <memory>
#include <string>

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

// Makes the draft the store of the backup, and proves it.
absl::StatusOr<VerifyReport> RestoreTo(StoreDraft& draft, absl::string_view directory,
                                       const RestoreOptions& options) {
  FileSystem* const files =
      options.store.files != nullptr ? options.store.files : &FileSystem::Posix();
  BackupDirectory backups(files, directory);
  DAYBOOK_ASSIGN_OR_RETURN(const v1::StoredBackup backup, backups.Read(options.number));
  DAYBOOK_RETURN_IF_ERROR(files->CreateDirectories(draft.database()));
  for (const v1::StoredBackup::File& file : backup.files()) {
    DAYBOOK_RETURN_IF_ERROR(CopyFile(files, backups.PathOf(backup, file), file,
                                     absl::StrCat(draft.database(), "/", file.name())));
  }
  return draft.Adopt({.store_id = Uuid::FromBytes(backup.store_id()),
                      .group = backup.group(),
                      .position = Position(backup.tip()),
                      .chain_hex = absl::BytesToHexString(backup.chain())});
}

}  // namespace

absl::StatusOr<VerifyReport> Restore(absl::string_view directory, absl::string_view path,
                                     const RestoreOptions& options) {
  DAYBOOK_ASSIGN_OR_RETURN(const auto draft, StoreDraft::Begin(path, options.store));
  DAYBOOK_ASSIGN_OR_RETURN(VerifyReport report, RestoreTo(*draft, directory, options));
  DAYBOOK_RETURN_IF_ERROR(draft->Publish());
  return report;
}

absl::StatusOr<VerifyReport> Rehearse(absl::string_view directory, absl::string_view place,
                                      const RestoreOptions& options) {
  DAYBOOK_ASSIGN_OR_RETURN(const auto draft, StoreDraft::Begin(place, options.store));
  return RestoreTo(*draft, directory, options);
}

}  // namespace daybook
