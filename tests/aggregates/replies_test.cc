// Exactly once: replies are stored and repeated, for as long as the window says (G4).
#include <thread>

#include "absl/time/clock.h"
#include "app_fixture.h"
#include "daybook/testkit/rejection_matchers.h"

namespace daybook {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class RepliesTest : public AppTest {};
INSTANTIATE_TEST_SUITE_P(Disks, RepliesTest, testing::ValuesIn(DiskKinds()), DiskKindName);

TEST_P(RepliesTest, RepeatsAReply) {
  const auto command = Make<DepositAll>({.account = "7", .amounts = {1, 2}});
  const auto first = app_->Execute(command, WithId(1));
  ASSERT_THAT(first, IsOk());
  ASSERT_THAT(app_->Execute(DepositOf(5)), IsOk());

  for (const bool reopened : {false, true}) {
    if (reopened) Reopen();
    const auto again = app_->Execute(command, WithId(1));
    ASSERT_THAT(again, IsOk());
    EXPECT_TRUE(again->repeated);
    EXPECT_EQ(again->stream, first->stream);
    EXPECT_EQ(again->version, first->version);
    EXPECT_EQ(again->token, first->token);
    EXPECT_EQ(again->command_id, first->command_id);
    ASSERT_THAT(again->events, SizeIs(2));
    for (size_t i = 0; i < 2; ++i) {
      EXPECT_EQ(again->events[i].id, first->events[i].id);
      EXPECT_EQ(again->events[i].type, first->events[i].type);
      EXPECT_EQ(again->events[i].payload, first->events[i].payload);
    }
    EXPECT_EQ(app_->Stats().repeated, 1u);
  }
  EXPECT_THAT(History(), ElementsAre("Deposited 1", "Deposited 2", "Deposited 5"));
}

TEST_P(RepliesTest, RepeatsARejectionEvenWhenItWouldBeAcceptedNow) {
  EXPECT_THAT(app_->Execute(WithdrawOf(5), WithId(1)), Rejects<InsufficientFunds>({.missing = 5}));
  ASSERT_THAT(app_->Execute(DepositOf(100)), IsOk());
  EXPECT_THAT(app_->Execute(WithdrawOf(5), WithId(1)), Rejects<InsufficientFunds>({.missing = 5}));
  Reopen();
  const auto again = app_->Execute(WithdrawOf(5), WithId(1));
  EXPECT_THAT(again, Rejects<InsufficientFunds>({.missing = 5}));
  EXPECT_THAT(again, StatusIs(absl::StatusCode::kFailedPrecondition,
                              HasSubstr("rejected: bank.InsufficientFunds")));
  EXPECT_THAT(app_->Execute(WithdrawOf(5), WithId(2)), IsOk());
}

TEST_P(RepliesTest, RefusesAnIdThatBelongsToAnotherCommand) {
  ASSERT_THAT(app_->Execute(DepositOf(5), WithId(1)), IsOk());
  const auto other_stream = app_->Execute(DepositOf(5, "8"), WithId(1));
  EXPECT_THAT(other_stream, StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("account-7")));
  EXPECT_EQ(ErrorPayload<v1::InvalidField>(other_stream.status())->field(), "command_id");
  const auto other_type = app_->Execute(WithdrawOf(5), WithId(1));
  EXPECT_THAT(other_type, StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("bank.Deposit")));
  EXPECT_THAT(History("8"), IsEmpty());
  EXPECT_THAT(History(), ElementsAre("Deposited 5"));
}

