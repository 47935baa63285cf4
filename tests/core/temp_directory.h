// A directory for one test.
#ifndef DAYBOOK_TESTS_CORE_TEMP_DIRECTORY_H_
#define DAYBOOK_TESTS_CORE_TEMP_DIRECTORY_H_

#include <stdlib.h>

#include <filesystem>
#include <string>

#include "gtest/gtest.h"

namespace daybook {

// Made new, and removed with all that is in it.
class TempDirectory {
 public:
  TempDirectory() : path_(::testing::TempDir() + "daybook-XXXXXX") {
    if (::mkdtemp(path_.data()) == nullptr) ADD_FAILURE() << "cannot make " << path_;
  }
  ~TempDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDirectory(const TempDirectory&) = delete;
  TempDirectory& operator=(const TempDirectory&) = delete;

  const std::string& path() const { return path_; }
  // Of a file or directory in it.
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace daybook

#endif  // DAYBOOK_TESTS_CORE_TEMP_DIRECTORY_H_
