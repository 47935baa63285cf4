#include <sys/stat.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "daybook/core/file_system.h"
#include "daybook/testkit/status_matchers.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "temp_directory.h"

namespace daybook {
namespace {

using absl::StatusCode;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class PosixFileSystemTest : public ::testing::Test {
 protected:
  std::unique_ptr<File> Open(const std::string& name) {
    auto file = files_.OpenFile(directory_ / name, /*create=*/true);
    EXPECT_THAT(file, IsOk());
    return *std::move(file);
  }

  FileSystem& files_ = FileSystem::Posix();
  const TempDirectory directory_;
};

TEST_F(PosixFileSystemTest, ReadsWhatWasWrittenInPlace) {
  const auto file = Open("f");
  ASSERT_THAT(file->Write(0, "0123456789"), IsOk());
  ASSERT_THAT(file->Write(4, "xy"), IsOk());
  ASSERT_THAT(file->Sync(), IsOk());
  EXPECT_THAT(file->Read(2, 5), IsOkAndHolds("23xy6"));
  EXPECT_THAT(file->Read(8, 100), IsOkAndHolds("89"));
  EXPECT_THAT(file->Read(100, 1), IsOkAndHolds(""));
  ASSERT_THAT(file->Write(12, "z"), IsOk());
  EXPECT_THAT(file->Size(), IsOkAndHolds(13));
  EXPECT_THAT(Open("f")->Read(9, 4), IsOkAndHolds(std::string("9\0\0z", 4)));
}

TEST_F(PosixFileSystemTest, AFileOpenedForReadingIsNotWritten) {
  ASSERT_THAT(Open("f")->Write(0, "text"), IsOk());
  const auto file = files_.OpenForReading(directory_ / "f");
  ASSERT_THAT(file, IsOk());
  EXPECT_THAT((*file)->Read(0, 10), IsOkAndHolds("text"));
  EXPECT_THAT((*file)->Write(0, "x"), testing::Not(IsOk()));
  EXPECT_THAT(files_.OpenForReading(directory_ / "none"), StatusIs(StatusCode::kNotFound));
  EXPECT_FALSE(files_.Exists(directory_ / "none"));
}

TEST_F(PosixFileSystemTest, OnlyAnEmptyDirectoryIsDeleted) {
  ASSERT_THAT(files_.CreateDirectories(directory_ / "a/b"), IsOk());
  EXPECT_THAT(files_.DeleteDirectory(directory_ / "a"), testing::Not(IsOk()));
  EXPECT_THAT(files_.DeleteDirectory(directory_ / "a/b"), IsOk());
  EXPECT_THAT(files_.DeleteDirectory(directory_ / "a"), IsOk());
  EXPECT_FALSE(files_.Exists(directory_ / "a"));
}

TEST_F(PosixFileSystemTest, ErrorsNameThePath) {
  const std::string path = directory_ / "none";
  EXPECT_THAT(files_.OpenFile(path, /*create=*/false),
              StatusIs(StatusCode::kNotFound, HasSubstr(path)));
  EXPECT_THAT(files_.Delete(path), StatusIs(StatusCode::kNotFound, HasSubstr(path)));
  EXPECT_THAT(files_.Rename(path, path + "2"), StatusIs(StatusCode::kNotFound, HasSubstr(path)));
  EXPECT_THAT(files_.List(path), StatusIs(StatusCode::kNotFound, HasSubstr(path)));
  EXPECT_THAT(files_.SyncDirectory(path), StatusIs(StatusCode::kNotFound, HasSubstr(path)));
  EXPECT_FALSE(files_.Exists(path));
}

TEST_F(PosixFileSystemTest, ARefusalIsPermissionDenied) {
  if (::geteuid() == 0) GTEST_SKIP() << "root is refused nothing";
  ASSERT_EQ(::chmod(directory_.path().c_str(), 0555), 0);
  EXPECT_THAT(files_.OpenFile(directory_ / "f", /*create=*/true),
              StatusIs(StatusCode::kPermissionDenied));
  ASSERT_EQ(::chmod(directory_.path().c_str(), 0755), 0);
}

TEST_F(PosixFileSystemTest, AFullMediumIsResourceExhausted) {
  if (!files_.Exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  auto file = files_.OpenFile("/dev/full", /*create=*/false);
  ASSERT_THAT(file, IsOk());
  EXPECT_THAT((*file)->Write(0, "x"), StatusIs(StatusCode::kResourceExhausted));
}

TEST_F(PosixFileSystemTest, MovesNamesAbout) {
  ASSERT_THAT(files_.CreateDirectories(directory_ / "a/b/c"), IsOk());
  ASSERT_THAT(files_.CreateDirectories(directory_ / "a/b/c"), IsOk());
  ASSERT_THAT(Open("a/b/two")->Write(0, "2"), IsOk());
  ASSERT_THAT(Open("a/b/one")->Write(0, "1"), IsOk());
  EXPECT_THAT(files_.List(directory_ / "a/b"), IsOkAndHolds(ElementsAre("c", "one", "two")));
  ASSERT_THAT(files_.Rename(directory_ / "a/b/two", directory_ / "a/b/one"), IsOk());
  ASSERT_THAT(files_.SyncDirectory(directory_ / "a/b"), IsOk());
  EXPECT_THAT(Open("a/b/one")->Read(0, 9), IsOkAndHolds("2"));
  ASSERT_THAT(files_.Delete(directory_ / "a/b/one"), IsOk());
  EXPECT_FALSE(files_.Exists(directory_ / "a/b/one"));
}

TEST_F(PosixFileSystemTest, ALockExcludesThisProcessToo) {
  const std::string path = directory_ / "LOCK";
  auto lock = files_.Lock(path);
  ASSERT_THAT(lock, IsOk());
  EXPECT_THAT(files_.Lock(path), StatusIs(StatusCode::kUnavailable, HasSubstr(path)));
  lock->reset();
  EXPECT_THAT(files_.Lock(path), IsOk());
}

}  // namespace
}  // namespace daybook
