// error: Reject: this is no rejection of the aggregate
#include "till.h"

namespace wallet {

struct Till : TillAggregate {
  static Decision Decide(const State&, const Close&) { return Reject<InsufficientFunds>(); }
};

}  // namespace wallet
