// error: Add: this is no event of the aggregate
#include "till.h"

namespace wallet {

struct Till : TillAggregate {
  static Decision Decide(const State&, const Close&) {
    Decision decision;
    decision.Add(Make<Deposited>({.amount = 1}));
    return decision;
  }
};

}  // namespace wallet
