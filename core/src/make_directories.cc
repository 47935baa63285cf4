#include "daybook/core/make_directories.h"

#include <vector>

#include "daybook/core/status_macros.h"

namespace daybook {

std::string ParentDirectory(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

absl::Status MakeDirectories(FileSystem& files, const std::string& path) {
  if (files.Exists(path)) {
    // Whoever made it need not have synced its name. One who may not read the parent did not make
    // it, and cannot sync it.
    const absl::Status synced = files.SyncDirectory(ParentDirectory(path));
    return absl::IsPermissionDenied(synced) ? absl::OkStatus() : synced;
  }
  std::vector<std::string> missing;
  for (std::string at = path; !files.Exists(at); at = ParentDirectory(at)) missing.push_back(at);
  // From the top down, each with its name on the medium before there is anything in it.
  for (; !missing.empty(); missing.pop_back()) {
    DAYBOOK_RETURN_IF_ERROR(files.CreateDirectories(missing.back()));
    absl::Status synced = files.SyncDirectory(ParentDirectory(missing.back()));
    if (synced.ok()) continue;
    // The next attempt must not take it for one whose name is safe.
    (void)files.DeleteDirectory(missing.back());
    return synced;
  }
  return absl::OkStatus();
}

}  // namespace daybook
