// Tells, without opening a store, whether it may have changed.
#ifndef DAYBOOK_TOOLS_SRC_DIRECTORY_MARK_H_
#define DAYBOOK_TOOLS_SRC_DIRECTORY_MARK_H_

#include <cstdint>
#include <map>
#include <string>
#include <utility>

namespace daybook::tools {

// The size and the time of the last change of every file under a directory, by path. Differs after
// an application worked on the store there; taking it holds no lock and disturbs nobody.
using DirectoryMark = std::map<std::string, std::pair<uint64_t, int64_t>>;

// Empty when there is no such directory.
DirectoryMark MarkDirectory(const std::string& path);

}  // namespace daybook::tools

#endif  // DAYBOOK_TOOLS_SRC_DIRECTORY_MARK_H_
