// Files that are written once and checked when they are read.
#ifndef DAYBOOK_SNAPSHOTS_SRC_FILE_COPY_H_
#define DAYBOOK_SNAPSHOTS_SRC_FILE_COPY_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "daybook/core/file_system.h"
#include "file_digest.h"

namespace daybook::internal {

// Writes a file from its beginning to its end. Not thread-safe.
class FileWriter {
 public:
  // One that is there is replaced.
  static absl::StatusOr<std::unique_ptr<FileWriter>> Open(FileSystem* files,
                                                          const std::string& path);
  absl::Status Append(absl::string_view piece);
  // Syncs it; its SHA-256.
  absl::StatusOr<std::string> Finish();
  uint64_t size() const { return size_; }

 private:
  explicit FileWriter(std::unique_ptr<File> file) : file_(std::move(file)) {}

  const std::unique_ptr<File> file_;
  uint64_t size_ = 0;
  FileDigest digest_;
};

// What a file must be.
struct FileFacts {
  uint64_t size = 0;
  std::string sha256;
};

// Calls `visit` with the file's content, piece by piece. DataLoss, naming the file, when it is not
// there, or at its end when it is another: the pieces were wrong then.
absl::Status ReadChecked(FileSystem* files, const std::string& path, const FileFacts& facts,
                         absl::FunctionRef<absl::Status(absl::string_view piece)> visit);

}  // namespace daybook::internal

#endif  // DAYBOOK_SNAPSHOTS_SRC_FILE_COPY_H_
