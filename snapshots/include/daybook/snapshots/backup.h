// Backups: taken of an open store while it works, restored to a store that is proved whole.
#ifndef DAYBOOK_SNAPSHOTS_BACKUP_H_
#define DAYBOOK_SNAPSHOTS_BACKUP_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "daybook/core/event_store.h"
#include "daybook/core/open.h"

namespace daybook {

// A backup is the whole store, events and rows, at one published tip. Those of one store share a
// directory; what a backup has in common with the one before it is stored once, and the others need
// none of the backups that are removed.
struct BackupInfo {
  uint64_t number = 0;  // 1, 2, 3… in its directory
  StoreTip tip;
  absl::Time made;
  uint64_t files = 0;
  uint64_t bytes = 0;      // of all its files
  uint64_t new_bytes = 0;  // of those that this backup had to copy; known to Backup alone
};

struct BackupOptions {
  // nullptr: the system's.
  Clock* clock = nullptr;
  FileSystem* files = nullptr;
};

// Copies `store` into `directory`, which is made when it is not there, then reads the copy again,
// and what it shares with earlier ones, against the checksums. Holds everything that was
// acknowledged before the call. The backup is there, durably, when this returns OK, and otherwise
// not at all, or whole where only the last sync failed. Appends go on meanwhile. Blocks; from any
// thread of the caller's. `store` must stay open until it returns.
//   FailedPrecondition  the directory holds backups of another store, or of another history of this
//                       one (it was restored, and has gone on): use a new directory
//   InvalidArgument     the directory is a file, or holds other things
//   Unavailable         another process works on the directory; the store stopped
//   Unimplemented       the store is in memory, or was opened for reading only
//   DataLoss            the store or an earlier backup is damaged (Damage names the file)
//   ResourceExhausted   no space left; else as FileSystem's errors
absl::StatusOr<BackupInfo> Backup(EventStore& store, absl::string_view directory,
                                  const BackupOptions& options = {});

// The backups of a directory, the oldest first. NotFound when it holds none; InvalidArgument,
// DataLoss as above.
absl::StatusOr<std::vector<BackupInfo>> ListBackups(absl::string_view directory,
                                                    const BackupOptions& options = {});

// Removes all but the newest `keep` (at least 1), and what only they needed; returns how many.
// InvalidArgument, Unavailable, DataLoss as above.
absl::StatusOr<uint64_t> RemoveOldBackups(absl::string_view directory, uint64_t keep,
                                          const BackupOptions& options = {});

struct RestoreOptions {
  uint64_t number = 0;  // of the backup; 0: the newest
  // The restored store's clock and witness; `files` also reads the backup.
  StoreOptions store;
};

// Makes a store at `path` from a backup. All of it is read and proved before it is at `path`:
// checksums, every event's place in the chain, every index, and that it ends at the backup's tip.
// After an error nothing is there, or the whole store where only the last sync failed.
//   NotFound        no backup in `directory`, or none of that number; or it was removed meanwhile
//   AlreadyExists   something is at `path`
//   Unavailable     it is being restored by another process
//   DataLoss        the backup is damaged (Damage names the file, or the first bad position)
//   InvalidArgument, ResourceExhausted and others as above
absl::StatusOr<VerifyReport> Restore(absl::string_view directory, absl::string_view path,
                                     const RestoreOptions& options = {});

// The same, and then removes what was restored: whether the backup could be used. `place` is where,
// a path where nothing is.
absl::StatusOr<VerifyReport> Rehearse(absl::string_view directory, absl::string_view place,
                                      const RestoreOptions& options = {});

}  // namespace daybook

#endif  // DAYBOOK_SNAPSHOTS_BACKUP_H_
