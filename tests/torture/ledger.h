// The application under torture, the same in the process that is killed and in the one that checks.
#ifndef DAYBOOK_TESTS_TORTURE_LEDGER_H_
#define DAYBOOK_TESTS_TORTURE_LEDGER_H_

#include <cstdint>
#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "daybook/aggregates/app.h"
#include "ledger.daybook.h"

namespace daybook {

struct Ledger : ledger::LedgerAggregate {
  static Decision Decide(const State& s, const ledger::Post& c) {
    if (s.balance() + c.amount() < 0) return Reject<ledger::Overdrawn>({.balance = s.balance()});
    return Emit<ledger::Posted>({.amount = c.amount()});
  }
  static void Evolve(State& s, const ledger::Posted& e) noexcept {
    s.set_balance(s.balance() + e.amount());
  }
};

struct InlineTotals : ledger::TotalProjection {
  static void On(Row& row, const ledger::Posted& e) {
    row.set_balance(row.balance() + e.amount());
    row.set_events(row.events() + 1);
  }
};

struct AsyncTotals : InlineTotals {
  static constexpr absl::string_view kName = "AsyncTotal";
};

inline absl::StatusOr<App> OpenLedger(const std::string& path) {
  AppOptions options;
  options.store.witness_bytes = size_t{1} << 20;
  return App::Open(path, options, Aggregate<Ledger>(), Inline<InlineTotals>(),
                   Async<AsyncTotals>());
}

// The n-th command of a writer: the same whenever it is asked for.
struct Numbered {
  CommandId id;
  ledger::Post command;
};
inline Numbered CommandOf(uint64_t writer, uint64_t n) {
  Numbered numbered;
  numbered.id = Uuid::Derive(absl::StrCat("writer ", writer), n);
  std::mt19937_64 random(writer * 1'000'003 + n);
  numbered.command.set_account(absl::StrCat(random() % 6));
  numbered.command.set_amount(static_cast<int64_t>(random() % 200) - 110);
  return numbered;
}

}  // namespace daybook

#endif  // DAYBOOK_TESTS_TORTURE_LEDGER_H_
