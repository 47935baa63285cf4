// What a backup holds, what it shares with others, and what is refused.
#include "daybook/snapshots/backup.h"

#include <atomic>
#include <map>
#include <thread>

#include "backup_fixture.h"

namespace daybook {
namespace {

namespace fs = std::filesystem;
using absl::StatusCode;
using testing::HasSubstr;

class BackupTest : public BackupFixture {};

TEST_F(BackupTest, IsTheStoreAsItWas) {
  StoreContent before;
  std::string chain;
  {
    const auto store = Open(store_);
    Fill(*store, 0, 50);
    before = ContentOf(*store);
    chain = store->Stats().chain_hex;
    const auto info = Backup(*store, backups_);
    ASSERT_THAT(info, IsOk());
    EXPECT_EQ(info->number, 1);
    EXPECT_EQ(info->tip.position, Position(50));
    EXPECT_EQ(info->tip.chain_hex, chain);
    EXPECT_EQ(info->new_bytes, info->bytes);
    Fill(*store, 50, 50);
  }
  const auto report = Restore(backups_, restored_, {.store = SmallOptions()});
  ASSERT_THAT(report, IsOk());
  EXPECT_EQ(report->tip, Position(50));
  EXPECT_EQ(report->chain, chain);
  EXPECT_EQ(ContentAt(restored_), before);
  EXPECT_THAT(VerifyStore(restored_), IsOk());
  EXPECT_FALSE(fs::exists(restored_ + ".draft"));
  EXPECT_FALSE(fs::exists(restored_ + "/draft"));
}

TEST_F(BackupTest, AnEmptyStoreToo) {
  const auto store = Open(store_);
  ASSERT_THAT(Backup(*store, backups_), IsOk());
  ASSERT_THAT(Backup(*store, backups_), IsOk());
  const auto report = Restore(backups_, restored_);
  ASSERT_THAT(report, IsOk());
  EXPECT_EQ(report->events, 0);
  EXPECT_EQ(ContentAt(restored_), StoreContent());
}

TEST_F(BackupTest, TheRestoredStoreGoesOn) {
  {
    const auto store = Open(store_);
    Fill(*store, 0, 20);
    ASSERT_THAT(Backup(*store, backups_), IsOk());
  }
  ASSERT_THAT(Restore(backups_, restored_, {.store = SmallOptions()}), IsOk());
  {
    const auto store = Open(restored_);
    Fill(*store, 20, 20);
    // The same history, so the same directory takes its backups.
    const auto info = Backup(*store, backups_);
    ASSERT_THAT(info, IsOk());
    EXPECT_EQ(info->number, 2);
  }
  EXPECT_THAT(VerifyStore(restored_), IsOk());
  EXPECT_THAT(Rehearse(backups_, directory_ / "place"), IsOk());
}

// Rows as the log of the same store says they must be.
StoreContent RowsOf(EventStore& store) {
  std::map<std::string, std::string> rows;
  ReadLogOptions options;
  while (true) {
    const absl::StatusOr<EventBatch> batch = store.Reader()->ReadLog(options);
    EXPECT_THAT(batch, IsOk());
    for (const RecordedEvent& event : *batch) {
      rows[std::string(event.stream.substr(2))] = std::string(event.payload);
    }
    options.from = batch->next();
    if (batch->at_end()) break;
  }
  StoreContent content;
  for (const auto& [key, value] : rows)
    content.push_back(absl::StrCat("rows[", key, "] = ", value));
  return content;
}

TEST_F(BackupTest, TwentyUnderLoad) {
  constexpr int kBackups = 20;
  std::vector<BackupInfo> backups;
  StoreContent all;
  uint64_t copied = 0;
  {
    const auto store = Open(store_);
    const TableId table = *store->OpenTable("rows");
    std::atomic<bool> stop{false};
    std::vector<std::thread> writers;
    for (int w = 0; w < 4; ++w) {
      writers.emplace_back([&, name = absl::StrCat("w", w)] {
        for (int n = 0; !stop.load(); ++n) ASSERT_THAT(AppendOne(*store, table, name, n), IsOk());
      });
    }
    for (int i = 0; i < kBackups; ++i) {
      const Position acknowledged = store->Tip();
      const auto info = Backup(*store, backups_);
      ASSERT_THAT(info, IsOk());
      EXPECT_GE(info->tip.position, acknowledged);
      copied += info->new_bytes;
      backups.push_back(*info);
    }
    // However seldom the writers get a turn, the last one is taken of a store that goes on.
    while (store->Tip() <= backups.back().tip.position) std::this_thread::yield();
    stop.store(true);
    for (std::thread& writer : writers) writer.join();
    EXPECT_GT(store->Tip(), backups.back().tip.position);
    all = ContentOf(*store);
  }
  EXPECT_GT(backups.back().tip.position, backups.front().tip.position);
  std::printf("%d backups, tips %s to %s, %llu bytes copied\n", kBackups,
              backups.front().tip.position.ToString().c_str(),
              backups.back().tip.position.ToString().c_str(),
              static_cast<unsigned long long>(copied));
  for (const BackupInfo& info : backups) {
    SCOPED_TRACE(info.number);
    const std::string path = absl::StrCat(restored_, info.number);
    const auto report = Restore(backups_, path, {.number = info.number, .store = SmallOptions()});
    ASSERT_THAT(report, IsOk());
    EXPECT_EQ(report->tip, info.tip.position);
    EXPECT_EQ(report->chain, info.tip.chain_hex);
    const auto store = Open(path);
    const uint64_t tip = info.tip.position.sequence();
    StoreContent expected(all.begin(), all.begin() + static_cast<ptrdiff_t>(tip));
    for (const std::string& row : RowsOf(*store)) expected.push_back(row);
    EXPECT_EQ(ContentOf(*store), expected);
  }
}

TEST_F(BackupTest, WhatIsSharedIsCopiedOnce) {
  // Closing brings all of it into table files.
  Fill(*Open(store_), 0, 300);
  const auto store = Open(store_);
  const auto first = Backup(*store, backups_);
  ASSERT_THAT(first, IsOk());
  auto tables = FilesIn(backups_ + "/tables");
  EXPECT_FALSE(tables.empty());
  // A compaction that the opening began adds its own when it ends: until none does.
  for (auto before = decltype(tables)(); before != tables; tables = FilesIn(backups_ + "/tables")) {
    before = tables;
    ASSERT_THAT(Backup(*store, backups_), IsOk());
  }
  Fill(*store, 300, 1);
  const auto second = Backup(*store, backups_);
  ASSERT_THAT(second, IsOk());
  EXPECT_LT(second->new_bytes, first->new_bytes);
  EXPECT_GT(second->bytes, second->new_bytes);
  EXPECT_EQ(FilesIn(backups_ + "/tables"), tables);
}

TEST_F(BackupTest, OldOnesCanGo) {
  StoreContent at_third;
  {
    auto store = Open(store_);
    for (int i = 0; i < 4; ++i) {
      Fill(*store, 100 * i, 100);
      if (i == 2) at_third = ContentOf(*store);
      ASSERT_THAT(Backup(*store, backups_), IsOk());
      // Each life leaves table files of its own; compactions replace them.
      store.reset();
      store = Open(store_);
    }
  }
  // As a backup that was cut off leaves it.
  fs::create_directories(backups_ + "/backups/000005.new");
  std::ofstream(backups_ + "/backups/000005.new/CURRENT") << "MANIFEST-1\n";
  std::ofstream(backups_ + "/tables/77-7-7.sst.new") << "half";

  EXPECT_THAT(RemoveOldBackups(backups_, 0), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(RemoveOldBackups(backups_, 2), IsOkAndHolds(2));
  EXPECT_THAT(RemoveOldBackups(backups_, 2), IsOkAndHolds(0));
  const auto left = ListBackups(backups_);
  ASSERT_THAT(left, IsOk());
  ASSERT_EQ(left->size(), 2);
  EXPECT_EQ((*left)[0].number, 3);
  for (const std::string& file : FilesIn(backups_)) EXPECT_THAT(file, Not(HasSubstr(".new")));
  EXPECT_THAT(Rehearse(backups_, directory_ / "place"), IsOk());
  ASSERT_THAT(Restore(backups_, restored_, {.number = 3, .store = SmallOptions()}), IsOk());
  EXPECT_EQ(ContentAt(restored_), at_third);
  EXPECT_THAT(Restore(backups_, directory_ / "first", {.number = 1}),
              StatusIs(StatusCode::kNotFound, HasSubstr("holds 3 to 4")));
}

TEST_F(BackupTest, OfAnotherStoreIsRefused) {
  Fill(*Open(store_), 0, 5);
  ASSERT_THAT(Backup(*Open(store_), backups_), IsOk());
  const auto other = Open(directory_ / "other");
  EXPECT_THAT(Backup(*other, backups_),
              StatusIs(StatusCode::kFailedPrecondition, HasSubstr("another store")));
  EXPECT_EQ(ListBackups(backups_)->size(), 1);
}

TEST_F(BackupTest, OfAnotherHistoryIsRefused) {
  {
    const auto store = Open(store_);
    Fill(*store, 0, 10);
    ASSERT_THAT(Backup(*store, backups_), IsOk());
    Fill(*store, 10, 10);
    ASSERT_THAT(Backup(*store, backups_), IsOk());
  }
  ASSERT_THAT(Restore(backups_, restored_, {.number = 1, .store = SmallOptions()}), IsOk());
  const auto store = Open(restored_);
  // It is behind the newest backup, then beside it.
  for (const int count : {0, 5, 30}) {
    Fill(*store, 100 + count, count);
    EXPECT_THAT(Backup(*store, backups_),
                StatusIs(StatusCode::kFailedPrecondition, HasSubstr("history")));
  }
  EXPECT_EQ(ListBackups(backups_)->size(), 2);
  EXPECT_THAT(Backup(*store, directory_ / "new"), IsOk());
}

TEST_F(BackupTest, RefusalsNameThePlace) {
  const auto memory = OpenMemoryStore();
  ASSERT_THAT(memory, IsOk());
  EXPECT_THAT(Backup(**memory, backups_), StatusIs(StatusCode::kUnimplemented));
  EXPECT_THAT(ListBackups(directory_ / "none"),
              StatusIs(StatusCode::kNotFound, HasSubstr("no backup in " + directory_.path())));
  EXPECT_THAT(Rehearse(directory_ / "none", directory_ / "place"), StatusIs(StatusCode::kNotFound));
  EXPECT_FALSE(fs::exists(directory_ / "none"));

  const auto store = Open(store_);
  Fill(*store, 0, 5);
  EXPECT_THAT(Backup(*store, ""), StatusIs(StatusCode::kInvalidArgument));
  std::ofstream(directory_ / "file") << "text";
  EXPECT_THAT(Backup(*store, directory_ / "file"),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("must be a directory")));
  EXPECT_THAT(Backup(*store, store_),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("holds other files")));

