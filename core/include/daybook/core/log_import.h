// Makes a store of the log of another one: the same events in the same commits, so that the chain
// hash comes out the same. Rows (views, replies, snapshots) are no part of the log.
#ifndef DAYBOOK_CORE_LOG_IMPORT_H_
#define DAYBOOK_CORE_LOG_IMPORT_H_

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "daybook/core/log_entry.h"
#include "daybook/core/open.h"

namespace daybook {

// Nothing is at the path before Finish, and nothing stays when it goes without. Not thread-safe.
class LogImport {
 public:
  // AlreadyExists when `path` is there; else as StoreDraft::Begin and OpenStore.
  static absl::StatusOr<std::unique_ptr<LogImport>> Begin(absl::string_view path,
                                                          const StoreOptions& options = {});
  virtual ~LogImport() = default;

  // The next event. An error may be of an event given before; every later call returns it too.
  //   InvalidArgument  it breaks a limit, or does not follow the event before it: its position
  //                    or its recorded time (InvalidField "commit at position 17: id")
  //   Aborted          its version is not the next one of its stream (VersionConflict)
  //   DataLoss         the commit is not the one that its chain hash stands for (Damage)
  virtual absl::Status Append(LogEntry entry) = 0;

  // Reads the whole store, and puts it in its place. DataLoss also when the last commit is cut off.
  virtual absl::StatusOr<VerifyReport> Finish() = 0;
};

}  // namespace daybook

#endif  // DAYBOOK_CORE_LOG_IMPORT_H_
