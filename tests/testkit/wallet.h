// A sound aggregate, which tests make wrong in one place.
#ifndef DAYBOOK_TESTS_TESTKIT_WALLET_H_
#define DAYBOOK_TESTS_TESTKIT_WALLET_H_

#include <string>

#include "absl/time/time.h"
#include "daybook/aggregates/command_context.h"
#include "daybook/aggregates/decision.h"
#include "wallet.daybook.h"

namespace wallet {

struct Wallet : WalletAggregate {
  static Decision Decide(const State& state, const Deposit& command) {
    if (state.closed()) return daybook::Reject<WalletClosed>({.note = state.note()});
    return daybook::Emit<Deposited>({.amount = command.amount(), .note = command.note()});
  }
  static Decision Decide(const State& state, const Withdraw& command) {
    if (state.closed()) return daybook::Reject<WalletClosed>({.note = state.note()});
    if (state.balance() < command.amount()) {
      return daybook::Reject<InsufficientFunds>({.missing = command.amount() - state.balance()});
    }
    return daybook::Emit<Withdrawn>({.amount = command.amount()});
  }
  //! [context]
  // Pays out what is left. Closing twice changes nothing.
  static Decision Decide(const State& state, const Close&, const daybook::CommandContext& context) {
    Decision decision;
    if (state.closed()) return decision;
    if (state.balance() > 0) {
      decision.Add(daybook::Make<Withdrawn>({.amount = state.balance()}));
    }
    decision.Add(daybook::Make<Closed>({.by = context.metadata.actor,
                                        .at_seconds = absl::ToUnixSeconds(context.now),
                                        .id = context.command_id.ToString()}));
    return decision;
  }
  //! [context]

  static void Evolve(State& state, const Deposited& event) noexcept {
    state.set_balance(state.balance() + event.amount());
    if (!event.note().empty()) state.set_note(event.note());
  }
  static void Evolve(State& state, const Withdrawn& event) noexcept {
    state.set_balance(state.balance() - event.amount());
  }
  static void Evolve(State& state, const Closed&) noexcept { state.set_closed(true); }
};

}  // namespace wallet

#endif  // DAYBOOK_TESTS_TESTKIT_WALLET_H_
