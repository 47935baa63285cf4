// When snapshots are taken, and which are kept: by events, bytes and time.
#include "daybook/snapshots/fingerprint.h"
#include "daybook/testkit/proto_matchers.h"
#include "snapshot_gate.h"

namespace daybook {
namespace {

using testing::HasSubstr;

class SnapshotPoliciesTest : public GatedTest {
 protected:
  void SetUp() override {}
  void OpenWith(const SnapshotPolicy& policy) {
    ReopenWith(Aggregate<Account>({.snapshots = policy}));
  }
  // The versions of all kept snapshots of account-7 before the newest, the oldest first.
  std::vector<uint64_t> KeptVersions() {
    std::vector<uint64_t> versions;
    const auto table = FindTable(app_->store(), "$kept-snapshots");
    if (!table.has_value()) return versions;
    EXPECT_THAT(
        app_->store().Reader()->ScanRows(*table, {},
                                         [&](absl::string_view, absl::string_view row) {
                                           v1::StoredSnapshot stored;
                                           EXPECT_TRUE(stored.ParseFromString(std::string(row)));
                                           versions.push_back(stored.version());
                                           return true;
                                         }),
        IsOk());
    return versions;
  }
  void FlipInNewest() {
    std::string row = *Row();
    row[row.size() / 2] = static_cast<char>(row[row.size() / 2] ^ 0x20);
    Put({*FindTable(app_->store(), "$snapshots"), "account-7", row});
  }
};
INSTANTIATE_TEST_SUITE_P(Disks, SnapshotPoliciesTest, testing::ValuesIn(DiskKinds()), DiskKindName);

TEST_P(SnapshotPoliciesTest, WithoutAnyTheContractSaysHowManyEvents) {
  OpenWith({});
  DepositAndFlush(9);
  EXPECT_EQ(StoredVersion(), std::nullopt);
  DepositAndFlush(1);
  EXPECT_EQ(StoredVersion(), 9u);
}

TEST_P(SnapshotPoliciesTest, ByEvents) {
  OpenWith({.events = 3});
  DepositAndFlush(2);
  EXPECT_EQ(StoredVersion(), std::nullopt);
  DepositAndFlush(1);
  EXPECT_EQ(StoredVersion(), 2u);
  OpenWith({.events = 3});  // what came behind the snapshot is counted across openings
  DepositAndFlush(2);
  EXPECT_EQ(StoredVersion(), 2u);
  OpenWith({.events = 3});
  DepositAndFlush(1);
  EXPECT_EQ(StoredVersion(), 5u);
}

TEST_P(SnapshotPoliciesTest, ByBytes) {
  const size_t event = EncodeMessage(Make<Deposited>({.amount = 1})).size();
  const auto deposit = [this] {
    ASSERT_THAT(app_->Execute(DepositOf(1)), IsOk());
    ASSERT_THAT(app_->FlushSnapshots(), IsOk());
  };
  OpenWith({.events = 0, .bytes = 4 * event});
  for (int i = 0; i < 3; ++i) deposit();
  EXPECT_EQ(StoredVersion(), std::nullopt);
  deposit();
  EXPECT_EQ(StoredVersion(), 3u);
  for (int i = 0; i < 3; ++i) deposit();
  OpenWith({.events = 0, .bytes = 4 * event});
  EXPECT_EQ(StoredVersion(), 3u);
  deposit();
  EXPECT_EQ(StoredVersion(), 7u);
}

TEST_P(SnapshotPoliciesTest, ByTimeWhenAnEventComes) {
  OpenWith({.events = 0, .age = absl::Hours(1)});
  DepositAndFlush(5);
  EXPECT_EQ(StoredVersion(), std::nullopt);
  clock_.Advance(absl::Hours(1) - absl::Microseconds(1));
  DepositAndFlush(1);
  EXPECT_EQ(StoredVersion(), std::nullopt);
  clock_.Advance(absl::Microseconds(1));
  // Neither a look nor a rejection is an event.
  EXPECT_EQ(BalanceOf(), 16);
  EXPECT_FALSE(app_->Execute(WithdrawOf(1'000)).ok());
  ASSERT_THAT(app_->FlushSnapshots(), IsOk());
  EXPECT_EQ(StoredVersion(), std::nullopt);
  DepositAndFlush(1);
  EXPECT_EQ(StoredVersion(), 6u);

  // From the last event in the snapshot, across openings too.
  clock_.Advance(absl::Minutes(59));
  OpenWith({.events = 0, .age = absl::Hours(1)});
  DepositAndFlush(1);
  EXPECT_EQ(StoredVersion(), 6u);
  clock_.Advance(absl::Minutes(1));
  DepositAndFlush(1);
  EXPECT_EQ(StoredVersion(), 8u);
  clock_.Advance(-absl::Hours(5));
  DepositAndFlush(1);
  EXPECT_EQ(StoredVersion(), 8u);
}

TEST_P(SnapshotPoliciesTest, ByWhicheverComesFirst) {
  app_.reset();
  auto store = disk_->Open(options_.store);
  ASSERT_THAT(store, IsOk());
  //! [policy]
  auto app = App::Open(
      *std::move(store), options_,
      Aggregate<Account>(
          {.snapshots = {.events = 100, .bytes = 64 << 10, .age = absl::Hours(1), .keep = 2}}));
  //! [policy]
  ASSERT_THAT(app, IsOk());
  app_.emplace(*std::move(app));
  DepositAndFlush(99);
  EXPECT_EQ(StoredVersion(), std::nullopt);
  DepositAndFlush(1);
  EXPECT_EQ(StoredVersion(), 99u);
  clock_.Advance(absl::Hours(1));
  DepositAndFlush(1);
  EXPECT_EQ(StoredVersion(), 100u);
  DepositAndFlush(99);
  EXPECT_EQ(StoredVersion(), 100u);
  EXPECT_THAT(KeptVersions(), testing::ElementsAre(99));
}

TEST_P(SnapshotPoliciesTest, OfNoneTakesNoneAndUsesNone) {
  OpenWith({});
  DepositAndFlush(12);
  OpenWith({.events = 0});
  EXPECT_EQ(app_->Load<Account>("7")->version, 11u);
  EXPECT_EQ(app_->LoadAt<Account>("7", Version{10})->version, 10u);
  DepositAndFlush(20);
  EXPECT_EQ(Stats().used, 0u);
  EXPECT_EQ(StoredVersion(), 9u);
}

TEST_P(SnapshotPoliciesTest, OutOfTheirRangeAreRefused) {
  const auto refused = [this](const SnapshotPolicy& policy, const std::string& field) {
    auto store = disk_->Open(options_.store);
    ASSERT_THAT(store, IsOk());
    EXPECT_THAT(App::Open(*std::move(store), options_, Aggregate<Account>({.snapshots = policy})),
                StatusIs(absl::StatusCode::kInvalidArgument,
                         HasSubstr("Aggregate Account: snapshots." + field)));
  };
  refused({.age = absl::ZeroDuration()}, "age");
  refused({.keep = 0}, "keep");
  refused({.keep = kMaxKeptSnapshots + 1}, "keep");
  options_.pending_snapshots = 0;
  auto store = disk_->Open(options_.store);
  EXPECT_THAT(App::Open(*std::move(store), options_, Aggregate<Account>()),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("pending_snapshots")));
}

TEST_P(SnapshotPoliciesTest, KeepTheNewestAndDeleteTheOthers) {
  OpenWith({.events = 2, .keep = 3});
  for (int i = 0; i < 3; ++i) DepositAndFlush(2);
  EXPECT_EQ(StoredVersion(), 5u);
  EXPECT_THAT(KeptVersions(), testing::ElementsAre(1, 3));
  for (int i = 0; i < 4; ++i) DepositAndFlush(2);
  EXPECT_EQ(StoredVersion(), 13u);
  EXPECT_THAT(KeptVersions(), testing::ElementsAre(9, 11));
  DepositAndFlush(2, "77");  // a stream whose name begins with that of another
  DepositAndFlush(2, "77");
  EXPECT_THAT(KeptVersions(), testing::ElementsAre(9, 11, 1));
  // Fewer from now on: with the next snapshot the others go.
  OpenWith({.events = 2, .keep = 1});
  DepositAndFlush(2);
  EXPECT_EQ(StoredVersion(), 15u);
  EXPECT_THAT(KeptVersions(), testing::ElementsAre(1));
}

TEST_P(SnapshotPoliciesTest, OfThePastBeginAtTheNewestKeptThatIsNotAboveIt) {
  OpenWith({.events = 10, .keep = 3});
  for (int i = 0; i < 5; ++i) DepositAndFlush(10);  // 29, 39 and 49 are kept
  OpenWith({.events = 10, .keep = 3});
  uint64_t used = 0;
  for (uint64_t version = 0; version < 50; ++version) {
    const auto loaded = app_->LoadAt<Account>("7", Version{version});
    ASSERT_THAT(loaded, IsOk());
    EXPECT_EQ(loaded->version, version);
    ASSERT_EQ(loaded->state.amounts_size(), static_cast<int>(version) + 1);
    for (uint64_t i = 0; i <= version; ++i) {
      EXPECT_EQ(loaded->state.amounts(static_cast<int>(i)), static_cast<int64_t>(i % 10) + 1);
    }
    if (version >= 29) ++used;
    EXPECT_EQ(Stats().used, used) << version;
  }
  EXPECT_EQ(Stats().torn + Stats().stale, 0u);
}

TEST_P(SnapshotPoliciesTest, AKeptOneStandsInForADamagedOne) {
  OpenWith({.events = 10, .keep = 2});
  for (int i = 0; i < 2; ++i) DepositAndFlush(10);
  FlipInNewest();
  OpenWith({.events = 10, .keep = 2});
  EXPECT_THAT(app_->Load<Account>("7")->state, EqualsProto(Folded()));
  EXPECT_EQ(Stats().torn, 1u);
  EXPECT_EQ(Stats().used, 1u);
  // The damaged one is not kept when it is replaced.
  DepositAndFlush(1);
  EXPECT_EQ(StoredVersion(), 20u);
  EXPECT_THAT(KeptVersions(), testing::ElementsAre(9));
}

TEST_P(SnapshotPoliciesTest, AKeptOneStandsInForOneThatIsAheadOfItsStream) {
  OpenWith({.events = 10, .keep = 2});
  DepositAndFlush(12);
  auto snapshots = SnapshotStore::Open(&app_->store(), 2);
  ASSERT_THAT(snapshots, IsOk());
  const std::string fingerprint = FingerprintOf(*AccountState::descriptor(), 0);
  for (TableWrite& write : (*snapshots)
                               ->Replace(*app_->store().Reader(), "account-7", fingerprint,
                                         {40, EncodeMessage(Folded())}, 2)) {
    Put(std::move(write));
  }
  EXPECT_EQ(StoredVersion(), 40u);
  OpenWith({.events = 10, .keep = 2});
  EXPECT_THAT(app_->Load<Account>("7")->state, EqualsProto(Folded()));
  EXPECT_EQ(Stats().torn, 1u);
  EXPECT_EQ(Stats().used, 1u);
}

TEST_P(SnapshotPoliciesTest, OfAnOlderBuildAreUsedAndReplaced) {
  // As every build before keeping wrote it: one row, under the stream's name alone.
  OpenWith({.events = 0});
  Deposit(12);
  AccountState state;
  for (int i = 0; i < 10; ++i) Account::Evolve(state, Make<Deposited>({.amount = i + 1}));
  auto snapshots = SnapshotStore::Open(&app_->store());
  ASSERT_THAT(snapshots, IsOk());
  Put(*(*snapshots)
           ->Write("account-7", 9, FingerprintOf(*AccountState::descriptor(), 0),
                   EncodeMessage(state)));
  ASSERT_FALSE(FindTable(app_->store(), "$kept-snapshots").has_value());
  OpenWith({.events = 10, .keep = 2});
  EXPECT_THAT(app_->Load<Account>("7")->state, EqualsProto(Folded()));
  EXPECT_EQ(Stats().used, 1u);
  DepositAndFlush(8);
  EXPECT_EQ(StoredVersion(), 19u);
  EXPECT_THAT(KeptVersions(), testing::ElementsAre(9));
}

}  // namespace
}  // namespace daybook
