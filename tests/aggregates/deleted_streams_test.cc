// Aggregates whose streams were deleted, cut short, or are gone for good.
#include "app_fixture.h"
#include "daybook/core/errors.h"
#include "daybook/core/stream_metadata.h"
#include "daybook/testkit/proto_matchers.h"

namespace daybook {
namespace {

using testing::ElementsAre;

class DeletedStreams : public AppTest {
 protected:
  // Ten of them have a snapshot written.
  void DepositMany(int n) {
    for (int i = 0; i < n; ++i) ASSERT_THAT(app_->Execute(DepositOf(1)), IsOk());
    ASSERT_THAT(app_->FlushSnapshots(), IsOk());
  }
  void Delete() { ASSERT_THAT(DeleteStream(app_->store(), "account-7"), IsOk()); }
};
INSTANTIATE_TEST_SUITE_P(Disks, DeletedStreams, testing::ValuesIn(DiskKinds()), DiskKindName);

TEST_P(DeletedStreams, AnAccountThatWasDeletedBeginsWithNothing) {
  for (const bool restarted : {false, true}) {
    SCOPED_TRACE(restarted);
    DepositMany(10);
    ASSERT_GT(app_->Stats().snapshots.written, 0u);
    Delete();
    if (restarted) Reopen();
    // Neither the lane nor the snapshot brings the old state back.
    auto loaded = app_->Load<Account>("7");
    ASSERT_THAT(loaded, IsOk());
    EXPECT_EQ(loaded->version, std::nullopt);
    EXPECT_EQ(loaded->state.balance(), 0);
    EXPECT_THAT(app_->Execute(WithdrawOf(1)), StatusIs(absl::StatusCode::kFailedPrecondition));
    const uint64_t next = restarted ? 21 : 10;
    auto first = app_->Execute(DepositOf(5));
    ASSERT_THAT(first, IsOk());
    EXPECT_EQ(first->version, next);
    EXPECT_THAT(History(), ElementsAre("Deposited 5"));
    EXPECT_EQ(BalanceOf(), 5);
    if (restarted) Reopen();
    EXPECT_EQ(BalanceOf(), 5);
  }
}

TEST_P(DeletedStreams, ALaneThatGoesOnSeesTheDeletion) {
  DepositMany(3);
  Delete();
  // Its state is of a life that ended: it decides again on the new one.
  auto reply = app_->Execute(Make<DepositAll>({.account = "7", .amounts = {1, 2}}));
  ASSERT_THAT(reply, IsOk());
  EXPECT_EQ(reply->version, 4u);
  EXPECT_THAT(History(), ElementsAre("Deposited 1", "Deposited 2"));
  ASSERT_THAT(app_->Execute(WithdrawOf(3)), IsOk());
  EXPECT_THAT(app_->Execute(WithdrawOf(1)), StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST_P(DeletedStreams, AfterATombstoneEveryCommandIsRefused) {
  DepositMany(3);
  ASSERT_THAT(TombstoneStream(app_->store(), "account-7"), IsOk());
  const absl::Status refused = app_->Execute(DepositOf(1)).status();
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_EQ(ErrorPayload<v1::StreamTombstoned>(refused)->stream(), "account-7");
}

TEST_P(DeletedStreams, ARetryHasTheReplyThoughTheEventsAreGone) {
  ASSERT_THAT(app_->Execute(DepositOf(5), WithId(1)), IsOk());
  Delete();
  ASSERT_THAT(app_->store().Scavenge(), IsOk());
  auto again = app_->Execute(DepositOf(5), WithId(1));
  ASSERT_THAT(again, IsOk());
  EXPECT_TRUE(again->repeated);
  ASSERT_EQ(again->events.size(), 1u);
  EXPECT_TRUE(again->events[0].removed);
  EXPECT_THAT(History(), ElementsAre());
}

// Events that a snapshot covers are spared; the state stays what it was.
TEST_P(DeletedStreams, ASnapshotHoldsWhatWasCutOff) {
  DepositMany(25);
  ASSERT_THAT(SetStreamLimits(app_->store(), "account-7", {.truncate_before = 20}), IsOk());
  ASSERT_THAT(app_->store().Scavenge(), IsOk());
  Reopen();
  auto loaded = app_->Load<Account>("7");
  ASSERT_THAT(loaded, IsOk());
  EXPECT_EQ(loaded->version, 24u);
  EXPECT_EQ(loaded->state.balance(), 25);
  // To its very end, too.
  ASSERT_THAT(app_->Execute(Make<DepositAll>({.account = "7", .amounts = {1, 1, 1, 1, 1}})),
              IsOk());
  ASSERT_THAT(app_->FlushSnapshots(), IsOk());
  ASSERT_THAT(SetStreamLimits(app_->store(), "account-7", {.truncate_before = 30}), IsOk());
  Reopen();
  loaded = app_->Load<Account>("7");
  ASSERT_THAT(loaded, IsOk());
  EXPECT_EQ(loaded->version, 29u);
  EXPECT_EQ(loaded->state.balance(), 30);
  ASSERT_THAT(app_->Execute(WithdrawOf(30)), IsOk());
}

TEST_P(DeletedStreams, WithoutASnapshotTheStateIsOfWhatIsLeft) {
  DepositMany(5);
  ASSERT_THAT(SetStreamLimits(app_->store(), "account-7", {.max_count = 2}), IsOk());
  Reopen();
  auto loaded = app_->Load<Account>("7");
  ASSERT_THAT(loaded, IsOk());
  EXPECT_EQ(loaded->version, 4u);
  EXPECT_EQ(loaded->state.balance(), 2);
}

// A limit that is made wider again shows all of it.
TEST_P(DeletedStreams, OfWhatIsLeftNoSnapshotIsMade) {
  DepositMany(5);
  ASSERT_THAT(SetStreamLimits(app_->store(), "account-7", {.truncate_before = 3}), IsOk());
  Reopen();
  DepositMany(20);
  EXPECT_EQ(app_->Stats().snapshots.written, 0u);
  ASSERT_THAT(SetStreamLimits(app_->store(), "account-7", {}), IsOk());
  Reopen();
  EXPECT_EQ(BalanceOf(), 25);
}

// Who was told that there is no stream, and where it would go on, may be overtaken.
TEST_P(DeletedStreams, AReplyHasTheVersionThatTheEventGot) {
  DepositMany(3);
  Delete();
  EXPECT_THAT(app_->Execute(WithdrawOf(1)), StatusIs(absl::StatusCode::kFailedPrecondition));
  ASSERT_THAT(app_->store().Append("account-7", ExpectedVersion::NoStream(), {OutsideDeposit(1)}),
              IsOk());
  Delete();
  auto reply = app_->Execute(DepositOf(5), WithId(9));
  ASSERT_THAT(reply, IsOk());
  EXPECT_EQ(reply->version, 4u);
  EXPECT_EQ(app_->Execute(DepositOf(5), WithId(9))->version, 4u);
  ASSERT_THAT(app_->Execute(DepositOf(6)), IsOk());
  EXPECT_EQ(BalanceOf(), 11);
}

TEST_P(DeletedStreams, OfADeletedStreamThereIsNoPast) {
  DepositMany(3);
  Delete();
  auto then = app_->LoadAt<Account>("7", Position(2));
  ASSERT_THAT(then, IsOk());
  EXPECT_EQ(then->version, std::nullopt);
  ASSERT_THAT(app_->Execute(DepositOf(5)), IsOk());
  then = app_->LoadAt<Account>("7", Position(2));
  ASSERT_THAT(then, IsOk());
  EXPECT_EQ(then->version, std::nullopt);
}

TEST_P(DeletedStreams, ThePastIsAskedOfWhatIsLeft) {
  DepositMany(5);
  ASSERT_THAT(SetStreamLimits(app_->store(), "account-7", {.truncate_before = 3}), IsOk());
  EXPECT_THAT(app_->LoadAt<Account>("7", Version{1}), StatusIs(absl::StatusCode::kNotFound));
  auto then = app_->LoadAt<Account>("7", Version{3});
  ASSERT_THAT(then, IsOk());
  EXPECT_EQ(then->version, 3u);
  EXPECT_THAT(app_->LoadAt<Account>("7", Version{2}), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(app_->LoadAt<Account>("7", Position(3)), StatusIs(absl::StatusCode::kNotFound));
  auto at = app_->LoadAt<Account>("7", Position(4));
  ASSERT_THAT(at, IsOk());
  EXPECT_EQ(at->version, 3u);
}

}  // namespace
}  // namespace daybook
