// How backups lie in their directory; docs/formats/backup.md has the grammar.
//
//   <directory>/lock                     held while somebody writes there
//   <directory>/tables/                  the database's table files, shared by the backups
//   <directory>/backups/000007/          the files of backup 7 alone
//   <directory>/backups/000007/contents  the StoredBackup: what the backup consists of
//   <directory>/backups/000008.new/      a backup in the making, or in the removing
#ifndef DAYBOOK_SNAPSHOTS_SRC_BACKUP_DIRECTORY_H_
#define DAYBOOK_SNAPSHOTS_SRC_BACKUP_DIRECTORY_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "daybook/core/file_system.h"
#include "daybook/v1/backup.pb.h"

namespace daybook::internal {

class BackupDirectory {
 public:
  // `files` must outlive it.
  BackupDirectory(FileSystem* files, absl::string_view path) : files_(files), path_(path) {}

  std::string tables() const { return path_ + "/tables"; }
  std::string backups() const { return path_ + "/backups"; }
  std::string PathOf(uint64_t number) const;
  // Where a backup is while it is made.
  std::string MakingOf(uint64_t number) const { return PathOf(number) + ".new"; }
  // Where a file of the backup lies; with `making`, while that is made.
  std::string PathOf(const v1::StoredBackup& backup, const v1::StoredBackup::File& file,
                     bool making = false) const;

  // Makes it when it is not there, and takes its lock. InvalidArgument when it is a file or holds
  // other things, Unavailable when somebody else has the lock.
  absl::StatusOr<std::unique_ptr<FileLock>> LockToWrite();
  // The numbers of the backups, ascending; none when there is no such directory. InvalidArgument as
  // above.
  absl::StatusOr<std::vector<uint64_t>> Numbers();
  // Whether there is no such backup, for what could not be read because somebody else removed it.
  bool WasRemoved(uint64_t number);
  // NotFound: no backup, or none of that number (0: the newest). DataLoss.
  absl::StatusOr<v1::StoredBackup> Read(uint64_t number);
  // Writes and syncs the contents of a backup in the making.
  absl::Status WriteContents(const v1::StoredBackup& backup);
  // Removes the directory of a backup in the making, with its files. It need not be there.
  absl::Status RemoveMaking(uint64_t number);
  // Reads every file of the backup against what its contents say. DataLoss.
  absl::Status Verify(const v1::StoredBackup& backup, bool making);

 private:
  // Whether there is a directory for backups; InvalidArgument when there is another thing.
  absl::StatusOr<bool> Exists();

  FileSystem* const files_;
  const std::string path_;
};

// Files begin so.
inline constexpr absl::string_view kContentsMagic = "daybookB";

// The bytes of a `contents` file, and back. DataLoss, naming `path`.
std::string EncodeContents(const v1::StoredBackup& backup);
absl::StatusOr<v1::StoredBackup> DecodeContents(const std::string& path, absl::string_view bytes);

}  // namespace daybook::internal

#endif  // DAYBOOK_SNAPSHOTS_SRC_BACKUP_DIRECTORY_H_
