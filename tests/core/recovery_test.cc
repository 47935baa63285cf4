// What a store is after a crash or after damage: whole, mended, or refused by name. Never silently
// another one.
#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "chain.h"
#include "daybook/core/errors.h"
#include "daybook/core/open.h"
#include "daybook/testkit/status_matchers.h"
#include "fault_env.h"
#include "fault_file_system.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "open_rocks.h"
#include "read_everything.h"
#include "record.h"
#include "sha256.h"
#include "temp_directory.h"

namespace daybook {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

StoreOptions SmallOptions() {
  StoreOptions options;
  options.witness_bytes = size_t{1} << 20;
  return options;
}

class RecoveryTest : public testing::Test {
 protected:
  absl::StatusOr<std::unique_ptr<EventStore>> Open(const std::string& path) {
    return OpenStore(path, SmallOptions());
  }

  // Some commits: events, several streams, rows, a claim. `base` makes them differ.
  static void Fill(EventStore* store, int commits, int base = 0) {
    const TableId table = store->OpenTable("rows").value();
    for (int i = base; i < base + commits; ++i) {
      Commit commit;
      Event event;
      event.id = Uuid::Derive("event", static_cast<uint64_t>(i));
      event.type = i % 3 == 0 ? "Opened" : "Noted";
      event.payload = absl::StrCat("payload ", i, std::string(static_cast<size_t>(i % 50), 'x'));
      commit.appends.push_back({absl::StrCat("s-", i % 7), ExpectedVersion::Any(), {event}});
      commit.writes.push_back({table, absl::StrCat("row ", i % 5), absl::StrCat("value ", i)});
      ASSERT_THAT(store->Append(std::move(commit)), IsOk());
    }
  }

  // The store's files as they would be found if the process were killed now. A compaction that goes
  // on meanwhile would tear the copy, as no kill does: then it is made again.
  std::string CopyOf(const std::string& path, const std::string& name) {
    const std::string copy = directory_ / name;
    std::error_code failed;
    std::vector<std::string> files;
    do {
      files = FilesOf(path);
      fs::remove_all(copy);
      fs::copy(path, copy, fs::copy_options::recursive, failed);
    } while (failed || FilesOf(path) != files || FilesOf(copy) != files);
    return copy;
  }
  static std::vector<std::string> FilesOf(const std::string& store) {
    std::vector<std::string> files;
    std::error_code gone;
    for (const auto& entry : fs::recursive_directory_iterator(store, gone)) {
      files.push_back(absl::StrCat(fs::relative(entry.path(), store, gone).string(), " ",
                                   entry.is_regular_file(gone) ? entry.file_size(gone) : 0));
    }
    std::sort(files.begin(), files.end());
    return files;
  }

  static std::string FileIn(const std::string& store, absl::string_view suffix) {
    for (const auto& entry : fs::directory_iterator(store + "/db")) {
      const std::string path = entry.path().string();
      if (absl::EndsWith(path, suffix) && fs::file_size(path) > 0) return path;
    }
    ADD_FAILURE() << "no file " << suffix << " in " << store;
    return "";
  }
  static std::string Manifest(const std::string& store) {
    for (const auto& entry : fs::directory_iterator(store + "/db")) {
      if (absl::StrContains(entry.path().filename().string(), "MANIFEST-")) {
        return entry.path().string();
      }
    }
    ADD_FAILURE() << "no MANIFEST";
    return "";
  }
  static void FlipBit(const std::string& path, uint64_t offset, int bit) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(static_cast<std::streamoff>(offset));
    const int byte = file.get();
    file.seekp(static_cast<std::streamoff>(offset));
    file.put(static_cast<char>(byte ^ (1 << bit)));
  }

  TempDirectory directory_;
};

