// When an event that failed is tried again: one thread, and a clock that the test moves.
#include <memory>
#include <utility>

#include "daybook/core/runtime.h"
#include "daybook/testkit/fake_clock.h"
#include "fragile.h"

namespace daybook {
namespace {

using shop::AsyncBalances;
using shop::BalancesByHand;
using shop::Deposit;
using testing::HasSubstr;

// Balances of another name, that never fail.
struct SoundBalances : shop::Balances {
  static constexpr absl::string_view kName = "SoundBalance";
};

class ParkingRetryTest : public testing::Test {
 protected:
  ParkingRetryTest() {
    FragileBalances::Break();
    StoreOptions options;
    options.runtime = runtime_.get();
    auto store = OpenMemoryStore(options);
    EXPECT_THAT(store, IsOk());
    store_ = *std::move(store);
  }

  // Tried again after 1 s, 2 s, 3 s and 3 s, and then no more.
  void Open(FailurePolicy policy, size_t workers = 1) {
    views_.reset();
    FailureOptions failures{.policy = policy};
    failures.retry = {
        .attempts = 5, .first_backoff = absl::Seconds(1), .longest_backoff = absl::Seconds(3)};
    ProjectionOptions options;
    options.clock = &clock_;
    options.fold_workers = workers;
    auto views = ProjectionEngine::Open(
        store_.get(), {Async<FragileBalances>(failures), Async<SoundBalances>(failures)}, options);
    ASSERT_THAT(views, IsOk());
    views_ = *std::move(views);
    RunUntilIdle();
  }
  // A task that never rests would make a thousand steps.
  void RunUntilIdle() {
    Latch never;
    runtime_->Await(never, absl::Milliseconds(1));
  }
  void Append(absl::string_view stream, std::vector<Event> events) {
    ASSERT_THAT(store_->Append(stream, ExpectedVersion::Any(), std::move(events)), IsOk());
    RunUntilIdle();
  }
  void Advance(absl::Duration by) {
    clock_.Advance(by);
    RunUntilIdle();
  }
  template <typename P = FragileBalances>
  ViewStatus Status() {
    auto status = views_->StatusOf<P>();
    EXPECT_THAT(status, IsOk());
    return status.value_or(ViewStatus());
  }
  // Goes through all retries, which come at their times and at no others.
  void ExpectRetriesAtTheirTimes() {
    EXPECT_EQ(FragileBalances::refusals, 1);
    int refusals = 1;
    for (const int seconds : {1, 2, 3, 3}) {
      Advance(absl::Seconds(seconds) - absl::Milliseconds(1));
      EXPECT_EQ(FragileBalances::refusals, refusals);
      Advance(absl::Milliseconds(1));
      EXPECT_EQ(FragileBalances::refusals, ++refusals);
    }
    Advance(absl::Hours(1));
    EXPECT_EQ(FragileBalances::refusals, refusals);
  }
  shop::Rows RowsOfFragile() {
    return shop::StoredRows(*store_, *store_->Reader(), kBalances, Status().generation);
  }

