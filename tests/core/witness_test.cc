// The ring: what is found again after wrapping round, tearing, flipping and failing.
#include "witness.h"

#include <algorithm>
#include <atomic>
#include <iostream>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "coding.h"
#include "crc32c.h"
#include "daybook/testkit/status_matchers.h"
#include "fault_file_system.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "memory_file_system.h"
#include "witness_format.h"

namespace daybook::internal {
namespace {

using absl::StatusCode;

constexpr uint64_t kSmallest = kMinWitnessBytes;
const char kPath[] = "/store/witness";

class WitnessTest : public ::testing::Test {
 protected:
  void SetUp() override { Create(kSmallest); }

  void Create(uint64_t bytes) {
    header_ = WitnessHeader();
    header_.store_id = Uuid::Derive("store", bytes);
    appended_.clear();
    absl::StatusOr<std::unique_ptr<Witness>> witness =
        Witness::Create(&files_, kPath, bytes, header_);
    ASSERT_THAT(witness, IsOk());
    witness_ = *std::move(witness);
  }

  static WitnessGroup Group(uint64_t number, size_t batch_bytes, char fill = 'b') {
    WitnessGroup group{.number = number, .tip = number * 10};
    group.chain.fill(static_cast<uint8_t>(number));
    group.batch = absl::StrCat("group ", number, " ");
    group.batch.resize(std::max(batch_bytes, group.batch.size()), fill);
    return group;
  }

  void Append(size_t batch_bytes, bool sync = true) {
    appended_.push_back(Group(appended_.size() + 1, batch_bytes));
    ASSERT_THAT(witness_->Append(appended_.back(), sync), IsOk());
  }

  void Flushed(uint64_t number) {
    header_.flushed_group = number;
    header_.flushed_tip = number * 10;
    header_.flushed_chain.fill(static_cast<uint8_t>(number));
    ASSERT_THAT(witness_->WriteHeader(header_), IsOk());
  }

  absl::StatusOr<WitnessContent> Read(FileSystem* files = nullptr) {
    WitnessContent content;
    const auto witness = Witness::Open(files != nullptr ? files : &files_, kPath, &content);
    if (!witness.ok()) return witness.status();
    return content;
  }
  void Reopen() {
    WitnessContent content;
    auto witness = Witness::Open(&files_, kPath, &content);
    ASSERT_THAT(witness, IsOk());
    witness_ = *std::move(witness);
  }

  static bool Same(const WitnessGroup& a, const WitnessGroup& b) {
    return a.number == b.number && a.tip == b.tip && a.chain == b.chain && a.batch == b.batch &&
           a.digest_only == b.digest_only;
  }
  // Each group is what was appended, in order; returns the last one's number, before any gap.
  uint64_t ExpectPrefix(const WitnessContent& content) {
    uint64_t prefix = content.header.flushed_group;
    uint64_t last = prefix;
    for (const WitnessGroup& group : content.groups) {
      EXPECT_TRUE(group.number > last && group.number <= appended_.size() &&
                  Same(group, appended_[group.number - 1]))
          << "group " << group.number << " after " << last;
      last = group.number;
      if (last == prefix + 1) prefix = last;
    }
    return prefix;
  }
  // Everything appended is found.
  void ExpectAll() {
    const auto content = Read();
    ASSERT_THAT(content, IsOk());
    EXPECT_EQ(content->header.flushed_group, header_.flushed_group);
    EXPECT_EQ(ExpectPrefix(*content), appended_.size());
  }

