// error: Balance lacks On(Balance&, const Withdrawn&), which wallet.proto:62 asks for
#include "till.h"

namespace wallet {

struct Balances : BalanceProjection {
  using Ignores = daybook::TypeList<Closed>;
  static void On(Row&, const Deposited&) {}
};

const auto projection = Inline<Balances>();

}  // namespace wallet
