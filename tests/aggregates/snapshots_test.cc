// Snapshots spare a fold and are never trusted.
#include "app_fixture.h"
#include "daybook/core/limits.h"
#include "daybook/snapshots/fingerprint.h"
#include "daybook/snapshots/snapshot_store.h"
#include "daybook/testkit/proto_matchers.h"
#include "daybook/v1/snapshot.pb.h"

namespace daybook {
namespace {

class SnapshotsTest : public AppTest {
 protected:
  void DepositMany(int n) {
    for (int i = 0; i < n; ++i) ASSERT_THAT(app_->Execute(DepositOf(i + 1)), IsOk());
    ASSERT_THAT(app_->FlushSnapshots(), IsOk());
  }
  TableId Table() { return *app_->store().OpenTable("$snapshots"); }
  std::optional<std::string> Row() { return *app_->store().Reader()->GetRow(Table(), "account-7"); }
  void SetRow(std::string value) {
    Commit commit;
    commit.writes.push_back({.table = Table(), .key = "account-7", .value = std::move(value)});
    ASSERT_THAT(app_->store().Append(std::move(commit)), IsOk());
  }
  v1::StoredSnapshot Stored() {
    v1::StoredSnapshot stored;
    const std::optional<std::string> row = Row();
    EXPECT_TRUE(row.has_value() && stored.ParseFromString(*row));
    return stored;
  }
  std::string Fingerprint() { return FingerprintOf(*AccountState::descriptor(), 0); }
  SnapshotStats Stats() { return app_->Stats().snapshots; }
};
INSTANTIATE_TEST_SUITE_P(Disks, SnapshotsTest, testing::ValuesIn(DiskKinds()), DiskKindName);

TEST_P(SnapshotsTest, AreWrittenEachTimeThatSoManyEventsCame) {
  DepositMany(9);
  EXPECT_EQ(Row(), std::nullopt);
  DepositMany(1);
  EXPECT_EQ(Stored().version(), 9u);
  EXPECT_EQ(Stored().fingerprint(), Fingerprint());
  AccountState state;
  ASSERT_TRUE(state.ParseFromString(Stored().state()));
  EXPECT_THAT(state, EqualsProto(Folded()));

  DepositMany(9);
  EXPECT_EQ(Stored().version(), 9u);
  // Several events at once step over the tenth: the state that all of them leave is taken.
  ASSERT_THAT(app_->Execute(Make<DepositAll>({.account = "7", .amounts = {1, 2, 3, 4}})), IsOk());
  ASSERT_THAT(app_->FlushSnapshots(), IsOk());
  EXPECT_EQ(Stored().version(), 22u);
  EXPECT_EQ(Stats().written, 2u);
  // The next is due ten events later, not at a round number; across openings, too.
  Reopen();
  DepositMany(9);
  EXPECT_EQ(Stored().version(), 22u);
  DepositMany(1);
  EXPECT_EQ(Stored().version(), 32u);
}

TEST_P(SnapshotsTest, AreUsedWithTheEventsBehindThem) {
  DepositMany(25);
  Reopen();
  const auto loaded = app_->Load<Account>("7");
  ASSERT_THAT(loaded, IsOk());
  EXPECT_EQ(loaded->version, 24u);
  EXPECT_THAT(loaded->state, EqualsProto(Folded()));
  EXPECT_EQ(Stats().used, 1u);
  EXPECT_EQ(Stats().stale + Stats().torn, 0u);
  ASSERT_THAT(app_->Execute(WithdrawOf(1)), IsOk());
  EXPECT_EQ(Stats().used, 2u);
  EXPECT_EQ(app_->Load<Account>("7")->version, 25u);
}

TEST_P(SnapshotsTest, AreUsedWithoutAnyEventBehindThem) {
  DepositMany(10);
  Reopen();
  EXPECT_THAT(app_->Load<Account>("7")->state, EqualsProto(Folded()));
  EXPECT_EQ(Stats().used, 1u);
}

TEST_P(SnapshotsTest, AreTornByAnyFlippedByteOrBit) {
  DepositMany(12);
  const std::string sound = *Row();
  const AccountState expected = Folded();
  Reopen();
  uint64_t torn = 0;
  for (size_t i = 0; i < sound.size(); ++i) {
    for (const unsigned char mask : {0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xff}) {
      std::string damaged = sound;
      damaged[i] = static_cast<char>(damaged[i] ^ mask);
      SetRow(damaged);
      const auto loaded = app_->Load<Account>("7");
      ASSERT_THAT(loaded, IsOk());
      ASSERT_THAT(loaded->state, EqualsProto(expected)) << "byte " << i;
      ASSERT_EQ(Stats().torn, ++torn) << "byte " << i;
    }
  }
  EXPECT_EQ(Stats().used, 0u);
  SetRow(sound);
  EXPECT_THAT(app_->Load<Account>("7")->state, EqualsProto(expected));
  EXPECT_EQ(Stats().used, 1u);
}

TEST_P(SnapshotsTest, AreTornByAnyLostTail) {
  DepositMany(12);
  const std::string sound = *Row();
  const AccountState expected = Folded();
  Reopen();
  for (size_t length = 0; length < sound.size(); ++length) {
    SetRow(sound.substr(0, length));
    ASSERT_THAT(app_->Load<Account>("7")->state, EqualsProto(expected));
    ASSERT_EQ(Stats().torn, length + 1);
  }
}

TEST_P(SnapshotsTest, OfAnotherStreamAreTorn) {
  DepositMany(12);
  const std::string row = *Row();
  Reopen();
  for (int i = 0; i < 15; ++i) {
    ASSERT_THAT(app_->store().Append("account-8", ExpectedVersion::Any(), {OutsideDeposit(1)}),
                IsOk());
  }
  Commit commit;
  commit.writes.push_back({.table = Table(), .key = "account-8", .value = row});
  ASSERT_THAT(app_->store().Append(std::move(commit)), IsOk());
  EXPECT_EQ(BalanceOf("8"), 15);
  EXPECT_EQ(Stats().torn, 1u);
}

TEST_P(SnapshotsTest, OfAnOlderEvolveAreStaleAndWrittenAnew) {
  DepositMany(12);
  ReopenWith(Aggregate<RevisedAccount>());
  const auto loaded = app_->Load<RevisedAccount>("7");
  ASSERT_THAT(loaded, IsOk());
  EXPECT_THAT(loaded->state, EqualsProto(Folded()));
  EXPECT_EQ(Stats().stale, 1u);
  EXPECT_EQ(Stats().used, 0u);

  ASSERT_THAT(app_->Execute(DepositOf(1)), IsOk());
  ASSERT_THAT(app_->FlushSnapshots(), IsOk());
  EXPECT_EQ(Stats().stale, 2u);
  EXPECT_EQ(Stored().version(), 12u);
  EXPECT_EQ(Stored().fingerprint(), FingerprintOf(*AccountState::descriptor(), 1));
  ReopenWith(Aggregate<RevisedAccount>());
  EXPECT_EQ(app_->Load<RevisedAccount>("7")->version, 12u);
  EXPECT_EQ(Stats().used, 1u);
}

TEST_P(SnapshotsTest, ThatDoNotParseOrAreAheadAreTorn) {
  DepositMany(12);
  Reopen();
  auto snapshots = SnapshotStore::Open(&app_->store());
  ASSERT_THAT(snapshots, IsOk());
  uint64_t torn = 0;
  const AccountState expected = Folded();
  const auto load_with = [&](uint64_t version, std::string state) {
    SetRow(*(*snapshots)->Write("account-7", version, Fingerprint(), std::move(state))->value);
    const auto loaded = app_->Load<Account>("7");
    ASSERT_THAT(loaded, IsOk());
    EXPECT_THAT(loaded->state, EqualsProto(expected));
    EXPECT_EQ(Stats().torn, ++torn);
  };
  // A sound row around bytes that are no state: what was parsed before the bad byte is dropped.
  load_with(3, EncodeMessage(expected) + "\xff");
  load_with(12, EncodeMessage(expected));
  load_with(~uint64_t{0}, EncodeMessage(expected));
}

TEST_P(SnapshotsTest, AreNotWrittenWhenTheyAreTooLarge) {
  auto snapshots = SnapshotStore::Open(&app_->store());
  ASSERT_THAT(snapshots, IsOk());
  EXPECT_FALSE((*snapshots)
                   ->Write("account-7", 1, Fingerprint(), std::string(kMaxRowBytes, 's'))
                   .has_value());
  EXPECT_EQ((*snapshots)->stats().too_large, 1u);
  EXPECT_EQ((*snapshots)->stats().written, 0u);
}

TEST(FingerprintTest, ChangesWithTheStateAndTheRevisionAlone) {
  const std::string account = FingerprintOf(*AccountState::descriptor(), 0);
  EXPECT_EQ(account.size(), kFingerprintBytes);
  EXPECT_EQ(account, FingerprintOf(*AccountState::descriptor(), 0));
  EXPECT_NE(account, FingerprintOf(*AccountState::descriptor(), 1));
  EXPECT_NE(account, FingerprintOf(*bank::DiaryState::descriptor(), 0));
}

}  // namespace
}  // namespace daybook
