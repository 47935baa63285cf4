// error: Emit: this is no event of the aggregate
#include "till.h"

namespace wallet {

struct Till : TillAggregate {
  static Decision Decide(const State&, const Close&) { return Emit<Deposited>({.amount = 1}); }
};

}  // namespace wallet