  FakeClock clock_;
  const std::unique_ptr<Runtime> runtime_ = MakeStepRuntime(1);
  std::unique_ptr<EventStore> store_;
  std::unique_ptr<ProjectionEngine> views_;
};

TEST_F(ParkingRetryTest, TheTimesBetweenAttemptsDoubleUpToTheLongest) {
  const RetryOptions retry{.attempts = 100,
                           .first_backoff = absl::Milliseconds(100),
                           .longest_backoff = absl::Seconds(1)};
  EXPECT_EQ(BackoffAfter(retry, 1), absl::Milliseconds(100));
  EXPECT_EQ(BackoffAfter(retry, 2), absl::Milliseconds(200));
  EXPECT_EQ(BackoffAfter(retry, 4), absl::Milliseconds(800));
  EXPECT_EQ(BackoffAfter(retry, 5), absl::Seconds(1));
  EXPECT_EQ(BackoffAfter(retry, 99), absl::Seconds(1));
}

TEST_F(ParkingRetryTest, AKeyIsTriedAgainAndStaysParkedInTheEnd) {
  Open(FailurePolicy::kPark);
  Append("account-1", {Deposit(13), Deposit(1)});
  EXPECT_EQ(Status().failures.parked_keys, 1u);
  EXPECT_EQ(Status().failures.retrying_keys, 1u);
  ExpectRetriesAtTheirTimes();
  EXPECT_EQ(Status().failures.retrying_keys, 0u);
  EXPECT_EQ(views_->ListParked(kBalances)->front().attempts, 5u);
  EXPECT_EQ(Status().failures.parked_events, 2u);
}

TEST_F(ParkingRetryTest, ARetryThatSucceedsLeavesNothing) {
  Open(FailurePolicy::kPark);
  Append("account-1", {Deposit(50), Deposit(13), Deposit(1)});
  Advance(absl::Seconds(1));
  // What comes meanwhile stands behind it, and the others go on.
  Append("account-1", {Deposit(2)});
  Append("account-2", {Deposit(3)});
  EXPECT_THAT(views_->Get<FragileBalances>("2", {.at_least = Token(store_->Tip())}), IsOk());
  FragileBalances::Mend();
  Advance(absl::Seconds(2));
  EXPECT_EQ(RowsOfFragile(), BalancesByHand(*store_->Reader()));
  EXPECT_EQ(Status().failures.parked_keys, 0u);
  EXPECT_EQ(Status().failures.parked_events, 0u);
}

TEST_F(ParkingRetryTest, RetriesGoOnAfterARestart) {
  Open(FailurePolicy::kPark);
  Append("account-1", {Deposit(13)});
  Advance(absl::Seconds(1));
  views_.reset();
  FragileBalances::Mend();
  Open(FailurePolicy::kPark);
  EXPECT_EQ(Status().failures.parked_keys, 0u);
  EXPECT_EQ(RowsOfFragile(), BalancesByHand(*store_->Reader()));
}

TEST_F(ParkingRetryTest, AnEventIsSkippedAfterTheLastAttempt) {
  Open(FailurePolicy::kSkip);
  Append("account-1", {Deposit(50), Deposit(13), Deposit(1)});
  EXPECT_EQ(Status().failures.skipped_events, 0u);
  ExpectRetriesAtTheirTimes();
  EXPECT_EQ(Status().failures.skipped_events, 1u);
  EXPECT_EQ(Status().failures.parked_keys, 0u);
  EXPECT_THAT(Status().failures.skip_error,
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("position 2")));
  EXPECT_EQ(views_->Get<FragileBalances>("1")->balance(), 51);
}

TEST_F(ParkingRetryTest, AViewThatIsToStopTriesAgainFirstAndKeepsNobodyElseWaiting) {
  for (const size_t workers : {1, 3}) {
    SCOPED_TRACE(absl::StrCat(workers, " workers"));
    FragileBalances::Break();
    Open(FailurePolicy::kStop, workers);
    const Position before = store_->Tip();
    Append("account-1", {Deposit(50)});
    // Threads find out by themselves, before the one that then folds alone.
    Append("account-1", {Deposit(13), Deposit(1)});
    if (workers > 1) --FragileBalances::refusals;
    Append("account-2", {Deposit(3)});
    EXPECT_EQ(Status().checkpoint.sequence(), before.sequence() + 1);
    EXPECT_THAT(Status().error, IsOk());
    EXPECT_EQ(Status<SoundBalances>().checkpoint, store_->Tip());
    ExpectRetriesAtTheirTimes();
    EXPECT_THAT(Status().error, StatusIs(absl::StatusCode::kInvalidArgument,
                                         HasSubstr("AsyncBalance stopped at position")));
    EXPECT_EQ(Status().failures.parked_keys, 0u);
    // As a restart with code that takes it.
    FragileBalances::Mend();
    Open(FailurePolicy::kStop, workers);
    EXPECT_EQ(RowsOfFragile(), BalancesByHand(*store_->Reader()));
  }
}

TEST_F(ParkingRetryTest, AViewThatWaitsGoesOnWhereAnAttemptSucceeds) {
  Open(FailurePolicy::kStop);
  Append("account-1", {Deposit(50), Deposit(13), Deposit(1)});
  Advance(absl::Seconds(1));
  FragileBalances::Mend();
  Advance(absl::Seconds(2));
  EXPECT_EQ(Status().state, ViewState::kLive);
  EXPECT_EQ(RowsOfFragile(), BalancesByHand(*store_->Reader()));
  Append("account-2", {Deposit(3)});
  EXPECT_EQ(RowsOfFragile(), BalancesByHand(*store_->Reader()));
}

TEST_F(ParkingRetryTest, AReplayByHandIsAnAttemptAmongTheOthers) {
  Open(FailurePolicy::kPark);
  Append("account-1", {Deposit(13), Deposit(1)});
  // By hand it is not waited for.
  auto replayed = views_->ReplayParked(kBalances, "1");
  ASSERT_THAT(replayed, IsOk());
  EXPECT_EQ(replayed->parked_keys, 1u);
  EXPECT_EQ(FragileBalances::refusals, 2);
  // That was an attempt, and the next comes when it would have.
  EXPECT_EQ(Status().failures.retrying_keys, 1u);
  FragileBalances::Mend();
  Advance(absl::Seconds(1));
  EXPECT_EQ(Status().failures.parked_keys, 0u);
}

}  // namespace
}  // namespace daybook
