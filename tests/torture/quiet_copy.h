// A copy of the files of an open store, as a kill at that moment would leave them.
#ifndef DAYBOOK_TESTS_TORTURE_QUIET_COPY_H_
#define DAYBOOK_TESTS_TORTURE_QUIET_COPY_H_

#include <filesystem>
#include <map>
#include <string>
#include <utility>

namespace daybook {

// Nobody may be appending. RocksDB may still be flushing or compacting: then what it changed is
// copied again, until nothing changed meanwhile.
inline void QuietCopy(const std::string& from, const std::string& to) {
  namespace fs = std::filesystem;
  using Listing = std::map<std::string, std::pair<uint64_t, fs::file_time_type>>;
  const auto list = [&from] {
    Listing listing;
    std::error_code gone;
    for (const auto& entry : fs::recursive_directory_iterator(from)) {
      if (!entry.is_regular_file(gone)) continue;
      listing[entry.path()] = {entry.file_size(gone), entry.last_write_time(gone)};
    }
    return listing;
  };
  while (true) {
    const Listing before = list();
    std::error_code failed;
    fs::remove_all(to, failed);
    fs::copy(from, to, fs::copy_options::recursive, failed);
    if (!failed && list() == before) return;
  }
}

}  // namespace daybook

#endif  // DAYBOOK_TESTS_TORTURE_QUIET_COPY_H_
