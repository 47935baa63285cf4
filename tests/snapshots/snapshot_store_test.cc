// The tables of snapshots, byte by byte, without an aggregate.
#include "daybook/snapshots/snapshot_store.h"

#include <map>

#include "absl/strings/escaping.h"
#include "daybook/core/open.h"
#include "daybook/core/stream_metadata.h"
#include "daybook/testkit/status_matchers.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace daybook {
namespace {

constexpr absl::string_view kStream = "account-7";
constexpr absl::string_view kFingerprint = "fingerprint-0123";

class SnapshotStoreTest : public testing::Test {
 protected:
  void SetUp() override {
    store_ = *OpenMemoryStore();
    Open(3);
  }
  void Open(uint32_t keep) {
    auto snapshots = SnapshotStore::Open(store_.get(), keep);
    ASSERT_THAT(snapshots, IsOk());
    snapshots_ = *std::move(snapshots);
  }
  void Append(std::vector<TableWrite> writes) {
    Commit commit;
    commit.writes = std::move(writes);
    ASSERT_THAT(store_->Append(std::move(commit)), IsOk());
  }
  void AppendEvents(absl::string_view stream, size_t count) {
    std::vector<Event> events(count);
    for (Event& event : events) event.type = "Deposited";
    ASSERT_THAT(store_->Append(stream, ExpectedVersion::Any(), std::move(events)), IsOk());
  }
  void Replace(uint64_t version, absl::string_view stream = kStream, uint32_t keep = 3,
               absl::string_view fingerprint = kFingerprint) {
    Append(snapshots_->Replace(*store_->Reader(), stream, fingerprint,
                               {version, absl::StrCat("state ", version)}, keep));
  }
  std::optional<Snapshot> Find(uint64_t until = kMaxVersion, absl::string_view stream = kStream) {
    return snapshots_->Find(*store_->Reader(), stream, kFingerprint, until);
  }
  std::optional<uint64_t> FindVersion(uint64_t until = kMaxVersion) {
    const auto found = Find(until);
    if (!found.has_value()) return std::nullopt;
    EXPECT_EQ(found->state, absl::StrCat("state ", found->version));
    return found->version;
  }
  uint64_t EraseGone() {
    uint64_t erased = 0;
    const auto goes_on = [&](uint64_t so_far) {
      erased = so_far;
      return true;
    };
    EXPECT_THAT(SnapshotStore::EraseGone(*store_, goes_on), IsOk());
    return erased;
  }
  // Hexadecimal keys and values.
  std::map<std::string, std::string> Rows(absl::string_view table) {
    std::map<std::string, std::string> rows;
    EXPECT_THAT(store_->Reader()->ScanRows(*FindTable(*store_, table), {},
                                           [&](absl::string_view key, absl::string_view value) {
                                             rows[absl::BytesToHexString(key)] =
                                                 absl::BytesToHexString(value);
                                             return true;
                                           }),
                IsOk());
    return rows;
  }

