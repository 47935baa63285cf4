// error: Wallet lacks Decide(const WalletState&, const Withdraw&), which wallet.proto:16 asks for
#include "till.h"

namespace wallet {

struct Wallet : Evolves {
  static Decision Decide(const State&, const Deposit&) { return Emit<Deposited>(); }
  static Decision Decide(const State&, const Close&) { return Emit<Closed>(); }
};

const auto aggregate = Aggregate<Wallet>();

}  // namespace wallet
