// What is right in the programs about upcasters; each leaves out or breaks one of them.
#ifndef DAYBOOK_TESTS_COMPLETENESS_SAFE_H_
#define DAYBOOK_TESTS_COMPLETENESS_SAFE_H_

#include <optional>
#include <string>
#include <tuple>

#include "daybook/aggregates/aggregate.h"
#include "daybook/aggregates/decision.h"
#include "daybook/projections/projection.h"
#include "safe.daybook.h"
#include "wallet.daybook.h"

namespace safe {

struct Safe : SafeAggregate {
  static Decision Decide(const State&, const Put&) { return daybook::Emit<Filled>(); }
  static void Evolve(State&, const Filled&) noexcept {}
};

struct Contents : ContentProjection {
  static void On(Row&, const Filled&) {}
};

}  // namespace safe

#endif  // DAYBOOK_TESTS_COMPLETENESS_SAFE_H_
