// error: Wallet lacks Evolve(WalletState&, const Deposited&) noexcept, which wallet.proto:27 asks
// for
#include "till.h"

namespace wallet {

struct Wallet : Decides {
  static void Evolve(State&, const Deposited&) {}
  static void Evolve(State&, const Withdrawn&) noexcept {}
  static void Evolve(State&, const Closed&) noexcept {}
};

const auto aggregate = Aggregate<Wallet>();

}  // namespace wallet
