// Directories are made from the top down, each with its name synced in the one above.
#include "daybook/core/make_directories.h"

#include <set>
#include <string>
#include <vector>

#include "daybook/testkit/status_matchers.h"
#include "gmock/gmock.h"
#include "memory_file_system.h"

namespace daybook {
namespace {

// Directories that are there when they were made; says which were made and synced, in order.
class DirectoryLog : public MemoryFileSystem {
 public:
  explicit DirectoryLog(std::set<std::string> there) : there_(std::move(there)) {}

  bool Exists(const std::string& path) override { return there_.contains(path); }
  absl::Status CreateDirectories(const std::string& path) override {
    there_.insert(path);
    log.push_back("make " + path);
    return absl::OkStatus();
  }
  absl::Status SyncDirectory(const std::string& path) override {
    log.push_back("sync " + path);
    return path == fails ? absl::UnavailableError("no") : absl::OkStatus();
  }
  absl::Status DeleteDirectory(const std::string& path) override {
    there_.erase(path);
    log.push_back("delete " + path);
    return absl::OkStatus();
  }

  std::vector<std::string> log;
  std::string fails;

 private:
  std::set<std::string> there_;
};

TEST(MakeDirectoriesTest, KnowsWhatIsAbove) {
  EXPECT_EQ(ParentDirectory("b"), ".");
  EXPECT_EQ(ParentDirectory("/"), "/");
  EXPECT_EQ(ParentDirectory("/a"), "/");
  EXPECT_EQ(ParentDirectory("/a/b"), "/a");
  EXPECT_EQ(ParentDirectory("a/b/c"), "a/b");
}

TEST(MakeDirectoriesTest, EachNameIsSyncedBeforeThereIsAnythingInIt) {
  DirectoryLog files({"/", "/a"});
  ASSERT_THAT(MakeDirectories(files, "/a/b/c"), IsOk());
  EXPECT_THAT(files.log, testing::ElementsAre("make /a/b", "sync /a", "make /a/b/c", "sync /a/b"));
}

TEST(MakeDirectoriesTest, OneThatIsThereIsSyncedToo) {
  DirectoryLog files({"/", "/a"});
  ASSERT_THAT(MakeDirectories(files, "/a"), IsOk());
  EXPECT_THAT(files.log, testing::ElementsAre("sync /"));
}

TEST(MakeDirectoriesTest, OneWhoseNameIsNotSyncedIsNotLeft) {
  DirectoryLog files({"/"});
  files.fails = "/";
  EXPECT_THAT(MakeDirectories(files, "/a/b"), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(files.log, testing::ElementsAre("make /a", "sync /", "delete /a"));
}

}  // namespace
}  // namespace daybook
