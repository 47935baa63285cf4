// The aggregates that the tests work on, and an application around them.
#ifndef DAYBOOK_TESTS_AGGREGATES_BANK_H_
#define DAYBOOK_TESTS_AGGREGATES_BANK_H_

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "bank.daybook.h"
#include "daybook/aggregates/app.h"
#include "daybook/testkit/fake_clock.h"
#include "daybook/testkit/status_matchers.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace daybook {

using bank::AccountState;
using bank::Deposit;
using bank::DepositAll;
using bank::Deposited;
using bank::Inspect;
using bank::Inspected;
using bank::InsufficientFunds;
using bank::Withdraw;
using bank::Withdrawn;

struct Account : bank::AccountAggregate {
  // What a test lets happen while a command is being decided.
  static inline std::function<void()> before_inspect;

  static Decision Decide(const State&, const Deposit& c) {
    return Emit<Deposited>({.amount = c.amount(), .purpose = c.purpose()});
  }
  static Decision Decide(const State& s, const Withdraw& c) {
    if (s.balance() < c.amount()) {
      return Reject<InsufficientFunds>({.missing = c.amount() - s.balance()});
    }
    return Emit<Withdrawn>({.amount = c.amount()});
  }
  static Decision Decide(const State&, const DepositAll& c) {
    Decision decision;
    for (const int64_t amount : c.amounts()) decision.Add(Make<Deposited>({.amount = amount}));
    return decision;
  }
  static Decision Decide(const State& s, const Inspect&, const CommandContext& context) {
    if (before_inspect) before_inspect();
    Inspected inspected = Make<Inspected>({.now_micros = absl::ToUnixMicros(context.now),
                                           .command_id = context.command_id.ToString(),
                                           .key = std::string(context.key),
                                           .actor = context.metadata.actor,
                                           .balance = s.balance()});
    if (context.version.has_value()) inspected.set_version(*context.version);
    return Emit(std::move(inspected));
  }
  static void Evolve(State& s, const Deposited& e) noexcept { Add(s, e.amount()); }
  static void Evolve(State& s, const Withdrawn& e) noexcept { Add(s, -e.amount()); }
  static void Evolve(State&, const Inspected&) noexcept {}

 private:
  static void Add(State& s, int64_t amount) {
    s.set_balance(s.balance() + amount);
    s.add_amounts(amount);
  }
};

// The same aggregate after its Evolve changed its meaning.
struct RevisedAccount : Account {
  static constexpr uint32_t kEvolveRevision = 1;
};

struct Diary : bank::DiaryAggregate {
  static Decision Decide(const State&, const bank::Write&) { return Emit<bank::Written>(); }
  static void Evolve(State& s, const bank::Written&) noexcept { s.set_pages(s.pages() + 1); }
};

// Refuses amounts of 666.
struct Balances : bank::BalanceProjection {
  using Ignores = TypeList<Inspected>;
  static absl::Status On(Row& row, const Deposited& e) {
    if (e.amount() == 666) return absl::OutOfRangeError("the view takes no 666");
    row.set_amount(row.amount() + e.amount());
    return absl::OkStatus();
  }
  static void On(Row& row, const Withdrawn& e) { row.set_amount(row.amount() - e.amount()); }
};

inline Deposit DepositOf(int64_t amount, std::string account = "7") {
  return Make<Deposit>({.account = std::move(account), .amount = amount});
}
inline Withdraw WithdrawOf(int64_t amount, std::string account = "7") {
  return Make<Withdraw>({.account = std::move(account), .amount = amount});
}
inline CommandOptions WithId(uint64_t n) {
  return {.command_id = Uuid::Derive("command", n)};
}

// An event as its writer outside of App makes it.
inline Event OutsideDeposit(int64_t amount) {
  Event event;
  event.type = std::string(MessageTraits<Deposited>::kTypeName);
  event.payload = EncodeMessage(Make<Deposited>({.amount = amount}));
  return event;
}

}  // namespace daybook

#endif  // DAYBOOK_TESTS_AGGREGATES_BANK_H_
