// An audit folds a stream from its start, and a snapshot that is something else is never used
// again.
#include "daybook/snapshots/fingerprint.h"
#include "daybook/snapshots/snapshot_difference.h"
#include "daybook/testkit/proto_matchers.h"
#include "daybook/testkit/rejection_matchers.h"
#include "snapshot_gate.h"

namespace daybook {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::string FingerprintOfAccount() {
  return FingerprintOf(*AccountState::descriptor(), 0);
}

// What an Evolve that changed its meaning leaves: a sound row around a state that no event made.
template <typename Fixture>
void PlantWrong(Fixture& fixture, App& app, uint64_t version) {
  auto snapshots = SnapshotStore::Open(&app.store());
  ASSERT_THAT(snapshots, IsOk());
  AccountState wrong = fixture.FoldedTo("account-7", version);
  wrong.set_balance(1'000'000);
  Commit commit;
  commit.writes.push_back(
      *(*snapshots)->Write("account-7", version, FingerprintOfAccount(), EncodeMessage(wrong)));
  ASSERT_THAT(app.store().Append(std::move(commit)), IsOk());
}

class SnapshotAuditTest : public GatedTest {
 public:
  using GatedTest::FoldedTo;

 protected:
  SnapshotAuditTest() { options_.snapshot_audit_every = 1; }
};
INSTANTIATE_TEST_SUITE_P(Disks, SnapshotAuditTest, testing::ValuesIn(DiskKinds()), DiskKindName);

TEST_P(SnapshotAuditTest, FindsAWrongOneAndDeletesIt) {
  DepositAndFlush(12);
  PlantWrong(*this, *app_, 9);
  Reopen();
  EXPECT_EQ(BalanceOf(), 1'000'000 + 11 + 12);  // nothing is known yet
  ASSERT_THAT(app_->FlushSnapshots(), IsOk());
  EXPECT_EQ(Stats().audited, 1u);
  EXPECT_EQ(Stats().differing, 1u);
  EXPECT_THAT(app_->Stats().snapshot_audit,
              StatusIs(absl::StatusCode::kDataLoss,
                       AllOf(HasSubstr("snapshot damaged at position 10: that of account-7 at "
                                       "version 9 is not what its events fold into"),
                             HasSubstr("evolve_revision"))));
  EXPECT_EQ(Row(), std::nullopt);
  EXPECT_THAT(app_->Load<Account>("7")->state, EqualsProto(Folded()));
  EXPECT_EQ(Stats().used, 1u);
  // It is kept for who looks later, as long as the fingerprint is the same.
  const auto reader = app_->store().Reader();
  const auto found =
      FindSnapshotDifference(app_->store(), *reader, "account", FingerprintOfAccount());
  ASSERT_THAT(found, IsOk());
  ASSERT_TRUE(found->has_value());
  EXPECT_EQ((*found)->stream, "account-7");
  EXPECT_EQ((*found)->version, 9u);
  EXPECT_EQ((*found)->found, clock_.Now());
  EXPECT_THAT(FindSnapshotDifference(app_->store(), *reader, "account",
                                     FingerprintOf(*AccountState::descriptor(), 1)),
              IsOkAndHolds(testing::Eq(std::nullopt)));
  EXPECT_THAT(FindSnapshotDifference(app_->store(), *reader, "diary", FingerprintOfAccount()),
              IsOkAndHolds(testing::Eq(std::nullopt)));
  // The next event has a right one written.
  DepositAndFlush(1);
  EXPECT_EQ(StoredVersion(), 12u);
  EXPECT_EQ(ExpectSoundSnapshots(), 1);
}

TEST_P(SnapshotAuditTest, DropsTheStateThatCameOfAWrongOne) {
  DepositAndFlush(12);
  PlantWrong(*this, *app_, 9);
  Reopen();
  ASSERT_THAT(app_->Execute(WithdrawOf(500)), IsOk());
  ASSERT_THAT(app_->FlushSnapshots(), IsOk());
  EXPECT_EQ(Stats().differing, 1u);
  EXPECT_THAT(app_->Execute(WithdrawOf(1)), Rejects<InsufficientFunds>({.missing = 423}));
  EXPECT_THAT(app_->Load<Account>("7")->state, EqualsProto(Folded()));
  DepositAndFlush(10);
  EXPECT_GE(ExpectSoundSnapshots(), 1);
}

TEST_P(SnapshotAuditTest, DeletesTheKeptOnesOfTheStreamToo) {
  const auto open = [this] {
    ReopenWith(Aggregate<Account>({.snapshots = {.events = 10, .keep = 3}}));
  };
  open();
  DepositAndFlush(10);
  DepositAndFlush(10);
  DepositAndFlush(10, "77");
  DepositAndFlush(10, "77");
  PlantWrong(*this, *app_, 19);
  open();
  EXPECT_EQ(app_->Load<Account>("7")->version, 19u);
  ASSERT_THAT(app_->FlushSnapshots(), IsOk());
  EXPECT_EQ(Stats().differing, 1u);
  const uint64_t used = Stats().used;
  EXPECT_THAT(app_->LoadAt<Account>("7", Version{15})->state.amounts_size(), 16);
  EXPECT_EQ(Stats().used, used);
  EXPECT_EQ(app_->LoadAt<Account>("77", Version{15})->state.amounts_size(), 16);
  EXPECT_EQ(Stats().used, used + 1);
}

TEST_P(SnapshotAuditTest, LeavesThoseThatAreRight) {
  DepositAndFlush(12);
  Reopen();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(app_->Load<Account>("7")->version, 11u);
  ASSERT_THAT(app_->FlushSnapshots(), IsOk());
  EXPECT_EQ(Stats().audited, 5u);
  EXPECT_EQ(Stats().differing, 0u);
  EXPECT_EQ(Stats().used, 5u);
  EXPECT_THAT(app_->Stats().snapshot_audit, IsOk());
  EXPECT_EQ(StoredVersion(), 9u);
}

TEST_P(SnapshotAuditTest, LooksAtOneInSoMany) {
  DepositAndFlush(12);
  for (const auto& [every, audited] :
       {std::pair<uint32_t, uint64_t>(3, 2), {7, 1}, {8, 0}, {0, 0}}) {
    options_.snapshot_audit_every = every;
    Reopen();
    for (int i = 0; i < 7; ++i) EXPECT_EQ(app_->Load<Account>("7")->version, 11u);
    ASSERT_THAT(app_->FlushSnapshots(), IsOk());
    EXPECT_EQ(Stats().used, 7u);
    EXPECT_EQ(Stats().audited, audited) << every;
  }
}

TEST_P(SnapshotAuditTest, FoldsLongStreamsByAndBy) {
  std::vector<int64_t> amounts(5'000);
  for (size_t i = 0; i < amounts.size(); ++i) amounts[i] = static_cast<int64_t>(i) + 1;
  ASSERT_THAT(app_->Execute(Make<DepositAll>({.account = "7", .amounts = amounts})), IsOk());
  ASSERT_THAT(app_->FlushSnapshots(), IsOk());
  EXPECT_EQ(StoredVersion(), 4'999u);
  Reopen();
  EXPECT_EQ(app_->Load<Account>("7")->version, 4'999u);
  ASSERT_THAT(app_->FlushSnapshots(), IsOk());
  EXPECT_EQ(Stats().audited, 1u);
  EXPECT_EQ(Stats().differing, 0u);
  PlantWrong(*this, *app_, 4'999);
  Reopen();
  EXPECT_EQ(app_->Load<Account>("7")->version, 4'999u);
  ASSERT_THAT(app_->FlushSnapshots(), IsOk());
  EXPECT_EQ(Stats().differing, 1u);
  // Closing gives up one that goes on.
  DepositAndFlush(1);
  Reopen();
  EXPECT_EQ(app_->Load<Account>("7")->version, 5'000u);
  app_->Close();
}

TEST_P(SnapshotAuditTest, SaysWhenItCannotBeMade) {
  DepositAndFlush(8);
  Event stray;
  stray.type = "stray";
  ASSERT_THAT(app_->store().Append("account-7", ExpectedVersion::Any(), {stray}), IsOk());
  auto snapshots = SnapshotStore::Open(&app_->store());
  ASSERT_THAT(snapshots, IsOk());
  Put(*(*snapshots)->Write("account-7", 8, FingerprintOfAccount(), EncodeMessage(Folded())));
  Reopen();
  EXPECT_EQ(app_->Load<Account>("7")->version, 8u);
  ASSERT_THAT(app_->FlushSnapshots(), IsOk());
  EXPECT_EQ(Stats().audited, 0u);
  EXPECT_EQ(Stats().differing, 0u);
  EXPECT_THAT(app_->Stats().snapshot_audit,
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("position 9")));
  EXPECT_EQ(StoredVersion(), 8u);
}

TEST_P(SnapshotAuditTest, MoreThanMayWaitAreSkippedAndCounted) {
  DepositAndFlush(10, "8");
  Reopen();
  gate().Shut();
  Deposit(10);
  gate().AwaitOne();  // nothing is audited until it is written
  for (int i = 0; i < 70; ++i) EXPECT_EQ(app_->Load<Account>("8")->version, 9u);
  EXPECT_EQ(Stats().audits_skipped, 6u);
  gate().Open();
  ASSERT_THAT(app_->FlushSnapshots(), IsOk());
  EXPECT_EQ(Stats().audited, 64u);
}

// In any order of the steps, nothing that came of the wrong one is written after it was found.
class SnapshotAuditOrderTest : public SnapshotFixture, public testing::WithParamInterface<int> {
 public:
  using SnapshotFixture::FoldedTo;

 protected:
  SnapshotAuditOrderTest()
      : SnapshotFixture(std::make_unique<MemoryDisk>()), runtime_(MakeStepRuntime(GetParam())) {
    options_.store.runtime = runtime_.get();
    options_.snapshot_audit_every = 1;
  }
  ~SnapshotAuditOrderTest() override { app_.reset(); }

  std::unique_ptr<Runtime> runtime_;
};
INSTANTIATE_TEST_SUITE_P(Seeds, SnapshotAuditOrderTest, testing::Range(1, 101));

TEST_P(SnapshotAuditOrderTest, LeavesNothingOfTheWrongOne) {
  const auto open = [this] { ReopenWith(Aggregate<Account>({.snapshots = {.events = 2}})); };
  open();
  DepositAndFlush(12);
  PlantWrong(*this, *app_, 11);
  open();
  int left = 40;
  Latch all;
  for (int i = 0; i < 40; ++i) {
    app_->ExecuteAsync(DepositOf(1), {}, [&](const absl::StatusOr<Reply>& reply) {
      EXPECT_THAT(reply, IsOk());
      if (--left == 0) all.Open();
    });
    if (i % 5 == GetParam() % 5) {
      Latch never;
      runtime_->Await(never, absl::Microseconds(GetParam() % 7));
    }
  }
  runtime_->Await(all);
  ASSERT_THAT(app_->FlushSnapshots(), IsOk());
  EXPECT_EQ(Stats().differing, 1u);
  ExpectSoundSnapshots();
  EXPECT_THAT(app_->Load<Account>("7")->state, EqualsProto(Folded()));
  DepositAndFlush(4);
  EXPECT_EQ(ExpectSoundSnapshots(), 1);
}

}  // namespace
}  // namespace daybook
