// error: this is no event of the aggregate
#include "daybook/testkit/given.h"
#include "till.h"

namespace wallet {

struct Till : TillAggregate {
  static void Evolve(State&, const Closed&) noexcept {}
};

const auto given = daybook::Given<Till>(Make<Deposited>());

}  // namespace wallet
