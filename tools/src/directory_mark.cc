#include "directory_mark.h"

#include <filesystem>
#include <system_error>

namespace daybook::tools {

DirectoryMark MarkDirectory(const std::string& path) {
  DirectoryMark mark;
  std::error_code error;
  std::filesystem::recursive_directory_iterator at(path, error);
  const std::filesystem::recursive_directory_iterator end;
  // A file that goes away meanwhile is a change that the next mark shows.
  for (; !error && at != end; at.increment(error)) {
    std::error_code gone;
    const uint64_t size = at->is_regular_file(gone) ? at->file_size(gone) : 0;
    const auto changed = at->last_write_time(gone).time_since_epoch().count();
    mark[at->path().string()] = {size, static_cast<int64_t>(changed)};
  }
  return mark;
}

}  // namespace daybook::tools
