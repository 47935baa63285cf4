#include "daybook/testkit/given.h"

#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "daybook/core/uuid.h"
#include "daybook/testkit/deterministic_ids.h"
#include "daybook/testkit/fake_clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest-spi.h"
#include "gtest/gtest.h"
#include "wallet.h"

namespace wallet {
namespace {

using ::daybook::CommandContext;
using ::daybook::Emit;
using ::daybook::Given;
using ::daybook::Make;
using ::daybook::Reject;
using ::testing::Gt;
using ::testing::Property;

const int64_t kNow = absl::ToUnixSeconds(daybook::FakeClock::DefaultStart());
const std::string kId = daybook::DeterministicIds().At(0).ToString();

// ---- what it says of a sound aggregate

TEST(Given, CommandEmits) {
  Given<Wallet>(Make<Deposited>({.amount = 30}))
      .When(Make<Withdraw>({.wallet = "7", .amount = 10}))
      .ThenEmits(Make<Withdrawn>({.amount = 10}));
}

TEST(Given, CommandEmitsSeveral) {
  Given<Wallet>(Make<Deposited>({.amount = 30}))
      .When(Make<Close>({.wallet = "7"}))
      .ThenEmits(Make<Withdrawn>({.amount = 30}), Make<Closed>({.at_seconds = kNow, .id = kId}))
      .ThenState({.closed = true});
}

TEST(Given, CommandEmitsNothing) {
  Given<Wallet>(Make<Closed>()).When(Make<Close>({.wallet = "7"})).ThenNothing();
}

TEST(Given, CommandIsRejected) {
  const auto given = Given<Wallet>(Make<Deposited>({.amount = 10}));
  given.When(Make<Withdraw>({.wallet = "7", .amount = 30}))
      .ThenRejected<InsufficientFunds>()
      .ThenRejected<InsufficientFunds>({.missing = 20})
      .ThenRejected<InsufficientFunds>(Property(&InsufficientFunds::missing, Gt(19)))
      .ThenState({.balance = 10});
}

TEST(Given, CommandBreaksAFieldRule) {
  Given<Wallet>().When(Make<Withdraw>({.wallet = "7"})).ThenInvalid("amount");
  Given<Wallet>().When(Make<Withdraw>({.wallet = "7"})).ThenInvalid("Withdraw.amount");
  Given<Wallet>()
      .When(Make<Deposit>({.wallet = "7", .amount = 1, .note = "\xff"}))
      .ThenInvalid("note");
}

TEST(Given, EventsFoldIntoAState) {
  const auto given =
      Given<Wallet>(Make<Deposited>({.amount = 30, .note = "a"}), Make<Withdrawn>({.amount = 10}));
  given.ThenState({.balance = 20, .note = "a"});
  given.ThenState(Property(&WalletState::balance, 20));
}

TEST(Given, ContextIsWhatTheTestSays) {
  const auto id = daybook::Uuid::Derive("a command");
  Given<Wallet>()
      .When(Make<Close>({.wallet = "7"}),
            {.now = absl::FromUnixSeconds(5), .options = {.command_id = id, .actor = "ann"}})
      .ThenEmits(Make<Closed>({.by = "ann", .at_seconds = 5, .id = id.ToString()}));
}

struct TellsItsContext : Wallet {
  using Wallet::Decide;
  static Decision Decide(const State&, const Close&, const CommandContext& context) {
    return Emit<Closed>({.by = std::string(context.key),
                         .at_seconds = context.version ? int64_t(*context.version) : -1});
  }
};

TEST(Given, ContextHasKeyAndVersion) {
  Given<TellsItsContext>()
      .When(Make<Close>({.wallet = "7"}))
      .ThenEmits(Make<Closed>({.by = "7", .at_seconds = -1}));
  Given<TellsItsContext>(Make<Deposited>({.amount = 1}), Make<Deposited>({.amount = 1}))
      .When(Make<Close>({.wallet = "8"}))
      .ThenEmits(Make<Closed>({.by = "8", .at_seconds = 1}));
}

// ---- expectations that do not hold

TEST(GivenFails, OnAnotherEvent) {
  EXPECT_NONFATAL_FAILURE(Given<Wallet>(Make<Deposited>({.amount = 30}))
                              .When(Make<Withdraw>({.wallet = "7", .amount = 10}))
                              .ThenEmits(Make<Withdrawn>({.amount = 11})),
                          "    wallet.Withdrawn {\n"
                          "  -   amount: 11\n"
                          "  +   amount: 10\n"
                          "    }\n"
                          "\n"
                          "Given wallet.Deposited {amount: 30}\n"
                          "When wallet.Withdraw {wallet: \"7\" amount: 10}");
}

TEST(GivenFails, OnEventsInAnotherOrder) {
  EXPECT_NONFATAL_FAILURE(Given<Wallet>(Make<Deposited>({.amount = 30}))
                              .When(Make<Close>({.wallet = "7"}))
                              .ThenEmits(Make<Closed>({.at_seconds = kNow, .id = kId}),
                                         Make<Withdrawn>({.amount = 30})),
                          "the command has another outcome than expected");
}

TEST(GivenFails, OnAnEventTooMany) {
  EXPECT_NONFATAL_FAILURE(Given<Wallet>(Make<Deposited>({.amount = 30}))
                              .When(Make<Close>({.wallet = "7"}))
                              .ThenEmits(Make<Closed>({.at_seconds = kNow, .id = kId})),
                          "  + wallet.Withdrawn {\n  +   amount: 30\n  + }\n    wallet.Closed {");
}

TEST(GivenFails, OnNothingWhereAnEventIsExpected) {
  EXPECT_NONFATAL_FAILURE(
      Given<Wallet>(Make<Closed>()).When(Make<Close>({.wallet = "7"})).ThenEmits(Make<Closed>()),
      "  - wallet.Closed {}\n  + nothing");
}

TEST(GivenFails, OnAnEventWhereNothingIsExpected) {
  EXPECT_NONFATAL_FAILURE(
      Given<Wallet>().When(Make<Deposit>({.wallet = "7", .amount = 1})).ThenNothing(),
      "  - nothing\n  + wallet.Deposited {");
}

TEST(GivenFails, OnARejectionWhereAnEventIsExpected) {
  EXPECT_NONFATAL_FAILURE(Given<Wallet>()
                              .When(Make<Withdraw>({.wallet = "7", .amount = 1}))
                              .ThenEmits(Make<Withdrawn>({.amount = 1})),
                          "  + rejected: wallet.InsufficientFunds {");
}

TEST(GivenFails, OnAnotherRejection) {
  EXPECT_NONFATAL_FAILURE(Given<Wallet>(Make<Closed>())
                              .When(Make<Withdraw>({.wallet = "7", .amount = 1}))
                              .ThenRejected<InsufficientFunds>(),
                          "  - rejected: wallet.InsufficientFunds\n"
                          "  + rejected: wallet.WalletClosed {}");
}

TEST(GivenFails, OnARejectionWithOtherFields) {
  EXPECT_NONFATAL_FAILURE(Given<Wallet>()
                              .When(Make<Withdraw>({.wallet = "7", .amount = 3}))
                              .ThenRejected<InsufficientFunds>({.missing = 4}),
                          "missing: 3 instead of 4");
}

TEST(GivenFails, OnAnEventWhereARejectionIsExpected) {
  EXPECT_NONFATAL_FAILURE(Given<Wallet>()
                              .When(Make<Deposit>({.wallet = "7", .amount = 1}))
                              .ThenRejected<WalletClosed>(),
                          "  - rejected: wallet.WalletClosed\n");
}

TEST(GivenFails, OnAFieldRuleThatIsNotExpected) {
  EXPECT_NONFATAL_FAILURE(Given<Wallet>().When(Make<Deposit>({.wallet = "7"})).ThenNothing(),
                          "  + invalid: Deposit.amount");
}

TEST(GivenFails, OnAnotherField) {
  EXPECT_NONFATAL_FAILURE(
      Given<Wallet>().When(Make<Deposit>({.wallet = "7"})).ThenInvalid("wallet"),
      "  - invalid: wallet\n  + invalid: Deposit.amount");
}

TEST(GivenFails, OnAValidCommand) {
  EXPECT_NONFATAL_FAILURE(
      Given<Wallet>().When(Make<Deposit>({.wallet = "7", .amount = 1})).ThenInvalid("amount"),
      "  - invalid: amount\n");
}

TEST(GivenFails, OnAnotherState) {
  EXPECT_NONFATAL_FAILURE(Given<Wallet>(Make<Deposited>({.amount = 1})).ThenState({.balance = 2}),
                          "balance: 1 instead of 2");
  EXPECT_NONFATAL_FAILURE(
      Given<Wallet>().When(Make<Deposit>({.wallet = "7", .amount = 1})).ThenState({.balance = 2}),
      "balance: 1 instead of 2");
}

// Keeps where the failures are said to be.
class Places : public testing::ScopedFakeTestPartResultReporter {
 public:
  Places() : ScopedFakeTestPartResultReporter(INTERCEPT_ALL_THREADS, &results_) {}
  const testing::TestPartResult& only() const { return results_.GetTestPartResult(0); }
  int size() const { return results_.size(); }