  std::unique_ptr<EventStore> store_;
  std::unique_ptr<SnapshotStore> snapshots_;
};

TEST_F(SnapshotStoreTest, TheRowsAreThoseOfTheFormat) {
  constexpr absl::string_view kRow =
      "0803121066696e6765727072696e742d303132331a05737461746521f82c8917ed8a8abb";
  Append({*snapshots_->Write(kStream, 3, kFingerprint, "state")});
  EXPECT_THAT(Rows("$snapshots"),
              testing::ElementsAre(testing::Pair("6163636f756e742d37", std::string(kRow))));
  Replace(0x0102);
  EXPECT_THAT(Rows("$kept-snapshots"),
              testing::ElementsAre(
                  testing::Pair("6163636f756e742d37000000000000000003", std::string(kRow))));
}

TEST_F(SnapshotStoreTest, TheNewestThatIsNotAboveIsFound) {
  EXPECT_EQ(FindVersion(), std::nullopt);
  for (const uint64_t version : {9, 255, 256, 1'000}) Replace(version);
  EXPECT_EQ(FindVersion(), 1'000u);
  EXPECT_EQ(FindVersion(1'000), 1'000u);
  EXPECT_EQ(FindVersion(999), 256u);
  EXPECT_EQ(FindVersion(256), 256u);
  EXPECT_EQ(FindVersion(255), 255u);
  EXPECT_EQ(FindVersion(254), std::nullopt);  // three are kept
}

TEST_F(SnapshotStoreTest, ThoseOfAnotherFingerprintOrNewerAreNotKept) {
  Replace(5, kStream, 3, "of another build");
  Replace(9);
  EXPECT_EQ(Rows("$kept-snapshots").size(), 0u);
  Replace(12);
  Replace(12);  // once more, in the place of the one before
  EXPECT_EQ(Rows("$kept-snapshots").size(), 1u);
  Replace(10);  // as if the stream had never come further
  EXPECT_EQ(FindVersion(), 10u);
  EXPECT_EQ(Rows("$kept-snapshots").size(), 1u);
  EXPECT_EQ(FindVersion(9), 9u);
  Replace(20, kStream, 3, "of another build");
  EXPECT_EQ(Rows("$kept-snapshots").size(), 0u);
}

TEST_F(SnapshotStoreTest, FewerAreKeptFromTheNextOneOn) {
  for (const uint64_t version : {1, 2, 3}) Replace(version);
  Replace(4, kStream, 1);
  EXPECT_EQ(FindVersion(), 4u);
  EXPECT_EQ(Rows("$kept-snapshots").size(), 0u);
}

TEST_F(SnapshotStoreTest, EraseDeletesAllOfOneStream) {
  for (const uint64_t version : {1, 2, 3}) Replace(version);
  for (const uint64_t version : {1, 2, 3}) Replace(version, "account-70");
  for (const uint64_t version : {1, 2, 3}) Replace(version, "account-");
  Append(snapshots_->Erase(*store_->Reader(), kStream));
  for (const uint64_t until : {1, 2, 3}) {
    EXPECT_EQ(FindVersion(until), std::nullopt);
    EXPECT_EQ(Find(until, "account-70")->version, until);
    EXPECT_EQ(Find(until, "account-")->version, until);
  }
}

TEST_F(SnapshotStoreTest, EraseGoneDeletesThoseOfALifeThatIsOver) {
  for (const char* stream : {"account-1", "account-2", "account-3", "account-4"}) {
    AppendEvents(stream, 4);
    for (const uint64_t version : {1, 2, 3}) Replace(version, stream);
  }
  Append({{*FindTable(*store_, "$snapshots"), "account-5", "torn"}});
  EXPECT_EQ(EraseGone(), 0u);
  ASSERT_THAT(DeleteStream(*store_, "account-1"), IsOk());
  ASSERT_THAT(TombstoneStream(*store_, "account-2"), IsOk());
  ASSERT_THAT(DeleteStream(*store_, "account-3"), IsOk());
  ASSERT_THAT(SetStreamLimits(*store_, "account-4", {.max_count = 1}), IsOk());
  AppendEvents("account-3", 2);
  Append({*snapshots_->Write("account-3", 4, kFingerprint, "state 4")});
  Append({{*FindTable(*store_, "$snapshots"), "account-2", "torn"}});
  // Two lives that are over, with three each, and two kept ones of the life before.
  EXPECT_EQ(EraseGone(), 8u);
  EXPECT_EQ(Rows("$kept-snapshots").size(), 2u);
  EXPECT_EQ(Rows("$snapshots").size(), 3u);
  EXPECT_EQ(Find(kMaxVersion, "account-3")->version, 4u);
  EXPECT_EQ(Find(kMaxVersion, "account-4")->version, 3u);
  EXPECT_EQ(Find(2, "account-4")->version, 2u);
  EXPECT_EQ(EraseGone(), 0u);
}

TEST_F(SnapshotStoreTest, NoneOfALifeThatIsOverIsWrittenOrKept) {
  AppendEvents(kStream, 4);
  for (const uint64_t version : {1, 2}) Replace(version);
  ASSERT_THAT(DeleteStream(*store_, kStream), IsOk());
  EXPECT_THAT(snapshots_->Replace(*store_->Reader(), kStream, kFingerprint, {3, "state 3"}, 3),
              testing::IsEmpty());
  AppendEvents(kStream, 2);
  Replace(4);
  Replace(5);
  EXPECT_EQ(FindVersion(), 5u);
  EXPECT_EQ(FindVersion(4), 4u);
  EXPECT_EQ(FindVersion(3), std::nullopt);
  EXPECT_EQ(EraseGone(), 0u);
}

TEST_F(SnapshotStoreTest, EraseGoneGoesThroughManyAtATime) {
  constexpr int kStreams = 2'500;
  for (int i = 0; i < kStreams; ++i) {
    const std::string stream = absl::StrCat("account-", i);
    AppendEvents(stream, 2);
    Replace(0, stream);
    Replace(1, stream);
    if (i % 2 == 0) ASSERT_THAT(DeleteStream(*store_, stream), IsOk());
  }
  uint64_t erased = 0;
  ASSERT_THAT(SnapshotStore::EraseGone(*store_,
                                       [&](uint64_t so_far) {
                                         erased = so_far;
                                         return false;
                                       }),
              IsOk());
  EXPECT_GT(erased, 0u);
  EXPECT_LT(erased, kStreams / 2u);
  EXPECT_EQ(Rows("$snapshots").size(), kStreams - erased);
  EXPECT_EQ(EraseGone(), kStreams - erased);
  EXPECT_EQ(Rows("$snapshots").size(), kStreams / 2u);
  EXPECT_EQ(Rows("$kept-snapshots").size(), kStreams / 2u);
  EXPECT_EQ(Find(1, "account-2498"), std::nullopt);
  EXPECT_EQ(Find(0, "account-2499")->version, 0u);
}

TEST_F(SnapshotStoreTest, EraseGoneMakesNoTables) {
  store_ = *OpenMemoryStore();
  EXPECT_EQ(EraseGone(), 0u);
  EXPECT_THAT(store_->Tables(), testing::IsEmpty());
}

TEST_F(SnapshotStoreTest, AnyFlippedBitOfAKeptOneIsTorn) {
  for (const uint64_t version : {1, 2, 3}) Replace(version);
  const TableId table = *FindTable(*store_, "$kept-snapshots");
  std::string key(kStream);
  key.append(std::string("\0\0\0\0\0\0\0\0\2", 9));
  const std::string sound = **store_->Reader()->GetRow(table, key);
  uint64_t torn = 0;
  for (size_t bit = 0; bit < sound.size() * 8; ++bit) {
    std::string damaged = sound;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    Append({{table, key, damaged}});
    EXPECT_EQ(FindVersion(2), 1u) << bit;  // the one before it stands in
    EXPECT_EQ(snapshots_->stats().torn, ++torn);
  }
  // A sound one under another's key is torn as well.
  Append({{table, key, **store_->Reader()->GetRow(*FindTable(*store_, "$snapshots"), kStream)}});
  EXPECT_EQ(FindVersion(2), 1u);
  EXPECT_EQ(snapshots_->stats().torn, ++torn);
}

TEST_F(SnapshotStoreTest, ASurveyLooksAtEveryOneOfTheStreamsThatAreKnown) {
  for (const uint64_t version : {1, 2, 3}) Replace(version);
  Replace(4, "account-8", 3, "of another build");
  Replace(4, "diary-1");
  Append({{*FindTable(*store_, "$snapshots"), "account-9", "torn"}});
  const std::string fingerprint(kFingerprint);
  const auto looked_at = snapshots_->Survey(*store_->Reader(), [&](absl::string_view stream) {
    return stream == "diary-1" ? nullptr : &fingerprint;
  });
  EXPECT_THAT(looked_at, IsOkAndHolds(5u));
  EXPECT_EQ(snapshots_->stats().torn, 1u);
  EXPECT_EQ(snapshots_->stats().stale, 1u);
}

TEST_F(SnapshotStoreTest, WithOneToKeepThereIsNoSecondTable) {
  store_ = *OpenMemoryStore();
  Open(1);
  Replace(1, kStream, 1);
  Replace(2, kStream, 1);
  EXPECT_EQ(FindVersion(), 2u);
  EXPECT_EQ(FindVersion(1), std::nullopt);
  EXPECT_FALSE(FindTable(*store_, "$kept-snapshots").has_value());
}

}  // namespace
}  // namespace daybook
