// Damage of every kind to a backup, and media that fail: what is told, and what is left.
#include "absl/strings/match.h"
#include "backup_fixture.h"
#include "daybook/core/errors.h"
#include "fault_file_system.h"

namespace daybook {
namespace {

namespace fs = std::filesystem;
using absl::StatusCode;
using testing::HasSubstr;

class BackupFaultsTest : public BackupFixture {
 protected:
  // Two backups: the second shares tables with the first, and has a log.
  void MakeBackups() {
    Fill(*Open(store_), 0, 30);
    const auto store = Open(store_);
    ASSERT_THAT(Backup(*store, backups_), IsOk());
    Fill(*store, 30, 10);
    ASSERT_THAT(Backup(*store, backups_), IsOk());
  }
  // The newest backup is refused by name, and nothing is left of the attempt.
  void ExpectRefused(absl::string_view what) {
    const auto report = Restore(backups_, restored_, {.store = SmallOptions()});
    ASSERT_THAT(report, StatusIs(StatusCode::kDataLoss, HasSubstr(std::string(what))));
    EXPECT_TRUE(ErrorPayload<v1::Damage>(report.status()).has_value());
    EXPECT_FALSE(fs::exists(restored_));
    EXPECT_FALSE(fs::exists(restored_ + ".draft"));
  }
  // The files that the newest backup consists of, tables first. A compaction may have replaced
  // tables that the first backup has.
  std::vector<std::string> FilesOfNewest() {
    const std::string copy = directory_ / "copy";
    fs::copy(backups_, copy, fs::copy_options::recursive);
    EXPECT_THAT(RemoveOldBackups(copy, 1), IsOk());
    std::vector<std::string> files;
    for (const std::string& file : FilesIn(copy + "/tables")) {
      files.push_back(backups_ + "/tables/" + fs::path(file).filename().string());
    }
    fs::remove_all(copy);
    for (const std::string& file : FilesIn(backups_ + "/backups/000002")) files.push_back(file);
    return files;
  }
};

TEST_F(BackupFaultsTest, EveryFlippedByteIsSeen) {
  MakeBackups();
  uint64_t flips = 0;
  for (const std::string& file : FilesOfNewest()) {
    SCOPED_TRACE(file);
    const uint64_t size = fs::file_size(file);
    const uint64_t stride = std::max<uint64_t>(1, size / 50);
    for (uint64_t offset = 0; offset < size; offset += stride) {
      Flip(file, offset);
      ASSERT_NO_FATAL_FAILURE(ExpectRefused(file)) << "byte " << offset;
      Flip(file, offset);
      ++flips;
    }
  }
  std::printf("%llu flips\n", static_cast<unsigned long long>(flips));
  EXPECT_GT(flips, 300);
  EXPECT_THAT(Rehearse(backups_, restored_), IsOk());
}

TEST_F(BackupFaultsTest, SoIsWhatIsCutOffAddedOrGone) {
  MakeBackups();
  for (const std::string& file : FilesOfNewest()) {
    SCOPED_TRACE(file);
    fs::copy(file, directory_ / "kept");
    fs::resize_file(file, fs::file_size(file) - 1);
    ASSERT_NO_FATAL_FAILURE(ExpectRefused(file));
    fs::resize_file(file, 0);
    ASSERT_NO_FATAL_FAILURE(ExpectRefused(file));
    fs::copy(directory_ / "kept", file, fs::copy_options::overwrite_existing);
    std::ofstream(file, std::ios::app) << "more";
    ASSERT_NO_FATAL_FAILURE(ExpectRefused(file));
    fs::remove(file);
    ASSERT_NO_FATAL_FAILURE(ExpectRefused(file));
    fs::rename(directory_ / "kept", file);
  }
  // The contents of one backup do not pass for another's.
  fs::copy(backups_ + "/backups/000001/contents", backups_ + "/backups/000002/contents",
           fs::copy_options::overwrite_existing);
  ASSERT_NO_FATAL_FAILURE(ExpectRefused("it is of backup 1"));
  // The older one is sound all the while.
  EXPECT_THAT(Rehearse(backups_, restored_, {.number = 1}), IsOk());
}

TEST_F(BackupFaultsTest, ADamagedBackupTakesNoOther) {
  MakeBackups();
  const auto store = OpenAtRest(store_);
  ASSERT_THAT(Backup(*store, backups_), IsOk());
  const std::string shared = FilesOfNewest().front();
  Flip(shared, fs::file_size(shared) / 2);
  EXPECT_THAT(Backup(*store, backups_), StatusIs(StatusCode::kDataLoss, HasSubstr(shared)));
  EXPECT_EQ(ListBackups(backups_)->size(), 3);
  Flip(shared, fs::file_size(shared) / 2);
  EXPECT_THAT(Backup(*store, backups_), IsOk());
}

TEST_F(BackupFaultsTest, DamageInTheStoreDoesNotGetIntoABackup) {
  Fill(*Open(store_), 0, 200);
  const auto store = OpenAtRest(store_);
  const std::vector<std::string> tables = TablesIn(store_);
  ASSERT_GT(tables.size(), 3);
  for (const std::string& file : tables) {
    SCOPED_TRACE(file);
    Flip(file, fs::file_size(file) / 2);
    EXPECT_THAT(Backup(*store, backups_), StatusIs(StatusCode::kDataLoss, HasSubstr(file)));
    Flip(file, fs::file_size(file) / 2);
    EXPECT_THAT(ListBackups(backups_), StatusIs(StatusCode::kNotFound));
  }
  EXPECT_THAT(Backup(*store, backups_), IsOk());
}

constexpr FileOperation kOperations[] = {FileOperation::kOpen,   FileOperation::kRead,
                                         FileOperation::kWrite,  FileOperation::kSync,
                                         FileOperation::kRename, FileOperation::kSyncDirectory};

TEST_F(BackupFaultsTest, AFailedBackupIsNotThere) {
  MakeBackups();
  const auto store = Open(store_);
  FaultFileSystem files(&FileSystem::Posix());
  uint64_t taken = 2;
  for (const FileOperation operation : kOperations) {
    bool failed = true;
    for (int n = 1; failed; ++n) {
      SCOPED_TRACE(absl::StrCat("operation ", static_cast<int>(operation), ", ", n));
      ASSERT_THAT(AppendOne(*store, *store->OpenTable("rows"), "w0", n), IsOk());
      files.FailNth(operation, n, absl::ResourceExhaustedError("no space"), /*written=*/1);
      const auto info = Backup(*store, backups_, {.files = &files});
      files.Heal();
      failed = !info.ok();
      if (failed) {
        EXPECT_THAT(info, StatusIs(StatusCode::kResourceExhausted));
        // The last step makes the name durable: the backup may be there, and is whole then.
        const size_t there = ListBackups(backups_)->size();
        if (there > taken) {
          EXPECT_EQ(operation, FileOperation::kSyncDirectory);
          EXPECT_THAT(Rehearse(backups_, restored_), IsOk());
        }
        taken = there;
      } else {
        EXPECT_EQ(ListBackups(backups_)->size(), ++taken);
      }
    }
    EXPECT_THAT(Rehearse(backups_, restored_), IsOk());
  }
  // The store itself took no harm.
  ASSERT_THAT(AppendOne(*store, *store->OpenTable("rows"), "w0", 1'000), IsOk());
}

TEST_F(BackupFaultsTest, AfterAFailedRestoreNothingOrAllIsThere) {
  MakeBackups();
  FaultFileSystem files(&FileSystem::Posix());
  RestoreOptions options{.store = SmallOptions()};
  options.store.files = &files;
  const StoreContent expected = ContentAt(store_);
  for (const FileOperation operation : kOperations) {
    bool failed = true;
    for (int n = 1; failed; ++n) {
      SCOPED_TRACE(absl::StrCat("operation ", static_cast<int>(operation), ", ", n));
      files.FailNth(operation, n, absl::ResourceExhaustedError("no space"), /*written=*/1);
      const auto report = Restore(backups_, restored_, options);
      files.Heal();
      failed = !report.ok();
      if (failed) {
        EXPECT_THAT(report, StatusIs(StatusCode::kResourceExhausted));
      }
      EXPECT_FALSE(fs::exists(restored_ + ".draft"));
      if (fs::exists(restored_)) {
        EXPECT_EQ(ContentAt(restored_), expected);
        fs::remove_all(restored_);
      }
    }
  }
}

// Another process removes old backups as soon as a file of this name is opened.
class RemovingFileSystem : public FaultFileSystem {
 public:
  RemovingFileSystem(std::string suffix, std::string backups)
      : FaultFileSystem(&FileSystem::Posix()),
        suffix_(std::move(suffix)),
        backups_(std::move(backups)) {}

  absl::StatusOr<std::unique_ptr<File>> OpenFile(const std::string& path, bool create) override {
    if (absl::EndsWith(path, suffix_) && !removed_) {
      removed_ = true;
      EXPECT_THAT(RemoveOldBackups(backups_, 1), IsOkAndHolds(1));
    }
    return FaultFileSystem::OpenFile(path, create);
  }

 private:
  const std::string suffix_;
  const std::string backups_;
  bool removed_ = false;
};

TEST_F(BackupFaultsTest, WhatIsRemovedWhileItIsReadIsNotDamaged) {
  // Its contents, and a file that it alone has.
  for (const std::string file : {"000001/contents", "000001/CURRENT"}) {
    SCOPED_TRACE(file);
    ASSERT_NO_FATAL_FAILURE(MakeBackups());
    RemovingFileSystem files(file, backups_);
    RestoreOptions options{.number = 1, .store = SmallOptions()};
    options.store.files = &files;
    EXPECT_THAT(Rehearse(backups_, restored_, options),
                StatusIs(StatusCode::kNotFound, HasSubstr("backup 1 in")));
    EXPECT_FALSE(fs::exists(restored_ + ".draft"));
    fs::remove_all(backups_);
    fs::remove_all(store_);
  }
  ASSERT_NO_FATAL_FAILURE(MakeBackups());
  RemovingFileSystem files("000001/contents", backups_);
  const auto listed = ListBackups(backups_, {.files = &files});
  ASSERT_THAT(listed, IsOk());
  ASSERT_EQ(listed->size(), 1);
  EXPECT_EQ(listed->front().number, 2);
}

}  // namespace
}  // namespace daybook
