// The power is cut before a sync, at any of them, and after the last: what was said to be there is,
// and what was not can be made.
#include <functional>
#include <iostream>
#include <random>
#include <string>
#include <vector>

#include "backup_fixture.h"
#include "daybook/core/log_import.h"
#include "daybook/core/status_macros.h"
#include "power_cut.h"

namespace daybook {
namespace {

namespace fs = std::filesystem;

struct Picture {
  std::string path;
  uint64_t said;  // what was there by then, and durable
};

class BackupPowerCutTest : public BackupFixture {
 protected:
  BackupPowerCutTest() { fs::create_directory(medium_); }

  // Of what lies on the medium, as it would be found.
  void Cut() {
    const std::string path = directory_ / absl::StrCat("cut", pictures_.size());
    power_.CopyTo(medium_, path, seed_ + pictures_.size());
    pictures_.push_back({path, said_});
  }
  // From here on what was made is said to be there.
  void Say(uint64_t what) {
    said_ = what;
    // What a sync forgot may be there by chance.
    for (int i = 0; i < 5; ++i) Cut();
  }
  void CheckAll(const std::function<void(const Picture&)>& check) {
    std::cout << "seed " << seed_ << ", " << pictures_.size() << " cuts\n";
    for (const Picture& picture : pictures_) {
      SCOPED_TRACE(picture.path);
      check(picture);
      if (HasFailure()) return;
      fs::remove_all(picture.path);
    }
  }
  // A store that is made in the place `at` of each picture by `again`, where it is not there yet.
  void CheckStores(const StoreContent& expected,
                   const std::function<absl::Status(const std::string& path)>& again) {
    CheckAll([&](const Picture& picture) {
      const std::string place = picture.path + in_medium_;
      if (picture.said > 0) {
        EXPECT_TRUE(fs::exists(place));
      }
      if (!fs::exists(place)) {
        ASSERT_THAT(again(place), IsOk());
      }
      EXPECT_THAT(VerifyStore(place, SmallOptions()), IsOk());
      EXPECT_EQ(ContentAt(place), expected);
      EXPECT_FALSE(fs::exists(place + ".draft"));
    });
  }
  StoreOptions CutOptions() {
    StoreOptions options = SmallOptions();
    options.files = power_.files();
    return options;
  }

  const uint64_t seed_ = std::random_device()();
  const std::string medium_ = directory_ / "medium";
  // Neither it nor its parent is there before.
  const std::string in_medium_ = "/deep/place";
  const std::string place_ = medium_ + in_medium_;
  uint64_t said_ = 0;
  std::vector<Picture> pictures_;
  internal::PowerCut power_{[this] { Cut(); }};
};

TEST_F(BackupPowerCutTest, ABackupThatWasTakenIsThere) {
  const auto store = Open(store_);
  for (int i = 0; i < 3; ++i) {
    Fill(*store, 20 * i, 20);
    const auto info = Backup(*store, place_, {.files = power_.files()});
    ASSERT_THAT(info, IsOk());
    Say(info->number);
    if (i == 1) {
      ASSERT_THAT(RemoveOldBackups(place_, 1, {.files = power_.files()}), IsOkAndHolds(1));
    }
  }
  CheckAll([&](const Picture& picture) {
    const std::string backups = picture.path + in_medium_;
    const auto listed = ListBackups(backups);
    if (picture.said == 0 && absl::IsNotFound(listed.status())) {
      EXPECT_THAT(Backup(*store, backups), IsOk());
      return;
    }
    ASSERT_THAT(listed, IsOk());
    EXPECT_GE(listed->back().number, picture.said);
    for (const BackupInfo& info : *listed) {
      EXPECT_THAT(Rehearse(backups, picture.path + "/rehearsal", {.number = info.number}), IsOk());
    }
    EXPECT_THAT(Backup(*store, backups), IsOk());
  });
}

TEST_F(BackupPowerCutTest, ARestoreIsThereOrStartedAgain) {
  Fill(*Open(store_), 0, 30);
  ASSERT_THAT(Backup(*Open(store_), backups_), IsOk());
  ASSERT_THAT(Restore(backups_, place_, {.store = CutOptions()}), IsOk());
  Say(1);
  CheckStores(ContentAt(store_), [&](const std::string& path) {
    return Restore(backups_, path, {.store = SmallOptions()}).status();
  });
}

// A rehearsal leaves nothing that the next one stumbles over.
TEST_F(BackupPowerCutTest, SoIsARehearsal) {
  Fill(*Open(store_), 0, 30);
  ASSERT_THAT(Backup(*Open(store_), backups_), IsOk());
  ASSERT_THAT(Rehearse(backups_, place_, {.store = CutOptions()}), IsOk());
  Cut();
  CheckAll([&](const Picture& picture) {
    EXPECT_THAT(Rehearse(backups_, picture.path + in_medium_, {.store = SmallOptions()}), IsOk());
  });
}

TEST_F(BackupPowerCutTest, AnImportIsThereOrStartedAgain) {
  std::vector<LogEntry> entries;
  StoreContent log;
  {
    const auto store = Open(store_);
    Fill(*store, 0, 30);
    const auto batch = store->Reader()->ReadLog({.limit = 100});
    ASSERT_THAT(batch, IsOk());
    for (const RecordedEvent& event : *batch) entries.push_back(*LogEntryOf(event));
    log = ContentOf(*store);
    log.resize(entries.size());  // without the rows
  }
  const auto import = [&](const std::string& path, const StoreOptions& options) -> absl::Status {
    DAYBOOK_ASSIGN_OR_RETURN(const auto to, LogImport::Begin(path, options));
    for (const LogEntry& entry : entries) DAYBOOK_RETURN_IF_ERROR(to->Append(entry));
    return to->Finish().status();
  };
  ASSERT_THAT(import(place_, CutOptions()), IsOk());
  Say(1);
  CheckStores(log, [&](const std::string& path) { return import(path, SmallOptions()); });
}

// RocksDB's own files are on the medium at once here: this is about the names of the store's.
TEST_F(BackupPowerCutTest, AStoreThatAcknowledgedIsThere) {
  {
    const auto store = OpenStore(place_, CutOptions());
    ASSERT_THAT(store, IsOk());
    Fill(**store, 0, 1);
    Say(1);
  }
  CheckAll([&](const Picture& picture) {
    const auto store = OpenStore(picture.path + in_medium_, SmallOptions());
    ASSERT_THAT(store, IsOk());
    EXPECT_GE((*store)->Tip(), Position(picture.said));
  });
}

}  // namespace
}  // namespace daybook
