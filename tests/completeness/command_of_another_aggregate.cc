// error: this is no command of the aggregate
#include "daybook/testkit/given.h"
#include "till.h"

namespace wallet {

struct Till : TillAggregate {
  static void Evolve(State&, const Closed&) noexcept {}
};

const auto outcome = daybook::Given<Till>().When(Make<Deposit>());

}  // namespace wallet
