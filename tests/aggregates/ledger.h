// The ledger of the tests of upcasters, then and today.
#ifndef DAYBOOK_TESTS_AGGREGATES_LEDGER_H_
#define DAYBOOK_TESTS_AGGREGATES_LEDGER_H_

#include <optional>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "daybook/aggregates/app.h"
#include "ledger/v1.daybook.h"
#include "ledger/v2.daybook.h"

namespace ledger::v1 {

struct Ledger : LedgerAggregate {
  static Decision Decide(const State&, const Open& c) {
    return daybook::Emit<Opened>({.owner = c.owner()});
  }
  static Decision Decide(const State&, const Deposit& c) {
    return daybook::Emit<Deposited>({.francs = c.francs()});
  }
  static Decision Decide(const State&, const Pay& c) {
    return daybook::Emit<Paid>({.francs = c.francs(), .fee = c.fee()});
  }
  static Decision Decide(const State&, const Notice&) { return daybook::Emit<Noticed>(); }
  static Decision Decide(const State&, const Book& c) {
    return daybook::Emit<Booked>({.francs = c.francs()});
  }
  static void Evolve(State&, const Opened&) noexcept {}
  static void Evolve(State& s, const Deposited& e) noexcept {
    s.set_francs(s.francs() + e.francs());
  }
  static void Evolve(State& s, const Paid& e) noexcept {
    s.set_francs(s.francs() - e.francs() - e.fee());
  }
  static void Evolve(State&, const Noticed&) noexcept {}
  static void Evolve(State& s, const Booked& e) noexcept {
    for (const int64_t francs : e.francs()) s.set_francs(s.francs() + francs);
  }
};

}  // namespace ledger::v1

namespace ledger::v2 {

// A rename.
inline AccountOpened Upcast(const Past::Opened& old) {
  return daybook::Make<AccountOpened>({.owner = old.owner()});
}
// A chain of two.
inline Past::DepositedCents Upcast(const Past::DepositedFrancs& old) {
  return daybook::Make<Past::DepositedCents>({.cents = old.francs() * 100});
}
inline Deposited Upcast(const Past::DepositedCents& old) {
  return daybook::Make<Deposited>({.cents = old.cents(), .currency = "CHF"});
}
// A split, of which one part may be absent.
inline std::tuple<Withdrawn, std::optional<FeeCharged>> Upcast(const Past::Paid& old) {
  std::optional<FeeCharged> fee;
  if (old.fee() != 0) fee = daybook::Make<FeeCharged>({.cents = old.fee() * 100});
  return {daybook::Make<Withdrawn>({.cents = old.francs() * 100}), fee};
}
inline daybook::Dropped Upcast(const Past::Noticed&) {
  return {};
}
// As many as the old one held, and some of them past themselves.
inline std::vector<std::variant<Past::DepositedFrancs, Withdrawn>> Upcast(const Past::Booked& old) {
  std::vector<std::variant<Past::DepositedFrancs, Withdrawn>> events;
  for (const int64_t francs : old.francs()) {
    if (francs < 0) {
      events.emplace_back(daybook::Make<Withdrawn>({.cents = -francs * 100}));
    } else {
      events.emplace_back(daybook::Make<Past::DepositedFrancs>({.francs = francs}));
    }
  }
  return events;
}

// What an event adds to a story.
inline std::string Line(const AccountOpened& e) {
  return absl::StrCat("opened by ", e.owner());
}
inline std::string Line(const Deposited& e) {
  return absl::StrCat("+", e.cents(), " ", e.currency());
}
inline std::string Line(const Withdrawn& e) {
  return absl::StrCat("-", e.cents());
}
inline std::string Line(const FeeCharged& e) {
  return absl::StrCat("fee ", e.cents());
}

struct Ledger : LedgerAggregate {
  static Decision Decide(const State&, const Deposit& c) {
    return daybook::Emit<Deposited>({.cents = c.cents(), .currency = "EUR"});
  }
  static void Evolve(State& s, const AccountOpened& e) noexcept {
    s.set_owner(e.owner());
    s.add_story(Line(e));
  }
  static void Evolve(State& s, const Deposited& e) noexcept {
    s.set_cents(s.cents() + e.cents());
    s.add_story(Line(e));
  }
  static void Evolve(State& s, const Withdrawn& e) noexcept {
    s.set_cents(s.cents() - e.cents());
    s.add_story(Line(e));
  }
  static void Evolve(State& s, const FeeCharged& e) noexcept {
    s.set_fees(s.fees() + e.cents());
    s.add_story(Line(e));
  }
};

// Cannot take a fee of 1,300 cents.
struct Balances : BalanceProjection {
  using Ignores = daybook::TypeList<AccountOpened>;
  static void On(Row& row, const Deposited& e, daybook::EventContext& context) {
    row.set_cents(row.cents() + e.cents());
    Tell(row, e, context);
  }
  static void On(Row& row, const Withdrawn& e, daybook::EventContext& context) {
    row.set_cents(row.cents() - e.cents());
    Tell(row, e, context);
  }
  static absl::Status On(Row& row, const FeeCharged& e, daybook::EventContext& context) {
    row.set_fees(row.fees() + e.cents());
    Tell(row, e, context);
    return e.cents() == 1300 ? absl::OutOfRangeError("thirteen") : absl::OkStatus();
  }

 private:
  template <typename E>
  static void Tell(Row& row, const E& e, const daybook::EventContext& context) {
    row.add_story(absl::StrCat(context.event().position.ToString(), " ", Line(e)));
  }
};
struct AsyncBalances : Balances {
  static constexpr absl::string_view kName = "AsyncBalance";
};
// The same views, built when all events are there.
struct Rebuilt : Balances {
  static constexpr absl::string_view kName = "Rebuilt";
};
struct AsyncRebuilt : Balances {
  static constexpr absl::string_view kName = "AsyncRebuilt";
};

}  // namespace ledger::v2

#endif  // DAYBOOK_TESTS_AGGREGATES_LEDGER_H_