 private:
  testing::TestPartResultArray results_;
};

TEST(GivenFails, AtTheLineOfTheTest) {
  Places places;
  const int line = __LINE__ + 1;
  Given<Wallet>().When(Make<Close>({.wallet = "7"})).ThenNothing();
  ASSERT_EQ(places.size(), 1);
  EXPECT_STREQ(places.only().file_name(), __FILE__);
  EXPECT_EQ(places.only().line_number(), line);
}

// ---- aggregates that are wrong, each in one way; the expectation itself holds

struct CountsInAStatic : Wallet {
  using Wallet::Evolve;
  static void Evolve(State& state, const Deposited&) noexcept {
    static int64_t count = 0;
    state.set_balance(++count);
  }
};

TEST(GivenFinds, AnEvolveWithAHiddenCounter) {
  EXPECT_NONFATAL_FAILURE(
      Given<CountsInAStatic>(Make<Deposited>()).ThenState(testing::_),
      "Evolve is not deterministic: called again with an equal state and event 0");
}

// Keeps the last note beside the state: right as long as one instance is folded from its start.
struct KeepsANoteBesideTheState : Wallet {
  static inline std::string note;
  using Wallet::Evolve;
  static void Evolve(State& state, const Deposited& event) noexcept {
    note = event.note();
    state.set_balance(state.balance() + event.amount());
  }
  static void Evolve(State& state, const Withdrawn&) noexcept { state.set_note(note); }
};

TEST(GivenFinds, AnEvolveThatKeepsSomethingBesideTheState) {
  EXPECT_NONFATAL_FAILURE(
      Given<KeepsANoteBesideTheState>(Make<Deposited>({.note = "first"}),
                                      Make<Deposited>({.note = "second"}), Make<Withdrawn>())
          .ThenState({.note = "second"}),
      "folding on from a snapshot after 0 events gives another state");
}

// Knows its instance by its address.
struct CountsByAddress : Wallet {
  using Wallet::Evolve;
  static void Evolve(State& state, const Deposited&) noexcept {
    static const State* last = nullptr;
    static int64_t in_a_row = 0;
    in_a_row = last == &state ? in_a_row + 1 : 1;
    last = &state;
    state.set_balance(state.balance() + in_a_row);
  }
};

TEST(GivenFinds, AnEvolveThatKnowsItsInstance) {
  EXPECT_NONFATAL_FAILURE(
      Given<CountsByAddress>(Make<Deposited>(), Make<Deposited>()).ThenState({.balance = 2}),
      "folding all events anew gives another state than step by step");
}

struct MakesAStateThatIsNotUtf8 : Wallet {
  using Wallet::Evolve;
  static void Evolve(State& state, const Withdrawn&) noexcept { state.set_note("\xff"); }
};

TEST(GivenFinds, AStateThatCannotBeStored) {
  EXPECT_NONFATAL_FAILURE(
      Given<MakesAStateThatIsNotUtf8>(Make<Deposited>(), Make<Withdrawn>()).ThenState(testing::_),
      "the state after 2 events does not survive a round trip through its bytes");
}

TEST(GivenFinds, AGivenEventThatCannotBeStored) {
  EXPECT_NONFATAL_FAILURE(Given<Wallet>(Make<Deposited>({.note = "\xff"})).ThenState(testing::_),
                          "event 0 does not survive a round trip through its bytes");
}

struct EmitsWhatIsNotUtf8 : Wallet {
  using Wallet::Decide;
  static Decision Decide(const State&, const Withdraw&) {
    return Emit<Deposited>({.note = "\xff"});
  }
  static Decision Decide(const State&, const Deposit&) {
    return Reject<WalletClosed>({.note = "\xff"});
  }
};

TEST(GivenFinds, AnEmittedEventThatCannotBeStored) {
  EXPECT_NONFATAL_FAILURE(Given<EmitsWhatIsNotUtf8>()
                              .When(Make<Withdraw>({.wallet = "7", .amount = 1}))
                              .ThenEmits(Make<Deposited>({.note = "\xff"})),
                          "event 0 does not survive a round trip through its bytes");
}

TEST(GivenFinds, ARejectionThatCannotBeStored) {
  EXPECT_NONFATAL_FAILURE(Given<EmitsWhatIsNotUtf8>()
                              .When(Make<Deposit>({.wallet = "7", .amount = 1}))
                              .ThenRejected<WalletClosed>(),
                          "the rejection does not survive a round trip through its bytes");
}

struct DecidesByAStatic : Wallet {
  static inline int64_t count = 0;
  using Wallet::Decide;
  static Decision Decide(const State&, const Withdraw&) {
    return Emit<Withdrawn>({.amount = ++count});
  }
  static Decision Decide(const State&, const Deposit&) {
    if (++count % 2 == 0) return Reject<WalletClosed>();
    return Decision();
  }
};

TEST(GivenFinds, ADecideThatEmitsAnotherEventTheSecondTime) {
  DecidesByAStatic::count = 0;
  EXPECT_NONFATAL_FAILURE(Given<DecidesByAStatic>()
                              .When(Make<Withdraw>({.wallet = "7", .amount = 1}))
                              .ThenEmits(Make<Withdrawn>({.amount = 1})),
                          "Decide is not deterministic");
}

TEST(GivenFinds, ADecideThatRejectsTheSecondTime) {
  DecidesByAStatic::count = 0;
  EXPECT_NONFATAL_FAILURE(
      Given<DecidesByAStatic>().When(Make<Deposit>({.wallet = "7", .amount = 1})).ThenNothing(),
      "Decide is not deterministic");
}

// Sees what no store keeps: how the state came to be.
struct DecidesByTheAddress : Wallet {
  using Wallet::Decide;
  static Decision Decide(const State& state, const Withdraw&) {
    static const State* first = &state;
    return Emit<Withdrawn>({.amount = first == &state ? 1 : 2});
  }
};

TEST(GivenFinds, ADecideThatDependsOnMoreThanTheState) {
  EXPECT_NONFATAL_FAILURE(Given<DecidesByTheAddress>()
                              .When(Make<Withdraw>({.wallet = "7", .amount = 1}))
                              .ThenEmits(Make<Withdrawn>({.amount = 1})),
                          "Decide is not deterministic");
}

// A wrong aggregate is the news; that the expectations do not hold either is none.
TEST(GivenFinds, OneThingAtATime) {
  EXPECT_NONFATAL_FAILURE(Given<Wallet>(Make<Deposited>({.note = "\xff"}))
                              .When(Make<Withdraw>({.wallet = "7", .amount = 1}))
                              .ThenEmits(Make<Deposited>())
                              .ThenInvalid("amount")
                              .ThenRejected<InsufficientFunds>({.missing = 2})
                              .ThenState({.closed = true}),
                          "event 0 does not survive");
}

}  // namespace
}  // namespace wallet