TEST_F(RecoveryTest, AClosedStoreComesBackWhole) {
  const std::string path = directory_ / "store";
  StoreContent before;
  std::string chain;
  {
    auto store = Open(path);
    ASSERT_THAT(store, IsOk());
    Fill(store->get(), 100);
    before = ReadEverything(**store).value();
    chain = (*store)->Stats().chain_hex;
  }
  for (int i = 0; i < 3; ++i) {
    auto store = Open(path);
    ASSERT_THAT(store, IsOk());
    EXPECT_THAT(ReadEverything(**store), IsOkAndHolds(before));
    EXPECT_EQ((*store)->Stats().chain_hex, chain);
    EXPECT_EQ((*store)->Stats().streams, 7u);
  }
  auto report = VerifyStore(path, SmallOptions());
  ASSERT_THAT(report, IsOk());
  EXPECT_EQ(report->tip, Position(100));
  EXPECT_EQ(report->streams, 7u);
  EXPECT_EQ(report->chain, chain);
}

TEST_F(RecoveryTest, AKilledStoreComesBackWhole) {
  const std::string path = directory_ / "store";
  auto store = Open(path);
  ASSERT_THAT(store, IsOk());
  for (int round = 0; round < 3; ++round) {
    Fill(store->get(), 50, round * 50);
    const StoreContent before = ReadEverything(**store).value();
    const std::string copy = CopyOf(path, "killed");
    EXPECT_THAT(VerifyStore(copy, SmallOptions()), IsOk());
    {
      auto read_only = OpenStoreReadOnly(copy, SmallOptions());
      ASSERT_THAT(read_only, IsOk());
      EXPECT_THAT(ReadEverything(**read_only), IsOkAndHolds(before));
      EXPECT_THAT((*read_only)->Append("s-1", ExpectedVersion::Any(), {Event{.type = "T"}}),
                  StatusIs(absl::StatusCode::kUnavailable));
    }
    auto killed = Open(copy);
    ASSERT_THAT(killed, IsOk());
    EXPECT_THAT(ReadEverything(**killed), IsOkAndHolds(before));
    Fill(killed->get(), 10, 10'000);
    killed->reset();
    EXPECT_THAT(VerifyStore(copy, SmallOptions()), IsOk());
  }
}

TEST_F(RecoveryTest, WhatTheLogLostTheWitnessGivesBack) {
  const std::string path = directory_ / "store";
  auto store = Open(path);
  ASSERT_THAT(store, IsOk());
  Fill(store->get(), 60);
  const StoreContent before = ReadEverything(**store).value();
  const uint64_t size = fs::file_size(FileIn(path, ".log"));
  ASSERT_GT(size, 1000u);
  for (uint64_t cut = 0; cut < size; cut += size / 40) {
    const std::string copy = CopyOf(path, "cut");
    fs::resize_file(FileIn(copy, ".log"), cut);
    auto reopened = Open(copy);
    ASSERT_THAT(reopened, IsOk()) << "cut at " << cut;
    EXPECT_THAT(ReadEverything(**reopened), IsOkAndHolds(before)) << "cut at " << cut;
    reopened->reset();
    EXPECT_THAT(VerifyStore(copy, SmallOptions()), IsOk()) << "cut at " << cut;
  }
  for (uint64_t offset = 0; offset < size; offset += size / 60) {
    const std::string copy = CopyOf(path, "flipped");
    FlipBit(FileIn(copy, ".log"), offset, static_cast<int>(offset % 8));
    auto reopened = Open(copy);
    ASSERT_THAT(reopened, IsOk()) << "flipped at " << offset;
    EXPECT_THAT(ReadEverything(**reopened), IsOkAndHolds(before)) << "flipped at " << offset;
  }
}

TEST_F(RecoveryTest, ADamagedWitnessLosesNothing) {
  const std::string path = directory_ / "store";
  auto store = Open(path);
  ASSERT_THAT(store, IsOk());
  Fill(store->get(), 20);
  const StoreContent before = ReadEverything(**store).value();
  for (uint64_t offset = 0; offset < 64'000; offset += 997) {
    const std::string copy = CopyOf(path, "flipped");
    FlipBit(copy + "/witness", offset, static_cast<int>(offset % 8));
    auto reopened = Open(copy);
    ASSERT_THAT(reopened, IsOk()) << "flipped at " << offset;
    EXPECT_THAT(ReadEverything(**reopened), IsOkAndHolds(before)) << "flipped at " << offset;
  }
}

TEST_F(RecoveryTest, WhatBothLostIsRefusedByName) {
  const std::string path = directory_ / "store";
  auto store = Open(path);
  ASSERT_THAT(store, IsOk());
  Fill(store->get(), 20);
  const std::string copy = CopyOf(path, "both");
  fs::resize_file(FileIn(copy, ".log"), 0);
  fs::remove(copy + "/witness");
  EXPECT_THAT(Open(copy), StatusIs(absl::StatusCode::kDataLoss, HasSubstr("witness")));

  // Closed in order, then set back to an earlier state: the witness knows better.
  store->reset();
  const std::string early = CopyOf(path, "early");
  auto again = Open(path);
  ASSERT_THAT(again, IsOk());
  Fill(again->get(), 20, 20);
  again->reset();
  fs::remove_all(path + "/db");
  fs::copy(early + "/db", path + "/db", fs::copy_options::recursive);
  EXPECT_THAT(Open(path), StatusIs(absl::StatusCode::kDataLoss));
}

// The log goes further than the witness, and is another: of a copy that went its own way.
TEST_F(RecoveryTest, ALongerLogOfAnotherHistoryIsRefused) {
  const std::string path = directory_ / "store";
  auto store = Open(path);
  ASSERT_THAT(store, IsOk());
  Fill(store->get(), 10);
  const std::string early = CopyOf(path, "early");
  Fill(store->get(), 10, 10);
  const std::string killed = CopyOf(path, "killed");
  auto other = Open(early);
  ASSERT_THAT(other, IsOk());
  Fill(other->get(), 30, 1'000);
  const std::string longer = CopyOf(early, "longer");
  fs::remove_all(killed + "/db");
  fs::copy(longer + "/db", killed + "/db", fs::copy_options::recursive);
  EXPECT_THAT(Open(killed),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("not the one that the witness saw")));
}

// One group's copy in the ring is damaged, and the log is cut: at its end, so that the groups after
// it are still in the ring; before it, so that it is lost and told.
TEST_F(RecoveryTest, AGapInTheWitnessIsBridgedOrRefused) {
  const std::string path = directory_ / "store";
  auto store = Open(path);
  ASSERT_THAT(store, IsOk());
  Fill(store->get(), 20);
  const StoreContent before = ReadEverything(**store).value();
  const uint64_t size = fs::file_size(FileIn(path, ".log"));
  constexpr uint64_t kTenthRecord = 8192 + 9 * 4096;
  int bridged = 0;
  int refused = 0;
  for (uint64_t cut = 0; cut < size; cut += 1 + size / 40) {
    const std::string copy = CopyOf(path, "gap");
    FlipBit(copy + "/witness", kTenthRecord + 100, 1);
    fs::resize_file(FileIn(copy, ".log"), cut);
    auto reopened = Open(copy);
    if (!reopened.ok()) {
      EXPECT_THAT(reopened, StatusIs(absl::StatusCode::kDataLoss, HasSubstr("acknowledged up to")))
          << "cut at " << cut;
      EXPECT_EQ(bridged, 0) << "cut at " << cut;
      ++refused;
    } else {
      EXPECT_THAT(ReadEverything(**reopened), IsOkAndHolds(before)) << "cut at " << cut;
      ++bridged;
    }
  }
  EXPECT_GT(refused, 0);
  EXPECT_GT(bridged, 0);
}

TEST_F(RecoveryTest, ADamagedManifestIsRefusedOrHarmless) {
  const std::string path = directory_ / "store";
  {
    auto store = Open(path);
    ASSERT_THAT(store, IsOk());
    Fill(store->get(), 20);
  }
  auto store = Open(path);
  ASSERT_THAT(store, IsOk());
  const StoreContent before = ReadEverything(**store).value();
  store->reset();
  const uint64_t size = fs::file_size(Manifest(path));
  int refused = 0;
  for (uint64_t cut = 0; cut < size; cut += 1 + size / 30) {
    const std::string copy = CopyOf(path, "cut");
    fs::resize_file(Manifest(copy), cut);
    auto reopened = Open(copy);
    if (!reopened.ok()) {
      EXPECT_THAT(reopened, StatusIs(absl::StatusCode::kDataLoss)) << "cut at " << cut;
      ++refused;
    } else {
      EXPECT_THAT(ReadEverything(**reopened), IsOkAndHolds(before)) << "cut at " << cut;
    }
  }
  EXPECT_GT(refused, 0);
}

TEST_F(RecoveryTest, TheRingIsUsedRoundAndRound) {
  const std::string path = directory_ / "store";
  auto store = Open(path);
  ASSERT_THAT(store, IsOk());
  constexpr int kAppends = 300;  // 30 times the ring
  for (int i = 0; i < kAppends; ++i) {
    ASSERT_THAT(
        (*store)->Append("s-1", ExpectedVersion::Any(),
                         {Event{.type = "T", .payload = std::string(100'000, 'a' + i % 26)}}),
        IsOk());
  }
  const std::string copy = CopyOf(path, "killed");
  // Whatever is not yet in a table file stands in the ring.
  for (const auto& entry : fs::directory_iterator(copy + "/db")) {
    if (entry.path().extension() == ".log") fs::resize_file(entry.path(), 0);
  }
  auto reopened = Open(copy);
  ASSERT_THAT(reopened, IsOk());
  EXPECT_EQ((*reopened)->Tip(), Position(kAppends));
  reopened->reset();
  EXPECT_THAT(VerifyStore(copy, SmallOptions()), IsOk());
}

TEST_F(RecoveryTest, AGroupTooLargeForTheRingIsWrittenSerially) {
  const std::string path = directory_ / "store";
  auto store = Open(path);
  ASSERT_THAT(store, IsOk());
  Fill(store->get(), 5);
  ASSERT_THAT((*store)->Append("s-1", ExpectedVersion::Any(),
                               {Event{.type = "T", .payload = std::string(3'000'000, 'x')}}),
              IsOk());
  Fill(store->get(), 5, 100);
  const StoreContent before = ReadEverything(**store).value();
  auto reopened = Open(CopyOf(path, "killed"));
  ASSERT_THAT(reopened, IsOk());
  EXPECT_THAT(ReadEverything(**reopened), IsOkAndHolds(before));
}

TEST_F(RecoveryTest, PathsThatAreNoStoresAreToldApart) {
  StoreOptions options = SmallOptions();
  options.create_if_missing = false;
  EXPECT_THAT(OpenStore(directory_ / "none", options), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(OpenStore("", options), StatusIs(absl::StatusCode::kInvalidArgument));
  std::ofstream(directory_ / "file") << "text";
  EXPECT_THAT(Open(directory_ / "file"), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(Open(directory_.path()),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("other files")));
  EXPECT_THAT(OpenStoreReadOnly(directory_ / "none"), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_FALSE(fs::exists(directory_ / "none"));
  options.witness_bytes = 1000;
  EXPECT_THAT(OpenStore(directory_ / "new", options),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("witness_bytes")));
}

TEST_F(RecoveryTest, AStoreIsOpenOnce) {
  const std::string path = directory_ / "store";
  auto store = Open(path);
  ASSERT_THAT(store, IsOk());
  EXPECT_THAT(Open(path), StatusIs(absl::StatusCode::kUnavailable, HasSubstr("open elsewhere")));
  EXPECT_THAT(OpenStoreReadOnly(path), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(VerifyStore(path), StatusIs(absl::StatusCode::kUnavailable));
  store->reset();
  EXPECT_THAT(Open(path), IsOk());
}

TEST_F(RecoveryTest, AnInterruptedMakingIsDoneAgain) {
  const std::string path = directory_ / "store";
  ASSERT_THAT(Open(path), IsOk());
  std::ofstream(path + "/making").flush();
  EXPECT_THAT(OpenStoreReadOnly(path), StatusIs(absl::StatusCode::kNotFound));
  auto store = Open(path);
  ASSERT_THAT(store, IsOk());
  EXPECT_FALSE(fs::exists(path + "/making"));
  EXPECT_EQ((*store)->Tip(), Position());
  Fill(store->get(), 3);
}

TEST_F(RecoveryTest, ANewerFormatIsRefusedByName) {
  const std::string path = directory_ / "store";
  ASSERT_THAT(Open(path), IsOk());
  {
    internal::RocksKvOptions options;
    options.create_if_missing = false;
    auto kv = internal::RocksKv::Open(path + "/db", options);
    ASSERT_THAT(kv, IsOk());
    auto row = (*kv)->Get(nullptr, internal::Family::kMeta, internal::kFormatKey);
    auto record = internal::FormatRecord::Decode((*row)->view());
    ASSERT_THAT(record, IsOk());
    record->format = internal::kFormat + 1;
    internal::KvBatch batch;
    batch.Put(internal::Family::kMeta, internal::kFormatKey, record->Encode());
    ASSERT_THAT((*kv)->Write(batch), IsOk());
    ASSERT_THAT((*kv)->Flush(), IsOk());
  }
  EXPECT_THAT(Open(path),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("newer Daybook")));
}

// Tampering that RocksDB's own checksums do not see, since it is written through RocksDB.
TEST_F(RecoveryTest, VerifyNamesTheFirstBadPosition) {
  const std::string path = directory_ / "store";
  {
    auto store = Open(path);
    ASSERT_THAT(store, IsOk());
    Fill(store->get(), 30);
  }
  const auto tampered = [&](const std::string& name, auto change) {
    const std::string copy = CopyOf(path, name);
    {
      internal::RocksKvOptions options;
      options.create_if_missing = false;
      auto kv = internal::RocksKv::Open(copy + "/db", options).value();
      internal::KvBatch batch;
      change(*kv, batch);
      EXPECT_THAT(kv->Write(batch), IsOk());
      EXPECT_THAT(kv->Flush(), IsOk());
    }
    const auto report = VerifyStore(copy, SmallOptions());
    EXPECT_THAT(report, StatusIs(absl::StatusCode::kDataLoss)) << name;
    const auto damage = ErrorPayload<v1::Damage>(report.status());
    return damage.has_value() ? damage->position() : ~uint64_t{0};
  };
  using internal::Family;
  using internal::LogKey;
  for (const uint64_t position : {1, 12, 30}) {
    EXPECT_EQ(tampered(absl::StrCat("payload", position),
                       [position](internal::RocksKv& kv, internal::KvBatch& batch) {
                         auto value = kv.Get(nullptr, Family::kLog, LogKey(position));
                         std::string record((*value)->view());
                         record[record.find("payload")] ^= 1;
                         batch.Put(Family::kLog, LogKey(position), record);
                       }),
              position);
  }
  // With the hash that it would have had: then the one behind it does not follow.
  EXPECT_EQ(tampered("rewritten",
                     [](internal::RocksKv& kv, internal::KvBatch& batch) {
                       auto before = kv.Get(nullptr, Family::kLog, LogKey(11));
                       internal::Hash chain;
                       std::memcpy(
                           chain.data(),
                           internal::RecordView::Parse(11, (*before)->view())->chain().data(),
                           chain.size());
                       auto value = kv.Get(nullptr, Family::kLog, LogKey(12));
                       std::string bytes((*value)->view());
                       bytes[bytes.find("payload")] ^= 1;
                       const auto record = internal::RecordView::Parse(12, bytes).value();
                       chain = internal::NextChain(
                           chain, internal::Leaf(record.header(), internal::Digest(record.body()),
                                                 internal::Digest(record.metadata())));
                       bytes.resize(bytes.size() - chain.size());
                       batch.Put(Family::kLog, LogKey(12),
                                 absl::StrCat(bytes, internal::DigestBytes(chain)));
                     }),
            13u);
  EXPECT_EQ(
      tampered("deleted", [](internal::RocksKv&,
                             internal::KvBatch& batch) { batch.Delete(Family::kLog, LogKey(17)); }),
      17u);
  EXPECT_EQ(tampered("swapped",
                     [](internal::RocksKv& kv, internal::KvBatch& batch) {
                       auto a = kv.Get(nullptr, Family::kLog, LogKey(8));
                       auto b = kv.Get(nullptr, Family::kLog, LogKey(9));
                       batch.Put(Family::kLog, LogKey(8), (*b)->view());
                       batch.Put(Family::kLog, LogKey(9), (*a)->view());
                     }),
            8u);
  for (const uint64_t number : {0, 4, 29}) {
    EXPECT_EQ(tampered(absl::StrCat("index", number),
                       [number](internal::RocksKv&, internal::KvBatch& batch) {
                         batch.Delete(Family::kIds, internal::IdKey(Uuid::Derive("event", number)));
                       }),
              number + 1);
  }
  EXPECT_EQ(tampered("truncated",
                     [](internal::RocksKv&, internal::KvBatch& batch) {
                       batch.Delete(Family::kLog, LogKey(30));
                     }),
            30u);
}

// A byte of each file, at several places: whatever a store is made of is looked at.
TEST_F(RecoveryTest, VerifyNoticesAFlippedByteInEveryFile) {
  const std::string path = directory_ / "store";
  auto store = Open(path);
  ASSERT_THAT(store, IsOk());
  Fill(store->get(), 60);
  const StoreContent before = ReadEverything(**store).value();
  const std::string killed = CopyOf(path, "killed");
  store->reset();
  std::map<std::string, int> noticed;
  for (const std::string& directory : {path, killed}) {
    ASSERT_THAT(VerifyStore(directory, SmallOptions()), IsOk());
    for (const auto& entry : fs::recursive_directory_iterator(directory)) {
      if (!entry.is_regular_file() || entry.file_size() == 0) continue;
      const std::string file = entry.path().filename().string();
      // What RocksDB writes for people, and does not read.
      const bool unread =
          absl::StartsWith(file, "LOG") || absl::StartsWith(file, "OPTIONS-") || file == "IDENTITY";
      const bool witness = file == "witness";
      // Beyond the header slots only what is not yet in table files counts, and the last record of
      // those cannot be told from one that was never acknowledged.
      const uint64_t size = !witness              ? entry.file_size()
                            : directory == killed ? 8192 + 4096 * 55
                                                  : 8192;
      for (uint64_t offset = 0; offset < size; offset += 1 + size / 16) {
        if (witness && offset >= 8192) offset = offset / 4096 * 4096 + offset % 80;
        FlipBit(entry.path().string(), offset, static_cast<int>(offset % 8));
        const auto report = VerifyStore(directory, SmallOptions());
        FlipBit(entry.path().string(), offset, static_cast<int>(offset % 8));
        if (unread) {
          EXPECT_THAT(report, IsOk()) << file << " at " << offset;
          continue;
        }
        ++noticed[file.substr(0, 8)];
        if (absl::EndsWith(file, ".log")) {
          EXPECT_THAT(report, StatusIs(absl::StatusCode::kFailedPrecondition,
                                       HasSubstr("the witness holds them")))
              << file << " at " << offset;
          continue;
        }
        EXPECT_THAT(report, StatusIs(absl::StatusCode::kDataLoss)) << file << " at " << offset;
        if (witness) {
          EXPECT_THAT(report.status().message(), HasSubstr(offset < 4096   ? "header slot 0"
                                                           : offset < 8192 ? "header slot 1"
                                                                           : "its record of group"))
              << file << " at " << offset;
        }
      }
    }
  }
  EXPECT_GT(noticed.size(), 4u) << testing::PrintToString(noticed);
  EXPECT_GT(noticed["witness"], 20);

  // Opening mends what only the witness has lost.
  for (const std::string& directory : {path, killed}) {
    for (const uint64_t offset : {8192 + 10 * 4096 + 80, 100, 4096 + 100}) {
      FlipBit(directory + "/witness", offset, 3);
      if (directory == killed || offset < 8192) {  // of a closed store the ring holds nothing
        EXPECT_THAT(VerifyStore(directory, SmallOptions()), StatusIs(absl::StatusCode::kDataLoss));
      }
      auto reopened = Open(directory);
      ASSERT_THAT(reopened, IsOk());
      EXPECT_THAT(ReadEverything(**reopened), IsOkAndHolds(before));
      const std::string running = CopyOf(directory, "running");
      EXPECT_THAT(VerifyStore(running, SmallOptions()), IsOk());
      reopened->reset();
      EXPECT_THAT(VerifyStore(directory, SmallOptions()), IsOk());
    }
  }
}

// A dictionary of numbers that the log never gave.
TEST_F(RecoveryTest, VerifyHoldsTheMarkAgainstTheLog) {
  const std::string path = directory_ / "store";
  {
    auto store = Open(path);
    ASSERT_THAT(store, IsOk());
    Fill(store->get(), 30);
  }
  {
    internal::RocksKvOptions options;
    options.create_if_missing = false;
    auto kv = internal::RocksKv::Open(path + "/db", options).value();
    const auto row = kv->Get(nullptr, internal::Family::kMeta, internal::kGroupKey);
    internal::GroupMark mark;
    ASSERT_TRUE(internal::GroupMark::Decode((*row)->view(), &mark));
    ++mark.streams;
    internal::KvBatch batch;
    batch.Put(internal::Family::kMeta, internal::kGroupKey, mark.Encode());
    ASSERT_THAT(kv->Write(batch), IsOk());
    ASSERT_THAT(kv->Flush(), IsOk());
  }
  EXPECT_THAT(VerifyStore(path, SmallOptions()),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("8 streams and 1 categories")));
}

TEST_F(RecoveryTest, AFailedLogSyncIsUnknownAndStopsTheStore) {
  const std::string path = directory_ / "store";
  internal::FaultEnv env;
  auto store = internal::OpenRocksStore(path, SmallOptions(), env.get());
  ASSERT_THAT(store, IsOk());
  Fill(store->get(), 5);
  env.FailNth(internal::RocksFile::kLog, internal::RocksOperation::kSync, 1,
              internal::FaultEnv::InputOutputError());
  Event event{.id = Uuid::Derive("unknown"), .type = "T", .payload = "unknown"};
  EXPECT_THAT((*store)->Append("s-1", ExpectedVersion::Any(), {event}),
              StatusIs(absl::StatusCode::kUnknown, HasSubstr("outcome unknown")));
  EXPECT_THAT((*store)->Append("s-1", ExpectedVersion::Any(), {event}),
              StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT((*store)->Stats().stopped, Not(IsOk()));
  // Readers go on, and see nothing of it.
  EXPECT_EQ((*store)->Tip(), Position(5));
  EXPECT_THAT(ReadEverything(**store), IsOk());
  store->reset();

  auto again = Open(path);
  ASSERT_THAT(again, IsOk());
  auto retry = (*again)->Append("s-1", ExpectedVersion::Any(), {event});
  ASSERT_THAT(retry, IsOk());
  EXPECT_EQ((*again)->Tip(), Position(6)) << "there once, whichever way it went";
  EXPECT_EQ(retry->first, Position(6));
}

// A group that does not fit into the ring is in the log alone: the witness tells of it only when it
// is durable there, so that what was never acknowledged may be lost.
TEST_F(RecoveryTest, TheWitnessTellsOfNoLargeGroupWhoseLogSyncFailed) {
  const std::string path = directory_ / "store";
  internal::FaultEnv env;
  auto store = internal::OpenRocksStore(path, SmallOptions(), env.get());
  ASSERT_THAT(store, IsOk());
  Fill(store->get(), 5);
  env.FailNth(internal::RocksFile::kLog, internal::RocksOperation::kSync, 1,
              internal::FaultEnv::InputOutputError());
  EXPECT_THAT((*store)->Append("s-1", ExpectedVersion::Any(),
                               {Event{.type = "T", .payload = std::string(3'000'000, 'x')}}),
              StatusIs(absl::StatusCode::kUnknown));
  store->reset();
  const std::string log = FileIn(path, ".log");
  fs::resize_file(log, fs::file_size(log) - 1'000'000);
  EXPECT_THAT(VerifyStore(path, SmallOptions()), IsOk());
  auto again = Open(path);
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ((*again)->Tip(), Position(5));
}

// What was built and could not be written stays unwritten for ever; nobody waits for it.
TEST_F(RecoveryTest, AStoreThatStoppedWhileWritingIsNotCaptured) {
  internal::FaultEnv env;
  auto store = internal::OpenRocksStore(directory_ / "store", SmallOptions(), env.get());
  ASSERT_THAT(store, IsOk());
  Fill(store->get(), 5);
  env.FailNth(internal::RocksFile::kLog, internal::RocksOperation::kAppend, 1,
              internal::FaultEnv::InputOutputError());
  EXPECT_THAT((*store)->Append("s-1", ExpectedVersion::Any(), {Event{.type = "T"}}),
              StatusIs(absl::StatusCode::kUnknown));
  EXPECT_THAT((*store)->Capture(),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("the store stopped")));
}

TEST_F(RecoveryTest, AFailedWitnessIsUnknownAndStopsTheStore) {
  const std::string path = directory_ / "store";
  for (const auto& [operation, status] : std::vector<std::pair<FileOperation, absl::Status>>{
           {FileOperation::kWrite, absl::ResourceExhaustedError("disk full")},
           {FileOperation::kSync, absl::InternalError("I/O error")}}) {
    FaultFileSystem files(&FileSystem::Posix());
    StoreOptions options = SmallOptions();
    options.files = &files;
    auto store = OpenStore(path, options);
    ASSERT_THAT(store, IsOk());
    const Position before = (*store)->Tip();
    Event event{.id = Uuid::Random(), .type = "T"};
    files.FailNth(operation, 1, status, /*written=*/100);
    EXPECT_THAT((*store)->Append("s-1", ExpectedVersion::Any(), {event}),
                StatusIs(absl::StatusCode::kUnknown));
    EXPECT_EQ((*store)->Tip(), before);
    store->reset();
    auto again = OpenStore(path, SmallOptions());
    ASSERT_THAT(again, IsOk());
    EXPECT_THAT((*again)->Append("s-1", ExpectedVersion::Any(), {event}), IsOk());
    EXPECT_EQ((*again)->Tip().sequence(), before.sequence() + 1);
  }
}

TEST_F(RecoveryTest, WhatTheSystemRefusesIsToldByName) {
  FaultFileSystem files(&FileSystem::Posix());
  StoreOptions options = SmallOptions();
  options.files = &files;
  files.FailNth(FileOperation::kOpen, 1, absl::PermissionDeniedError("permission denied"));
  EXPECT_THAT(OpenStore(directory_ / "denied", options),
              StatusIs(absl::StatusCode::kPermissionDenied));
  files.FailNth(FileOperation::kWrite, 3, absl::ResourceExhaustedError("no space left"));
  EXPECT_THAT(OpenStore(directory_ / "full", options),
              StatusIs(absl::StatusCode::kResourceExhausted));
  files.Heal();
  EXPECT_THAT(OpenStore(directory_ / "full", options), IsOk());
}

TEST_F(RecoveryTest, EveryDurabilityComesBackAfterAKill) {
  for (const Durability durability :
       {Durability::kStrict, Durability::kRelaxed, Durability::kNone}) {
    const std::string path = directory_ / absl::StrCat("store-", static_cast<int>(durability));
    StoreOptions options = SmallOptions();
    options.durability = durability;
    auto store = OpenStore(path, options);
    ASSERT_THAT(store, IsOk());
    Fill(store->get(), 40);
    const StoreContent before = ReadEverything(**store).value();
    const std::string copy = CopyOf(path, "killed");
    for (int i = 0; i < 2; ++i) {
      auto reopened = OpenStore(copy, options);
      ASSERT_THAT(reopened, IsOk());
      EXPECT_THAT(ReadEverything(**reopened), IsOkAndHolds(before));
    }
  }
}

}  // namespace
}  // namespace daybook