TEST_P(RepliesTest, RefusesAnIdThatIsOlderThanTheWindow) {
  options_.reply_retention = absl::Hours(1);
  Reopen();
  ASSERT_THAT(app_->Execute(DepositOf(5), WithId(1)), IsOk());
  EXPECT_THAT(app_->Execute(WithdrawOf(9), WithId(2)), Rejects<InsufficientFunds>());

  clock_.Advance(absl::Hours(1));
  EXPECT_THAT(app_->Execute(DepositOf(5), WithId(1)), IsOk());
  EXPECT_THAT(app_->Execute(WithdrawOf(9), WithId(2)), Rejects<InsufficientFunds>());

  app_->Close();  // with the look for old replies that its first command began
  clock_.Advance(absl::Microseconds(1));
  // It is within a longer window, and beyond this one.
  options_.reply_retention = absl::Hours(2);
  Reopen();
  EXPECT_THAT(app_->Execute(DepositOf(5), WithId(1)),
              IsOkAndHolds(testing::Field(&Reply::repeated, true)));
  options_.reply_retention = absl::Hours(1);
  Reopen();
  const auto late = app_->Execute(DepositOf(5), WithId(1));
  EXPECT_THAT(late, StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("reply_retention")));
  EXPECT_EQ(ErrorPayload<v1::InvalidField>(late.status())->field(), "command_id");
  EXPECT_THAT(app_->Execute(WithdrawOf(9), WithId(2)),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(History(), ElementsAre("Deposited 5"));
}

