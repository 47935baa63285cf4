// Directories that are still there after a power cut.
#ifndef DAYBOOK_CORE_MAKE_DIRECTORIES_H_
#define DAYBOOK_CORE_MAKE_DIRECTORIES_H_

#include <string>

#include "absl/status/status.h"
#include "daybook/core/file_system.h"

namespace daybook {

// The directory that has the name of `path`: "/a" for "/a/b", "." for "b".
std::string ParentDirectory(const std::string& path);

// Makes the directory with its parents, as FileSystem::CreateDirectories does, and brings the names
// of all that it made to the medium; that of `path` also when it was there already. Errors as
// FileSystem's.
absl::Status MakeDirectories(FileSystem& files, const std::string& path);

}  // namespace daybook

#endif  // DAYBOOK_CORE_MAKE_DIRECTORIES_H_
