// error: Wallet lacks Evolve(WalletState&, const Closed&) noexcept, which wallet.proto:38 asks for
#include "till.h"

namespace wallet {

struct Wallet : Decides {
  static void Evolve(State&, const Deposited&) noexcept {}
  static void Evolve(State&, const Withdrawn&) noexcept {}
};

const auto aggregate = Aggregate<Wallet>();

}  // namespace wallet
