// What RocksDB adds to the contract: durability, damage, and what the medium refuses.
#include "rocks_kv.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "daybook/testkit/status_matchers.h"
#include "fault_env.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rocksdb/db.h"
#include "temp_directory.h"

namespace daybook::internal {
namespace {

using absl::StatusCode;
using ::testing::HasSubstr;

class RocksKvTest : public ::testing::Test {
 protected:
  void Open(RocksKvOptions options = {}) {
    kv_.reset();
    options.env = env_.get();
    absl::StatusOr<std::unique_ptr<RocksKv>> kv = RocksKv::Open(path_, options);
    ASSERT_THAT(kv, IsOk());
    kv_ = *std::move(kv);
  }
  absl::Status TryOpen(RocksKvOptions options = {}) {
    kv_.reset();
    options.env = env_.get();
    return RocksKv::Open(path_, options).status();
  }

  // Keys of 0-padded numbers in two families, so that a half-applied batch shows.
  absl::Status Write(int number) {
    KvBatch batch;
    batch.Put(Family::kLog, Key(number), std::string(100, 'v'));
    batch.Put(Family::kIds, Key(number), "id");
    return kv_->Write(batch);
  }
  void WriteAll(int first, int last) {
    for (int i = first; i <= last; ++i) ASSERT_THAT(Write(i), IsOk());
  }
  static std::string Key(int number) { return absl::StrCat(1'000'000 + number); }

  bool Has(Family family, int number) {
    const auto value = kv_->Get(nullptr, family, Key(number));
    EXPECT_THAT(value, IsOk());
    return value.ok() && value->has_value();
  }

  // The files of the store whose names end so.
  std::vector<std::string> Files(absl::string_view suffix) const {
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(path_)) {
      if (absl::EndsWith(entry.path().string(), suffix)) files.push_back(entry.path().string());
    }
    std::sort(files.begin(), files.end());
    return files;
  }
  std::string Manifest() const {
    std::ifstream current(path_ + "/CURRENT");
    std::string name;
    current >> name;
    return path_ + "/" + name;
  }
  static void Flip(const std::string& file, uint64_t offset, char bits = 0x10) {
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekg(static_cast<std::streamoff>(offset));
    const char byte = static_cast<char>(stream.get());
    stream.seekp(static_cast<std::streamoff>(offset));
    stream.put(static_cast<char>(byte ^ bits));
  }