  MemoryFileSystem files_;
  WitnessHeader header_;
  std::vector<WitnessGroup> appended_;
  std::unique_ptr<Witness> witness_;
};

TEST_F(WitnessTest, IsEmptyWhenNew) {
  EXPECT_EQ(files_.Content(kPath).size(), kSmallest);
  EXPECT_FALSE(files_.Exists(std::string(kPath) + ".new"));
  EXPECT_EQ(witness_->Free(), witness_->Capacity());
  const auto content = Read();
  ASSERT_THAT(content, IsOk());
  EXPECT_EQ(content->header.store_id, header_.store_id);
  EXPECT_TRUE(content->groups.empty());
  EXPECT_FALSE(content->damaged_slot.has_value()) << "its header stands in both slots";
}

TEST_F(WitnessTest, KeepsEveryFieldOfTheHeader) {
  header_.flushed_group = 7;
  header_.flushed_tip = 70;
  header_.flushed_chain.fill(9);
  header_.manifest = {.number = 12, .size = 345, .crc32c = 678};
  header_.clean = true;
  ASSERT_THAT(witness_->WriteHeader(header_), IsOk());
  const auto content = Read();
  ASSERT_THAT(content, IsOk());
  EXPECT_EQ(content->header.flushed_group, 7);
  EXPECT_EQ(content->header.flushed_tip, 70);
  EXPECT_EQ(content->header.flushed_chain, header_.flushed_chain);
  EXPECT_EQ(content->header.manifest, header_.manifest);
  EXPECT_TRUE(content->header.clean);
}

TEST_F(WitnessTest, FindsTheGroupsAgain) {
  for (const size_t bytes : {1, 4023, 4024, 4025, 5000, 9000}) Append(bytes);
  WitnessGroup digest = Group(7, 0);
  digest.batch.clear();
  digest.digest_only = true;
  appended_.push_back(digest);
  ASSERT_THAT(witness_->Append(digest, true), IsOk());
  ExpectAll();
}

TEST_F(WitnessTest, TakesWholeBlocks) {
  EXPECT_EQ(witness_->SpaceFor(0), kWitnessBlock);
  EXPECT_EQ(witness_->SpaceFor(kWitnessBlock - kRecordHead), kWitnessBlock);
  EXPECT_EQ(witness_->SpaceFor(kWitnessBlock - kRecordHead + 1), 2 * kWitnessBlock);
  const uint64_t before = witness_->Free();
  Append(5000);
  EXPECT_EQ(witness_->Free(), before - 2 * kWitnessBlock);
  Flushed(1);
  EXPECT_EQ(witness_->Free(), before);
}

TEST_F(WitnessTest, WrapsRound) {
  const uint64_t seed = std::random_device()();
  std::cout << "seed " << seed << "\n";
  std::mt19937_64 random(seed);
  for (int i = 0; i < 500; ++i) {
    const size_t bytes = random() % 12'000;
    while (witness_->SpaceFor(std::max<size_t>(bytes, 16)) > witness_->Free()) {
      const uint64_t held = appended_.size() - header_.flushed_group;
      Flushed(header_.flushed_group + 1 + random() % held);
    }
    Append(bytes);
    if (random() % 5 == 0) ExpectAll();
    if (random() % 20 == 0) {
      const uint64_t free = witness_->Free();
      Reopen();
      EXPECT_EQ(witness_->Free(), free);
    }
    if (HasFailure()) return;
  }
  ExpectAll();
}

TEST_F(WitnessTest, FillsToTheLastBlock) {
  while (witness_->Free() > 0) Append(100);
  ExpectAll();
  Flushed(1);
  Append(100);
  EXPECT_EQ(witness_->Free(), 0);
  ExpectAll();
}

TEST_F(WitnessTest, AFlushBeyondTheLastGroupEmptiesIt) {
  Append(100);
  Flushed(5);
  EXPECT_EQ(witness_->Free(), witness_->Capacity());
  appended_.clear();
  ASSERT_THAT(witness_->Append(Group(6, 100), true), IsOk());
  const auto content = Read();
  ASSERT_THAT(content, IsOk());
  ASSERT_EQ(content->groups.size(), 1);
  EXPECT_EQ(content->groups[0].number, 6);
}

// The last record, written over what older ones left, is cut at every byte.
TEST_F(WitnessTest, ATornRecordIsNotFoundAndHarmsNoOther) {
  for (int i = 0; i < 12; ++i) Append(100);
  Flushed(11);
  Append(3000);
  const std::string before = files_.Content(kPath);
  Append(5000);  // wraps round
  const std::string after = files_.Content(kPath);
  const uint64_t ring = kSmallest - kWitnessRingStart;
  const uint64_t start = 13 * kWitnessBlock;
  for (uint64_t cut = 0; cut < kRecordHead + 5000; ++cut) {
    std::string torn = before;
    for (uint64_t i = 0; i < cut; ++i) {
      const uint64_t at = kWitnessRingStart + (start + i) % ring;
      torn[at] = after[at];
    }
    files_.SetContent(kPath, torn);
    const auto content = Read();
    ASSERT_THAT(content, IsOk());
    ASSERT_EQ(ExpectPrefix(*content), 13) << "cut at " << cut;
    ASSERT_EQ(content->groups.back().number, 13) << "cut at " << cut;
  }
  files_.SetContent(kPath, after);
  ExpectAll();
}

TEST_F(WitnessTest, APowerCutKeepsWhatWasSynced) {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    Create(kSmallest);
    std::mt19937_64 random(seed);
    uint64_t synced = 0;
    for (int i = 0; i < 30; ++i) {
      const size_t bytes = 20 + random() % 9000;
      const bool sync = random() % 2 == 0;
      if (witness_->SpaceFor(bytes) > witness_->Free()) {
        Flushed(appended_.size() - random() % 2);
        synced = appended_.size();
      }
      Append(bytes, sync);
      if (sync) synced = appended_.size();
    }
    witness_.reset();
    files_.LosePower(seed);
    const auto content = Read();
    ASSERT_THAT(content, IsOk());
    EXPECT_GE(ExpectPrefix(*content), synced);
  }
}

// What an earlier run left in the ring beyond a torn record must not be taken for what follows the
// record that is written there instead.
TEST_F(WitnessTest, AStaleRecordIsNotTakenForTheNext) {
  Append(100);
  Append(100, /*sync=*/false);
  Append(100, /*sync=*/false);
  witness_.reset();
  std::string torn = files_.Content(kPath);
  torn[kWitnessRingStart + kWitnessBlock + 80] ^= 1;  // group 2; group 3 is whole
  files_.SetContent(kPath, torn);
  Reopen();
  appended_.resize(1);
  appended_.push_back(Group(2, 100, 'n'));
  ASSERT_THAT(witness_->Append(appended_.back(), true), IsOk());
  const auto content = Read();
  ASSERT_THAT(content, IsOk());
  EXPECT_EQ(ExpectPrefix(*content), 2);
}

// Only what was synced can be damaged; a gap among unsynced records is a crash.
TEST_F(WitnessTest, NothingIsTakenBehindATornRecord) {
  for (const bool sync : {true, false}) {
    Create(kSmallest);
    Append(100);
    Append(100, sync);
    Append(100, sync);
    std::string damaged = files_.Content(kPath);
    damaged[kWitnessRingStart + kWitnessBlock + 80] ^= 1;  // group 2
    files_.SetContent(kPath, damaged);
    const auto content = Read();
    ASSERT_THAT(content, IsOk());
    EXPECT_EQ(ExpectPrefix(*content), 1);
    EXPECT_EQ(content->groups.back().number, sync ? 3 : 1);
  }
}

TEST_F(WitnessTest, ARecordOfAnotherStoreIsNotTaken) {
  for (int i = 0; i < 3; ++i) Append(100);
  const std::string ring = files_.Content(kPath).substr(kWitnessRingStart);
  header_.store_id = Uuid::Derive("another store");
  ASSERT_THAT(Witness::Create(&files_, kPath, kSmallest, header_), IsOk());
  files_.SetContent(kPath, files_.Content(kPath).substr(0, kWitnessRingStart) + ring);
  const auto content = Read();
  ASSERT_THAT(content, IsOk());
  EXPECT_TRUE(content->groups.empty());
}

// Each byte once, one bit of it: the header is as it was, and of the groups only the one that holds
// the byte is missing.
TEST_F(WitnessTest, AFlippedBitNeverGivesAWrongGroup) {
  for (int i = 0; i < 9; ++i) Append(i % 3 == 2 ? 5000 : 3000);
  Flushed(6);
  for (int i = 0; i < 3; ++i) Append(2000);
  const std::string intact = files_.Content(kPath);
  uint64_t shortened = 0;
  for (size_t at = 0; at < intact.size(); ++at) {
    std::string flipped = intact;
    flipped[at] = static_cast<char>(flipped[at] ^ (1 << (at % 8)));
    files_.SetContent(kPath, std::move(flipped));
    const auto content = Read();
    ASSERT_THAT(content, IsOk()) << "byte " << at;
    ASSERT_EQ(content->header.flushed_group, 6) << "byte " << at;
    ASSERT_EQ(content->header.flushed_tip, 60) << "byte " << at;
    const uint64_t last = ExpectPrefix(*content);
    if (last < appended_.size()) ++shortened;
    if (last + 1 < appended_.size()) {
      ASSERT_EQ(content->groups.back().number, appended_.size()) << "byte " << at;
    }
    ASSERT_GE(content->groups.size() + 1, appended_.size() - 6) << "byte " << at;
    ASSERT_FALSE(HasFailure()) << "byte " << at;
  }
  uint64_t covered = 0;
  for (size_t i = 6; i < appended_.size(); ++i) covered += kRecordHead + appended_[i].batch.size();
  EXPECT_EQ(shortened, covered);
}

TEST_F(WitnessTest, AShorterFileIsDataLoss) {
  Append(100);
  const std::string whole = files_.Content(kPath);
  for (const size_t size : {size_t{0}, size_t{100}, size_t{5000}, whole.size() - 1}) {
    files_.SetContent(kPath, whole.substr(0, size));
    EXPECT_THAT(Read(), StatusIs(StatusCode::kDataLoss)) << size;
  }
}

TEST_F(WitnessTest, OneHeaderSlotIsEnough) {
  Append(100);
  Flushed(1);
  Append(100);
  const std::string whole = files_.Content(kPath);
  for (const uint64_t slot : {0, 1}) {
    std::string damaged = whole;
    damaged.replace(slot * kWitnessBlock, kWitnessBlock, kWitnessBlock, 'x');
    files_.SetContent(kPath, damaged);
    ExpectAll();
    Reopen();
    Flushed(1);  // mends the other slot
    EXPECT_EQ(files_.Content(kPath).substr(0, kWitnessBlock),
              files_.Content(kPath).substr(kWitnessBlock, kWitnessBlock));
  }
  std::string damaged = whole;
  damaged.replace(0, kWitnessRingStart, kWitnessRingStart, 'x');
  files_.SetContent(kPath, damaged);
  EXPECT_THAT(Read(), StatusIs(StatusCode::kDataLoss));
}

TEST_F(WitnessTest, ATornHeaderLeavesTheOneBefore) {
  Append(100);
  Flushed(1);
  Append(100);
  FaultFileSystem faults(&files_);
  for (const int write : {1, 2}) {
    for (const size_t written : {0, 50, 100}) {
      WitnessContent content;
      const auto witness = Witness::Open(&faults, kPath, &content);
      ASSERT_THAT(witness, IsOk());
      WitnessHeader header = header_;
      header.flushed_group = 2;
      header.flushed_chain.fill(2);
      faults.FailNth(FileOperation::kWrite, write, absl::InternalError("EIO"), written);
      const std::string before = files_.Content(kPath);
      EXPECT_THAT((*witness)->WriteHeader(header), StatusIs(StatusCode::kInternal));
      EXPECT_THAT((*witness)->WriteHeader(header), StatusIs(StatusCode::kInternal));
      const auto found = Read();
      ASSERT_THAT(found, IsOk());
      EXPECT_EQ(found->header.flushed_group, write);  // the second write: the first slot is new
      files_.SetContent(kPath, before);
    }
  }
}

// After a header was torn, the only intact slot may not be the one that the next header tears.
TEST_F(WitnessTest, AHeaderTornAgainLeavesTheOneBefore) {
  Append(100);
  Flushed(1);
  Append(100);
  WitnessHeader next = header_;
  next.flushed_group = 2;
  FaultFileSystem faults(&files_);
  const std::string whole = files_.Content(kPath);
  for (const uint64_t slot : {0, 1}) {
    std::string torn = whole;
    torn.replace(slot * kWitnessBlock, 50, 50, 'x');
    files_.SetContent(kPath, torn);
    WitnessContent content;
    const auto witness = Witness::Open(&faults, kPath, &content);
    ASSERT_THAT(witness, IsOk());
    faults.FailNth(FileOperation::kWrite, 1, absl::InternalError("EIO"), 50);
    EXPECT_THAT((*witness)->WriteHeader(next), StatusIs(StatusCode::kInternal));
    const auto found = Read();
    ASSERT_THAT(found, IsOk()) << "slot " << slot;
    EXPECT_EQ(found->header.flushed_group, 1u);
  }
}

TEST_F(WitnessTest, ANewerFormatIsRefused) {
  std::string bytes = files_.Content(kPath);
  std::string slot = bytes.substr(0, kWitnessBlock);
  slot[12] = 2;
  const uint32_t crc = Crc32c(absl::string_view(slot).substr(12));
  StoreLittle(crc, slot.data() + 8);
  files_.SetContent(kPath, bytes.replace(0, kWitnessBlock, slot));
  EXPECT_THAT(Read(), StatusIs(StatusCode::kFailedPrecondition, ::testing::HasSubstr("format 2")));
}

TEST_F(WitnessTest, AFailureStopsIt) {
  FaultFileSystem faults(&files_);
  for (const FileOperation operation : {FileOperation::kWrite, FileOperation::kSync}) {
    WitnessContent content;
    const auto witness = Witness::Open(&faults, kPath, &content);
    ASSERT_THAT(witness, IsOk());
    faults.FailNth(operation, 1, absl::ResourceExhaustedError("full"));
    const WitnessGroup group = Group(1, 100);
    EXPECT_THAT((*witness)->Append(group, true), StatusIs(StatusCode::kResourceExhausted));
    EXPECT_THAT((*witness)->Append(group, true), StatusIs(StatusCode::kResourceExhausted));
    EXPECT_THAT((*witness)->WriteHeader(header_), StatusIs(StatusCode::kResourceExhausted));
  }
}

TEST_F(WitnessTest, IsMadeWholeOrNotAtAll) {
  FaultFileSystem faults(&files_);
  const std::string path = "/store/other";
  for (const FileOperation operation : {FileOperation::kOpen, FileOperation::kWrite,
                                        FileOperation::kSync, FileOperation::kRename}) {
    faults.FailNth(operation, 1, absl::ResourceExhaustedError("full"));
    EXPECT_THAT(Witness::Create(&faults, path, kSmallest, header_),
                StatusIs(StatusCode::kResourceExhausted));
    EXPECT_FALSE(files_.Exists(path));
  }
  EXPECT_THAT(Witness::Create(&faults, path, kSmallest, header_), IsOk());
  EXPECT_THAT(Witness::Create(&faults, path, kSmallest - 1, header_),
              StatusIs(StatusCode::kInvalidArgument));
}

TEST_F(WitnessTest, ABreachOfTheContractAborts) {
  EXPECT_DEATH(witness_->Append(Group(2, 10), true).IgnoreError(), "group 2 after 0");
  EXPECT_DEATH(witness_->Append(Group(1, kSmallest), true).IgnoreError(), "does not fit");
}

TEST_F(WitnessTest, AppendsGoOnBesideHeaders) {
  Create(1 << 20);
  std::atomic<uint64_t> last{0};
  std::thread flusher([&] {
    WitnessHeader header = header_;
    while (header.flushed_group < 2000) {
      header.flushed_group = last;
      ASSERT_THAT(witness_->WriteHeader(header), IsOk());
    }
  });
  for (uint64_t number = 1; number <= 2000; ++number) {
    const WitnessGroup group = Group(number, 50 + number % 9000);
    while (witness_->SpaceFor(group.batch.size()) > witness_->Free()) std::this_thread::yield();
    ASSERT_THAT(witness_->Append(group, number % 7 == 0), IsOk());
    last = number;
  }
  flusher.join();
  EXPECT_EQ(witness_->Free(), witness_->Capacity());
}

}  // namespace
}  // namespace daybook::internal
