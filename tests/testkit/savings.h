// The account of the guide to changing events, and the upcasters of its past.
#ifndef DAYBOOK_TESTS_TESTKIT_SAVINGS_H_
#define DAYBOOK_TESTS_TESTKIT_SAVINGS_H_

#include <optional>
#include <tuple>

#include "daybook/aggregates/aggregate.h"
#include "daybook/projections/projection.h"
#include "savings.daybook.h"

namespace savings {

using daybook::Make;

//! [upcast]
inline Deposited Upcast(const DepositedV1& old) {
  return Make<Deposited>({.cents = old.francs() * 100});
}
//! [upcast]

//! [split]
inline std::tuple<Withdrawn, std::optional<FeeCharged>> Upcast(const Transferred& old) {
  std::optional<FeeCharged> fee;
  if (old.fee() > 0) fee = Make<FeeCharged>({.cents = old.fee() * 100});
  return {Make<Withdrawn>({.cents = old.francs() * 100}), fee};
}
//! [split]

//! [drop]
inline daybook::Dropped Upcast(const Greeted&) {
  return {};
}
//! [drop]

struct Savings : SavingsAggregate {
  static Decision Decide(const State&, const Deposit& command) {
    return daybook::Emit<Deposited>({.cents = command.cents()});
  }
  static void Evolve(State& state, const Deposited& event) noexcept {
    state.set_cents(state.cents() + event.cents());
  }
  static void Evolve(State& state, const Withdrawn& event) noexcept {
    state.set_cents(state.cents() - event.cents());
  }
  static void Evolve(State& state, const FeeCharged& event) noexcept {
    state.set_cents(state.cents() - event.cents());
  }
};

struct FeesPaid : FeesProjection {
  using Ignores = daybook::TypeList<Deposited, Withdrawn>;
  static void On(Row& row, const FeeCharged& event) { row.set_cents(row.cents() + event.cents()); }
};

}  // namespace savings

#endif  // DAYBOOK_TESTS_TESTKIT_SAVINGS_H_
