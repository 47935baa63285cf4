// A bank account, a view of balances, and their tests.
#include "bank.daybook.h"
#include "daybook/daybook.h"
#include "daybook/testkit/given.h"
#include "gtest/gtest.h"

namespace bank {

using daybook::Aggregate, daybook::App, daybook::Emit, daybook::Given, daybook::Inline;
using daybook::Make, daybook::Reject;

struct Account : AccountAggregate {
  static Decision Decide(const State&, const Deposit& command) {
    return Emit<Deposited>({.amount = command.amount()});
  }
  static Decision Decide(const State& state, const Withdraw& command) {
    const int64_t missing = command.amount() - state.balance();
    if (missing > 0) return Reject<InsufficientFunds>({.missing = missing});
    return Emit<Withdrawn>({.amount = command.amount()});
  }
  static void Evolve(State& state, const Deposited& event) noexcept {
    state.set_balance(state.balance() + event.amount());
  }
  static void Evolve(State& state, const Withdrawn& event) noexcept {
    state.set_balance(state.balance() - event.amount());
  }
};

struct Balances : BalanceProjection {
  static void On(Row& row, const Deposited& event) {
    row.set_amount(row.amount() + event.amount());
  }
  static void On(Row& row, const Withdrawn& event) {
    row.set_amount(row.amount() - event.amount());
  }
};

TEST(Account, RefusesOverdraft) {
  Given<Account>(Make<Deposited>({.amount = 10}))
      .When(Make<Withdraw>({.account = "7", .amount = 30}))
      .ThenRejected<InsufficientFunds>({.missing = 20});
}

TEST(Balances, FollowTheAccount) {
  auto app = App::Open("bank.db", Aggregate<Account>(), Inline<Balances>());
  const int64_t before = app->Get<Balances>("7").value_or(Balance()).amount();
  auto done = app->Execute(Make<Deposit>({.account = "7", .amount = 30}));
  auto row = app->Get<Balances>("7", {.at_least = done->token});
  EXPECT_EQ(row->amount(), before + 30);
}

}  // namespace bank