// What is left of replies that were removed is that their ids are never used again.
TEST_P(RepliesTest, RemovesRepliesThatAreOlderThanTheWindow) {
  options_.reply_retention = absl::Hours(1);
  Reopen();
  constexpr uint64_t kCommands = 3000;  // more than the sweep takes at a time
  for (uint64_t i = 0; i < kCommands; ++i) {
    app_->ExecuteAsync(DepositOf(1), WithId(i),
                       [](absl::StatusOr<Reply> reply) { EXPECT_THAT(reply, IsOk()); });
  }
  EXPECT_THAT(app_->Execute(WithdrawOf(9'999), WithId(kCommands)), Rejects<InsufficientFunds>());
  const auto none = Make<DepositAll>({.account = "7"});
  ASSERT_THAT(app_->Execute(none, WithId(kCommands + 1)), IsOk());
  Reopen();
  EXPECT_EQ(app_->Stats().replies_removed, 0u);
  clock_.Advance(absl::Minutes(30));
  ASSERT_THAT(app_->Execute(DepositOf(7), WithId(kCommands + 2)), IsOk());
  app_->Close();  // with the look that this command began: it counts for this application alone
  clock_.Advance(absl::Minutes(30) + absl::Microseconds(1));

  // The first command of an application looks, and then each 256th.
  Reopen();
  EXPECT_THAT(app_->Execute(DepositOf(1), WithId(0)), StatusIs(absl::StatusCode::kInvalidArgument));
  const absl::Time deadline = absl::Now() + absl::Seconds(60);
  while (app_->Stats().replies_removed < kCommands && absl::Now() < deadline) {
    absl::SleepFor(absl::Milliseconds(1));
  }
  EXPECT_EQ(app_->Stats().replies_removed, kCommands);
  EXPECT_THAT(app_->Stats().reply_sweep, IsOk());
  size_t left = 0;
  ASSERT_THAT(app_->store().Reader()->ScanRows(*app_->store().OpenTable("$replies"), {},
                                               [&left](absl::string_view, absl::string_view) {
                                                 ++left;
                                                 return true;
                                               }),
              IsOk());
  EXPECT_EQ(left, 3u);  // the rejection, the acceptance without events, and the one in the window

  for (const bool longer : {false, true}) {
    SCOPED_TRACE(longer);
    if (longer) options_.reply_retention = absl::Hours(24);
    Reopen();
    // Neither accepted nor rejected, whatever would be decided now.
    for (const uint64_t id : {uint64_t{0}, kCommands - 1}) {
      const auto late = app_->Execute(DepositOf(1), WithId(id));
      EXPECT_THAT(late, StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("reply_retention")));
      EXPECT_EQ(ErrorPayload<v1::InvalidField>(late.status())->field(), "command_id");
      EXPECT_THAT(app_->Execute(WithdrawOf(9'999), WithId(id)),
                  StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("reply_retention")));
    }
    const auto within = app_->Execute(DepositOf(7), WithId(kCommands + 2));
    ASSERT_THAT(within, IsOk());
    EXPECT_TRUE(within->repeated);
    if (longer) {
      EXPECT_THAT(app_->Execute(WithdrawOf(9'999), WithId(kCommands)),
                  Rejects<InsufficientFunds>());
    } else {
      EXPECT_THAT(app_->Execute(WithdrawOf(9'999), WithId(kCommands)),
                  StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("reply_retention")));
      EXPECT_THAT(app_->Execute(none, WithId(kCommands + 1)),
                  StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("reply_retention")));
    }
  }
  EXPECT_THAT(History(), SizeIs(kCommands + 1));
}

// A writer outside of App may write any command id into its metadata: no reply goes for that.
TEST_P(RepliesTest, RemovesNoReplyForAnEventThatIsNotTheCommands) {
  options_.reply_retention = absl::Hours(1);
  Reopen();
  EXPECT_THAT(app_->Execute(WithdrawOf(9), WithId(1)), Rejects<InsufficientFunds>());
  Event event = OutsideDeposit(10);
  event.metadata.command_id = WithId(1).command_id;
  ASSERT_THAT(app_->store().Append("account-7", ExpectedVersion::Any(), {event}), IsOk());
  ASSERT_THAT(app_->Execute(DepositOf(1), WithId(2)), IsOk());
  app_->Close();
  clock_.Advance(absl::Hours(2));
  Reopen();
  ASSERT_THAT(app_->Execute(DepositOf(1), WithId(3)), IsOk());
  const absl::Time deadline = absl::Now() + absl::Seconds(60);
  while (app_->Stats().replies_removed < 1 && absl::Now() < deadline) {
    absl::SleepFor(absl::Milliseconds(1));
  }
  EXPECT_EQ(app_->Stats().replies_removed, 1u);
  EXPECT_THAT(app_->Execute(WithdrawOf(9), WithId(1)),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("reply_retention")));
  EXPECT_THAT(History(), ElementsAre("Deposited 10", "Deposited 1", "Deposited 1"));
}

TEST_P(RepliesTest, ExecutesTheSameIdOnceThoughItComesFromManyThreads) {
  constexpr int kThreads = 8;
  for (uint64_t round = 0; round < 50; ++round) {
    std::vector<std::thread> threads;
    std::vector<absl::StatusOr<Reply>> replies(kThreads);
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&, i] { replies[i] = app_->Execute(DepositOf(5), WithId(round)); });
    }
    for (std::thread& thread : threads) thread.join();
    int repeated = 0;
    for (const auto& reply : replies) {
      ASSERT_THAT(reply, IsOk());
      EXPECT_EQ(reply->version, round);
      repeated += reply->repeated;
    }
    EXPECT_EQ(repeated, kThreads - 1);
  }
  EXPECT_THAT(History(), SizeIs(50));
}

TEST_P(RepliesTest, LetsThoseThatWaitTryWhenTheFirstFails) {
  ReopenWith(Aggregate<Account>(), Inline<Balances>());
  ASSERT_THAT(app_->Get<Balances>("7", {.at_least = app_->Execute(DepositOf(1))->token}), IsOk());
  constexpr int kThreads = 4;
  std::vector<std::thread> threads;
  std::vector<absl::StatusOr<Reply>> replies(kThreads);
  for (int i = 0; i < kThreads; ++i) {
    // The view refuses each of them: nothing is stored that the next one could repeat.
    threads.emplace_back([&, i] { replies[i] = app_->Execute(DepositOf(666), WithId(1)); });
  }
  for (std::thread& thread : threads) thread.join();
  for (const auto& reply : replies) EXPECT_THAT(reply, StatusIs(absl::StatusCode::kOutOfRange));
  EXPECT_EQ(app_->Stats().failed, 4u);
}

TEST_P(RepliesTest, AnswersDataLossForAReplyThatDoesNotParse) {
  ASSERT_THAT(app_->Execute(DepositOf(5), WithId(1)), IsOk());
  const TableId table = *app_->store().OpenTable("$replies");
  Commit damage;
  damage.writes.push_back(
      {.table = table, .key = std::string(WithId(1).command_id.bytes()), .value = "\xff"});
  ASSERT_THAT(app_->store().Append(std::move(damage)), IsOk());
  EXPECT_THAT(app_->Execute(DepositOf(5), WithId(1)), StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_THAT(History(), ElementsAre("Deposited 5"));
}

}  // namespace
}  // namespace daybook