  FaultEnv env_;
  const TempDirectory directory_;
  const std::string path_ = directory_ / "db";
  std::unique_ptr<RocksKv> kv_;
};

TEST_F(RocksKvTest, FindsEverythingAgain) {
  Open();
  WriteAll(1, 50);
  ASSERT_THAT(kv_->Flush(), IsOk());
  WriteAll(51, 100);
  ASSERT_THAT(kv_->SyncLog(), IsOk());
  for (const bool read_only : {true, false}) {
    Open({.create_if_missing = false, .read_only = read_only});
    for (int i = 1; i <= 100; ++i) {
      EXPECT_TRUE(Has(Family::kLog, i)) << i;
      EXPECT_TRUE(Has(Family::kIds, i)) << i;
    }
    EXPECT_THAT(kv_->CountEntries(Family::kLog), IsOkAndHolds(100));
    EXPECT_THAT(kv_->VerifyFiles(), IsOk());
    const auto snapshot = kv_->Snapshot();
    const auto it = kv_->NewIterator(snapshot, Family::kLog, {});
    int count = 0;
    for (it->Seek(""); it->Valid(); it->Next()) ++count;
    EXPECT_EQ(count, 100);
  }
  EXPECT_GT(kv_->DiskBytes(), 0);
}

TEST_F(RocksKvTest, ReadingOnlyChangesNothing) {
  Open();
  WriteAll(1, 10);
  kv_.reset();
  const auto names = [&] {
    std::vector<std::pair<std::string, uint64_t>> found;
    for (const auto& entry : std::filesystem::directory_iterator(path_)) {
      found.emplace_back(entry.path().filename().string(), entry.file_size());
    }
    std::sort(found.begin(), found.end());
    return found;
  };
  const auto before = names();
  Open({.read_only = true});
  EXPECT_TRUE(Has(Family::kLog, 10));
  EXPECT_THAT(Write(11), StatusIs(StatusCode::kUnimplemented));
  kv_.reset();
  EXPECT_EQ(names(), before);
}

TEST_F(RocksKvTest, AMissingStoreIsNotFound) {
  EXPECT_THAT(TryOpen({.create_if_missing = false}), StatusIs(StatusCode::kNotFound));
  EXPECT_THAT(TryOpen({.read_only = true}), StatusIs(StatusCode::kNotFound));
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(RocksKvTest, ASecondOpenerIsRefused) {
  Open();
  RocksKvOptions options;
  options.env = env_.get();
  EXPECT_THAT(RocksKv::Open(path_, options), StatusIs(StatusCode::kUnavailable));
}

TEST_F(RocksKvTest, AMissingFileOfAStoreIsDataLoss) {
  Open();
  WriteAll(1, 10);
  ASSERT_THAT(kv_->Flush(), IsOk());
  kv_.reset();
  std::filesystem::remove(path_ + "/CURRENT");
  EXPECT_THAT(TryOpen(), StatusIs(StatusCode::kDataLoss, HasSubstr("CURRENT")));
  EXPECT_FALSE(std::filesystem::exists(path_ + "/CURRENT"));
}

TEST_F(RocksKvTest, AMissingTableIsDataLoss) {
  Open();
  WriteAll(1, 10);
  ASSERT_THAT(kv_->Flush(), IsOk());
  kv_.reset();
  std::filesystem::remove(Files(".sst").front());
  EXPECT_THAT(TryOpen({.create_if_missing = false}), StatusIs(StatusCode::kDataLoss));
  EXPECT_THAT(TryOpen({.create_if_missing = false, .read_only = true}),
              StatusIs(StatusCode::kDataLoss));
}

// The flushed state is of one group in all families, so that the log may lose any of its end.
TEST_F(RocksKvTest, OpensWhateverIsLostOfTheLogAfterAFlush) {
  Open();
  WriteAll(1, 20);
  ASSERT_THAT(kv_->Flush(), IsOk());
  WriteAll(21, 40);
  ASSERT_THAT(kv_->SyncLog(), IsOk());
  kv_.reset();
  const std::string log = Files(".log").back();
  const auto size = std::filesystem::file_size(log);
  ASSERT_GT(size, 100);
  int kept = 40;
  for (const auto left : {size - 1, size / 2, size / 3, uintmax_t{7}, uintmax_t{0}}) {
    std::filesystem::resize_file(log, left);
    Open({.create_if_missing = false, .read_only = true});
    while (kept > 0 && !Has(Family::kLog, kept)) --kept;
    EXPECT_GE(kept, 20);
    EXPECT_LT(kept, 40);
    for (int i = 1; i <= kept; ++i) EXPECT_TRUE(Has(Family::kLog, i) && Has(Family::kIds, i)) << i;
    EXPECT_FALSE(Has(Family::kIds, kept + 1));
  }
  EXPECT_EQ(kept, 20);
}

TEST_F(RocksKvTest, VerifyFindsEveryFlippedByteOfATable) {
  Open();
  WriteAll(1, 20);
  ASSERT_THAT(kv_->Flush(), IsOk());
  ASSERT_THAT(kv_->VerifyFiles(), IsOk());
  kv_.reset();
  const std::string table = Files(".sst").front();
  const auto size = std::filesystem::file_size(table);
  for (uint64_t offset = 0; offset < size; offset += 37) {
    Flip(table, offset);
    absl::Status found = TryOpen({.create_if_missing = false, .read_only = true});
    if (found.ok()) {
      Open({.create_if_missing = false, .read_only = true});
      found = kv_->VerifyFiles();
    }
    EXPECT_THAT(found, StatusIs(StatusCode::kDataLoss)) << "byte " << offset;
    kv_.reset();
    Flip(table, offset);
  }
  EXPECT_THAT(TryOpen({.create_if_missing = false, .read_only = true}), IsOk());
}

// One of these bits has RocksDB end the process.
TEST_F(RocksKvTest, TheHighestBitOfAnyByteAtTheEndOfATableIsDataLoss) {
  Open();
  WriteAll(1, 20);
  ASSERT_THAT(kv_->Flush(), IsOk());
  kv_.reset();
  constexpr char kHighest = static_cast<char>(0x80);
  for (const std::string& table : Files(".sst")) {
    const auto size = std::filesystem::file_size(table);
    int by_properties = 0;
    for (uint64_t offset = size - 300; offset < size; ++offset) {
      Flip(table, offset, kHighest);
      absl::Status found = TryOpen({.create_if_missing = false, .read_only = true});
      if (found.ok()) {
        Open({.create_if_missing = false, .read_only = true});
        found = kv_->VerifyFiles();
      }
      EXPECT_THAT(found, StatusIs(StatusCode::kDataLoss)) << table << " byte " << offset;
      if (absl::StrContains(found.message(), "its properties are damaged")) ++by_properties;
      kv_.reset();
      Flip(table, offset, kHighest);
    }
    EXPECT_EQ(by_properties, 1) << table;
  }
  EXPECT_THAT(TryOpen({.create_if_missing = false, .read_only = true}), IsOk());
}

// Many at a time, each with a status of its own.
TEST_F(RocksKvTest, AReadOfManyKeysFailsWhereATableIsDamaged) {
  Open();
  WriteAll(1, 20);
  ASSERT_THAT(kv_->Flush(), IsOk());
  kv_.reset();
  std::vector<std::string> keys;
  for (int i = 1; i <= 20; ++i) keys.push_back(Key(i));
  const std::vector<absl::string_view> views(keys.begin(), keys.end());
  int failed = 0;
  for (const std::string& table : Files(".sst")) {
    const auto size = std::filesystem::file_size(table);
    for (uint64_t offset = 0; offset < size; offset += 131) {
      Flip(table, offset);
      if (TryOpen({.create_if_missing = false, .read_only = true}).ok()) {
        Open({.create_if_missing = false, .read_only = true});
        const auto values = kv_->MultiGet(nullptr, Family::kLog, views);
        if (values.ok()) {
          for (const auto& value : *values) {
            ASSERT_TRUE(value.has_value()) << "byte " << offset;
            EXPECT_EQ(value->view(), std::string(100, 'v')) << "byte " << offset;
          }
        } else {
          EXPECT_THAT(values, StatusIs(StatusCode::kDataLoss)) << "byte " << offset;
          ++failed;
        }
      }
      kv_.reset();
      Flip(table, offset);
    }
  }
  EXPECT_GT(failed, 0);
}

TEST_F(RocksKvTest, AMarkFindsEveryFlippedAndMissingByteOfTheManifest) {
  Open();
  WriteAll(1, 20);
  ASSERT_THAT(kv_->MarkManifest(), IsOk());
  ASSERT_THAT(kv_->Flush(), IsOk());
  const auto mark = kv_->MarkManifest();
  ASSERT_THAT(mark, IsOk());
  kv_.reset();
  const auto check = [&] { return RocksKv::CheckManifest(path_, *mark, env_.get()); };
  ASSERT_THAT(check(), IsOk());
  const std::string manifest = Manifest();
  ASSERT_EQ(std::filesystem::file_size(manifest), mark->size);
  for (uint64_t offset = 0; offset < mark->size; ++offset) {
    Flip(manifest, offset);
    ASSERT_THAT(check(), StatusIs(StatusCode::kDataLoss)) << "byte " << offset;
    Flip(manifest, offset);
  }
  ASSERT_THAT(check(), IsOk());
  std::ofstream(manifest, std::ios::app) << "more";
  ASSERT_THAT(check(), IsOk());
  std::filesystem::resize_file(manifest, mark->size - 1);
  EXPECT_THAT(check(), StatusIs(StatusCode::kDataLoss, HasSubstr("cut off")));
}

TEST_F(RocksKvTest, ANewerManifestIsFineAndAnOlderIsNot) {
  Open();
  const auto old_mark = kv_->MarkManifest();
  Open();
  const auto mark = kv_->MarkManifest();
  ASSERT_THAT(mark, IsOk());
  EXPECT_GT(mark->number, old_mark->number);
  EXPECT_THAT(RocksKv::CheckManifest(path_, *old_mark), IsOk());
  EXPECT_THAT(RocksKv::CheckManifest(path_, {}), IsOk());
  kv_.reset();
  std::ofstream(path_ + "/CURRENT") << "MANIFEST-000001\n";
  EXPECT_THAT(RocksKv::CheckManifest(path_, *mark), StatusIs(StatusCode::kDataLoss));
  std::ofstream(path_ + "/CURRENT") << "nonsense";
  EXPECT_THAT(RocksKv::CheckManifest(path_, *mark), StatusIs(StatusCode::kDataLoss));
}

struct MediumCase {
  rocksdb::IOStatus error;
  StatusCode code;
};

TEST_F(RocksKvTest, AFailedSyncStopsTheStoreAndReadsGoOn) {
  const MediumCase cases[] = {{FaultEnv::NoSpace(), StatusCode::kResourceExhausted},
                              {FaultEnv::InputOutputError(), StatusCode::kInternal}};
  int next = 1;
  for (const MediumCase& medium : cases) {
    Open();
    ASSERT_THAT(Write(next), IsOk());
    ASSERT_THAT(kv_->SyncLog(), IsOk());
    ASSERT_THAT(Write(next + 1), IsOk());
    env_.FailNth(RocksFile::kLog, RocksOperation::kSync, 1, medium.error);
    EXPECT_THAT(kv_->SyncLog(), StatusIs(medium.code));
    EXPECT_THAT(kv_->SyncLog(), StatusIs(medium.code));
    EXPECT_THAT(Write(next + 2), StatusIs(medium.code));
    EXPECT_THAT(kv_->Flush(), StatusIs(medium.code));
    EXPECT_TRUE(Has(Family::kLog, next));
    Open();
    EXPECT_TRUE(Has(Family::kLog, next));
    EXPECT_FALSE(Has(Family::kLog, next + 2));
    EXPECT_THAT(Write(next + 2), IsOk());
    EXPECT_THAT(kv_->SyncLog(), IsOk());
    next += 3;
  }
}

TEST_F(RocksKvTest, AFailedWriteToTheLogStopsTheStore) {
  Open();
  ASSERT_THAT(Write(1), IsOk());
  env_.FailNth(RocksFile::kLog, RocksOperation::kAppend, 1, FaultEnv::NoSpace());
  EXPECT_THAT(Write(2), StatusIs(StatusCode::kResourceExhausted));
  EXPECT_THAT(Write(3), StatusIs(StatusCode::kResourceExhausted));
  EXPECT_FALSE(Has(Family::kLog, 2));
  Open();
  EXPECT_TRUE(Has(Family::kLog, 1));
  EXPECT_FALSE(Has(Family::kLog, 3));
}

TEST_F(RocksKvTest, AFailedFlushStopsTheStoreAndLosesNothing) {
  for (const RocksFile file : {RocksFile::kTable, RocksFile::kManifest}) {
    Open();
    WriteAll(1, 20);
    ASSERT_THAT(kv_->SyncLog(), IsOk());
    env_.FailNth(file, RocksOperation::kSync, 1, FaultEnv::InputOutputError());
    EXPECT_FALSE(kv_->Flush().ok());
    EXPECT_FALSE(Write(21).ok());
    env_.Heal();
    Open();
    for (int i = 1; i <= 20; ++i) EXPECT_TRUE(Has(Family::kLog, i)) << i;
  }
}

// A store whose creation was cut short is made whole; one that was whole is not mended so.
TEST_F(RocksKvTest, FamiliesAreMadeOnlyWhenAsked) {
  {
    rocksdb::Options options;
    options.create_if_missing = true;
    rocksdb::DB* db = nullptr;
    ASSERT_TRUE(rocksdb::DB::Open(options, path_, &db).ok());
    delete db;
  }
  EXPECT_THAT(TryOpen({.create_if_missing = false}), StatusIs(StatusCode::kDataLoss));
  EXPECT_THAT(TryOpen(), IsOk());
  EXPECT_THAT(TryOpen({.create_if_missing = false}), IsOk());
}

}  // namespace
}  // namespace daybook::internal
