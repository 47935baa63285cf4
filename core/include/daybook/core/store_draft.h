// A store that is made of another one's files or log, and appears in its place whole or not at all.
#ifndef DAYBOOK_CORE_STORE_DRAFT_H_
#define DAYBOOK_CORE_STORE_DRAFT_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "daybook/core/file_system.h"
#include "daybook/core/open.h"
#include "daybook/core/store_capture.h"

namespace daybook {

// It lies in the directory "<path>.draft" until it is published. Not thread-safe.
class StoreDraft {
 public:
  // Makes the directory; what an interrupted draft left there is removed.
  //   AlreadyExists     `path` is there, or "<path>.draft" and is no draft
  //   Unavailable       another draft of the same path is being made
  //   InvalidArgument   an empty path; else as OpenStore's system errors
  static absl::StatusOr<std::unique_ptr<StoreDraft>> Begin(absl::string_view path,
                                                           const StoreOptions& options = {});
  // Removes the draft unless it was published; what cannot be removed, the next Begin removes.
  ~StoreDraft();
  StoreDraft(const StoreDraft&) = delete;
  StoreDraft& operator=(const StoreDraft&) = delete;

  const std::string& directory() const { return directory_; }
  // Where the files of a StoreCapture belong; to be made by whoever copies them.
  std::string database() const { return directory_ + "/db"; }

  // Makes a store of the files that were copied, and synced, into database(), and reads all of it:
  // VerifyStore. DataLoss when it is not the store at `expected`.
  absl::StatusOr<VerifyReport> Adopt(const StoreTip& expected);
  // Moves the store to its place, durably. Once, after Adopt or when the store in directory() is
  // closed.
  absl::Status Publish();

 private:
  StoreDraft(std::string path, const StoreOptions& options);
  absl::Status MakeDirectory();
  // All but the draft's own mark.
  absl::Status RemoveContent();
  absl::Status Remove();

  const std::string path_;
  const std::string directory_;
  const StoreOptions options_;
  FileSystem* const files_;
  std::unique_ptr<FileLock> lock_;
  bool published_ = false;
};

}  // namespace daybook

#endif  // DAYBOOK_CORE_STORE_DRAFT_H_
