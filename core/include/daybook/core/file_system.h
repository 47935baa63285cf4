// The files that are not RocksDB's own affair: the witness, the lock, the copies in a backup.
#ifndef DAYBOOK_CORE_FILE_SYSTEM_H_
#define DAYBOOK_CORE_FILE_SYSTEM_H_

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace daybook {

// A file that is written in place. Not thread-safe.
class File {
 public:
  virtual ~File() = default;
  // Reads up to `size` bytes at `offset`; fewer only at the end of the file.
  virtual absl::StatusOr<std::string> Read(uint64_t offset, size_t size) = 0;
  virtual absl::Status Write(uint64_t offset, absl::string_view bytes) = 0;
  // Data, and the size where it changed, are on the medium when it returns OK. After an error the
  // file's content is unknown: it is not retried.
  virtual absl::Status Sync() = 0;
  virtual absl::StatusOr<uint64_t> Size() = 0;
};

// Held until destroyed.
class FileLock {
 public:
  virtual ~FileLock() = default;
};

// Errors, of every function: NotFound, PermissionDenied, ResourceExhausted (no space),
// Unavailable (locked), Internal (any other), each with the path in the message.
class FileSystem {
 public:
  virtual ~FileSystem() = default;
  virtual absl::StatusOr<std::unique_ptr<File>> OpenFile(const std::string& path, bool create) = 0;
  // Only to be read, so that it may lie on a medium that cannot be written.
  virtual absl::StatusOr<std::unique_ptr<File>> OpenForReading(const std::string& path) {
    return OpenFile(path, /*create=*/false);
  }
  virtual bool Exists(const std::string& path) = 0;
  virtual absl::StatusOr<std::vector<std::string>> List(const std::string& directory) = 0;
  // With its parents. OK when it is there already.
  virtual absl::Status CreateDirectories(const std::string& path) = 0;
  virtual absl::Status Rename(const std::string& from, const std::string& to) = 0;
  virtual absl::Status Delete(const std::string& path) = 0;
  // An empty one.
  virtual absl::Status DeleteDirectory(const std::string& path) = 0;
  // Names made, renamed or deleted in it are on the medium when it returns.
  virtual absl::Status SyncDirectory(const std::string& path) = 0;
  // Excludes every other locker, in this process too.
  virtual absl::StatusOr<std::unique_ptr<FileLock>> Lock(const std::string& path) = 0;
  // The bytes that this process may still write where `directory` lies; the largest number where
  // nothing bounds them. Asked about once a second while a store is appended to: quick.
  virtual absl::StatusOr<uint64_t> FreeBytes(const std::string& /*directory*/) {
    return std::numeric_limits<uint64_t>::max();
  }

  static FileSystem& Posix();
};

}  // namespace daybook

#endif  // DAYBOOK_CORE_FILE_SYSTEM_H_
