// What is right in these programs; each leaves out or breaks one thing.
#ifndef DAYBOOK_TESTS_COMPLETENESS_TILL_H_
#define DAYBOOK_TESTS_COMPLETENESS_TILL_H_

#include "daybook/aggregates/aggregate.h"
#include "daybook/aggregates/decision.h"
#include "daybook/projections/projection.h"
#include "wallet.daybook.h"

namespace wallet {

using daybook::Aggregate;
using daybook::Emit;
using daybook::Inline;
using daybook::Make;
using daybook::Reject;

// Another aggregate, which has nothing to do with the wallet's events, commands and rejections.
struct TillAggregate {
  using State = WalletState;
  using Commands = daybook::TypeList<>;
  using Events = daybook::TypeList<Closed>;
  using PastEvents = daybook::TypeList<>;
  using Rejections = daybook::TypeList<WalletClosed>;
  using Decision = daybook::Decision<TillAggregate>;
  static constexpr absl::string_view kName = "Till";
  template <typename A>
  static constexpr bool CheckComplete() {
    return true;
  }
};

struct Decides : WalletAggregate {
  static Decision Decide(const State&, const Deposit&) { return Emit<Deposited>(); }
  static Decision Decide(const State&, const Withdraw&) { return Emit<Withdrawn>(); }
  static Decision Decide(const State&, const Close&) { return Emit<Closed>(); }
};

struct Evolves : WalletAggregate {
  static void Evolve(State&, const Deposited&) noexcept {}
  static void Evolve(State&, const Withdrawn&) noexcept {}
  static void Evolve(State&, const Closed&) noexcept {}
};

}  // namespace wallet

#endif  // DAYBOOK_TESTS_COMPLETENESS_TILL_H_
