// The same with nothing missing.
#include "daybook/testkit/given.h"
#include "till.h"

namespace wallet {

struct Wallet : Decides {
  static void Evolve(State&, const Deposited&) noexcept {}
  static void Evolve(State&, const Withdrawn&) noexcept {}
  static void Evolve(State&, const Closed&) noexcept {}
};

struct Balances : BalanceProjection {
  using Ignores = daybook::TypeList<Closed>;
  static void On(Row&, const Deposited&) {}
  static void On(Row&, const Withdrawn&) {}
};

const auto aggregate = Aggregate<Wallet>();
const auto projection = Inline<Balances>();
const auto given = daybook::Given<Wallet>(Make<Deposited>());

}  // namespace wallet
