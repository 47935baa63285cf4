// The code of docs/guides/testing.md.
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "daybook/daybook.h"
#include "daybook/testkit/deterministic_ids.h"
#include "daybook/testkit/event_matchers.h"
#include "daybook/testkit/given.h"
#include "daybook/testkit/given_events.h"
#include "daybook/testkit/rejection_matchers.h"
#include "daybook/testkit/row_matchers.h"
#include "daybook/testkit/status_matchers.h"
#include "daybook/testkit/test_app.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "wallet.h"

namespace wallet {
namespace {

using daybook::Aggregate, daybook::Async, daybook::DeterministicIds, daybook::EventContext;
using daybook::Given, daybook::GivenEvents, daybook::HasNoRow, daybook::HasRow, daybook::Inline;
using daybook::InStream, daybook::IsEvent, daybook::IsOk, daybook::IsOkAndHolds, daybook::Make;
using daybook::RecordedAt, daybook::Rejects, daybook::StatusIs, daybook::TestApp;
using testing::ElementsAre, testing::Gt, testing::Property;

struct Balances : BalanceProjection {
  static void On(Row& row, const Deposited& event) {
    row.set_amount(row.amount() + event.amount());
  }
  static void On(Row& row, const Withdrawn& event) {
    row.set_amount(row.amount() - event.amount());
  }
  static void On(Row&, const Closed&, EventContext& context) { context.DeleteRow(); }
};

//! [emits]
TEST(Wallet, PaysOut) {
  Given<Wallet>(Make<Deposited>({.amount = 30}))
      .When(Make<Withdraw>({.wallet = "7", .amount = 10}))
      .ThenEmits(Make<Withdrawn>({.amount = 10}));
}
//! [emits]

//! [rejected]
TEST(Wallet, RefusesOverdraft) {
  const auto given = Given<Wallet>(Make<Deposited>({.amount = 10}));
  given.When(Make<Withdraw>({.wallet = "7", .amount = 30}))
      .ThenRejected<InsufficientFunds>({.missing = 20});
  given.When(Make<Withdraw>({.wallet = "7", .amount = 0})).ThenInvalid("amount");
}
//! [rejected]

//! [state]
TEST(Wallet, KeepsItsBalance) {
  Given<Wallet>(Make<Deposited>({.amount = 30}), Make<Withdrawn>({.amount = 10}))
      .ThenState({.balance = 20});
}

TEST(Wallet, ClosesOnce) {
  Given<Wallet>(Make<Closed>())
      .When(Make<Close>({.wallet = "7"}))
      .ThenNothing()
      .ThenState(Property(&WalletState::closed, true));
}
//! [state]

//! [context]
TEST(Wallet, NotesWhoClosedItAndWhen) {
  const auto id = DeterministicIds().Next();
  Given<Wallet>()
      .When(Make<Close>({.wallet = "7"}),
            {.now = absl::FromUnixSeconds(5), .options = {.command_id = id, .actor = "ann"}})
      .ThenEmits(Make<Closed>({.by = "ann", .at_seconds = 5, .id = id.ToString()}));
}
//! [context]

//! [rows]
TEST(Balances, HaveARowForEachWallet) {
  GivenEvents<Balances>(InStream("wallet-7"), Make<Deposited>({.amount = 30}), InStream("wallet-8"),
                        RecordedAt{absl::FromUnixSeconds(5)}, Make<Deposited>({.amount = 5}),
                        Make<Closed>())
      .ThenRow("7", {.amount = 30})
      .ThenRow("7", Property(&Balance::amount, Gt(20)))
      .ThenNoRow("8");
}
//! [rows]

//! [app]
TEST(WalletApp, ShowsWhatWasDone) {
  TestApp app(Aggregate<Wallet>(), Inline<Balances>());
  ASSERT_THAT(app->Execute(Make<Deposit>({.wallet = "7", .amount = 30})), IsOk());
  EXPECT_THAT(app->Get<Balances>("7"), HasRow<Balances>({.amount = 30}));

  EXPECT_THAT(app->Execute(Make<Withdraw>({.wallet = "7", .amount = 31})),
              Rejects<InsufficientFunds>({.missing = 1}));

  app.clock().Advance(absl::Hours(1));
  ASSERT_THAT(app->Execute(Make<Close>({.wallet = "7"}), {.actor = "ann"}), IsOk());
  EXPECT_THAT(app->Get<Balances>("7"), HasNoRow());
}
//! [app]

//! [matchers]
TEST(WalletApp, WritesItsStory) {
  TestApp app(Aggregate<Wallet>());
  ASSERT_THAT(app->Execute(Make<Deposit>({.wallet = "7", .amount = 30})), IsOk());
  ASSERT_THAT(app->Execute(Make<Close>({.wallet = "7"})), IsOk());
  EXPECT_THAT(app->store().Reader()->ReadStream("wallet-7"),
              IsOkAndHolds(ElementsAre(IsEvent<Deposited>({.amount = 30}),  //
                                       IsEvent<Withdrawn>({.amount = 30}),
                                       IsEvent<Closed>(Property(&Closed::by, "")))));
  EXPECT_THAT(app->store().Reader()->ReadStream("wallet-8"), StatusIs(absl::StatusCode::kNotFound));
}
//! [matchers]

// The clock of a TestApp is what Decide is told.
TEST(TestAppTest, TellsItsOwnTime) {
  TestApp app(Aggregate<Wallet>());
  app.clock().Set(absl::FromUnixSeconds(1000));
  app.clock().Advance(absl::Seconds(5));
  ASSERT_THAT(app->Execute(Make<Close>({.wallet = "7"})), IsOk());
  const auto batch = app->store().Reader()->ReadStream("wallet-7");
  ASSERT_THAT(batch,
              IsOkAndHolds(ElementsAre(IsEvent<Closed>(Property(&Closed::at_seconds, 1005)))));
  EXPECT_EQ(batch->front().recorded_time, absl::FromUnixSeconds(1005));
}

TEST(TestAppTest, KeepsAsyncViewsToo) {
  TestApp app(daybook::AppOptions(), Aggregate<Wallet>(), Async<Balances>());
  const auto done = app->Execute(Make<Deposit>({.wallet = "7", .amount = 30}));
  ASSERT_THAT(done, IsOk());
  EXPECT_THAT(app->Get<Balances>("7", {.at_least = done->token}), HasRow<Balances>({.amount = 30}));
}

TEST(TestAppDeathTest, RefusesWhatIsRegisteredTwice) {
  EXPECT_DEATH(TestApp(Aggregate<Wallet>(), Aggregate<Wallet>()), "INVALID_ARGUMENT");
}

}  // namespace
}  // namespace wallet