  ASSERT_THAT(Backup(*store, backups_), IsOk());
  const auto lock = FileSystem::Posix().Lock(backups_ + "/lock");
  ASSERT_THAT(lock, IsOk());
  EXPECT_THAT(Backup(*store, backups_), StatusIs(StatusCode::kUnavailable, HasSubstr(backups_)));
  // Reading needs no lock.
  EXPECT_THAT(Rehearse(backups_, directory_ / "place"), IsOk());
  EXPECT_FALSE(fs::exists(directory_ / "place"));
}

TEST_F(BackupTest, RestoreMakesAStoreNeverOverSomething) {
  {
    const auto store = Open(store_);
    Fill(*store, 0, 5);
    ASSERT_THAT(Backup(*store, backups_), IsOk());
  }
  EXPECT_THAT(Restore(backups_, store_), StatusIs(StatusCode::kAlreadyExists, HasSubstr(store_)));
  fs::create_directory(directory_ / "empty");
  EXPECT_THAT(Restore(backups_, directory_ / "empty"), StatusIs(StatusCode::kAlreadyExists));
  // A directory that only looks like a draft is nobody's to remove.
  fs::create_directory(restored_ + ".draft");
  std::ofstream(restored_ + ".draft/letter.txt") << "text";
  EXPECT_THAT(Restore(backups_, restored_),
              StatusIs(StatusCode::kAlreadyExists, HasSubstr(".draft")));
  EXPECT_TRUE(fs::exists(restored_ + ".draft/letter.txt"));
  fs::remove_all(restored_ + ".draft");
  // One that an interrupted restore left is.
  fs::create_directories(restored_ + ".draft/db");
  std::ofstream(restored_ + ".draft/draft") << "";
  std::ofstream(restored_ + ".draft/db/000007.sst") << "half";
  ASSERT_THAT(Restore(backups_, restored_ + "/"), IsOk());
  EXPECT_EQ(ContentAt(restored_), ContentAt(store_));
}

}  // namespace
}  // namespace daybook
