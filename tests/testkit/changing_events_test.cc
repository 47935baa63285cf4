// The examples of docs/guides/changing_events.md, and what the test kit does with the past.
#include "daybook/aggregates/schema_check.h"
#include "daybook/core/read_event.h"
#include "daybook/testkit/given.h"
#include "daybook/testkit/given_events.h"
#include "daybook/testkit/status_matchers.h"
#include "daybook/testkit/test_app.h"
#include "fickle.daybook.h"
#include "gtest/gtest-spi.h"
#include "gtest/gtest.h"
#include "savings.h"

namespace savings {

using daybook::Given;
using daybook::GivenEvents;
using daybook::InStream;

//! [given]
TEST(Savings, CountTheFrancsOfThePast) {
  Given<Savings>(Make<DepositedV1>({.francs = 3}), Make<Transferred>({.francs = 1, .fee = 1}),
                 Make<Greeted>(), Make<Deposited>({.cents = 5}))
      .When(Make<Deposit>({.account = "7", .cents = 20}))
      .ThenEmits(Make<Deposited>({.cents = 20}))
      .ThenState({.cents = 125});
}

TEST(FeesPaid, KnowTheTransfersOfThePast) {
  GivenEvents<FeesPaid>(InStream("savings-7"), Make<Transferred>({.francs = 1, .fee = 2}),
                        Make<Greeted>(), Make<Transferred>({.francs = 1}))
      .ThenRow("7", {.cents = 200});
}
//! [given]

TEST(Savings, TheVersionCountsWhatWasRecorded) {
  struct Versioned : Savings {
    static Decision Decide(const State&, const Deposit&, const daybook::CommandContext& context) {
      return daybook::Emit<Deposited>({.cents = static_cast<int64_t>(*context.version)});
    }
  };
  Given<Versioned>(Make<Transferred>({.francs = 1, .fee = 1}), Make<Greeted>())
      .When(Make<Deposit>({.account = "7", .cents = 20}))
      .ThenEmits(Make<Deposited>({.cents = 1}));
}

TEST(Savings, AFailureShowsWhatThePastIsToday) {
  EXPECT_NONFATAL_FAILURE(
      Given<Savings>(Make<Transferred>({.francs = 1, .fee = 1})).ThenState({.cents = 0}),
      "savings.Transferred {francs: 1 fee: 1}, today savings.Withdrawn {cents: 100} and "
      "savings.FeeCharged {cents: 100}");
  EXPECT_NONFATAL_FAILURE(Given<Savings>(Make<Greeted>()).ThenState({.cents = 1}),
                          "savings.Greeted {}, today nothing");
}

TEST(SavingsApp, ReadsALogOfThePast) {
  daybook::TestApp app(daybook::Aggregate<Savings>(), daybook::Inline<FeesPaid>());
  const auto old = Make<Transferred>({.francs = 1, .fee = 2});
  daybook::Event event;
  event.type = std::string(daybook::MessageTraits<Transferred>::kTypeName);
  event.payload = daybook::EncodeMessage(old);
  ASSERT_THAT(app->store().Append("savings-7", daybook::ExpectedVersion::Any(), {event}),
              daybook::IsOk());
  EXPECT_EQ(app->Load<Savings>("7")->state.cents(), -300);
  EXPECT_EQ(app->Get<FeesPaid>("7")->cents(), 200);

  //! [read]
  int64_t fees = 0;
  const auto batch = app->store().Reader()->ReadLog({.filter = {.categories = {"savings"}}});
  for (const daybook::RecordedEvent& recorded : *batch) {
    const absl::Status read = daybook::ReadEvent<Savings>(recorded, [&](const auto& e) {
      if constexpr (std::is_same_v<decltype(e), const FeeCharged&>) fees += e.cents();
    });
    EXPECT_THAT(read, daybook::IsOk());
  }
  //! [read]
  EXPECT_EQ(fees, 200);

  //! [check]
  const auto report = daybook::CheckSchema(app->store(), daybook::Aggregate<Savings>(),
                                           daybook::Inline<FeesPaid>());
  EXPECT_TRUE(report->findings.empty()) << report->ToString();
  //! [check]
}

}  // namespace savings

namespace fickle {

// Gives something else with each call.
inline Done Upcast(const DoneV1&) {
  static int64_t times = 0;
  return daybook::Make<Done>({.times = ++times});
}

struct Fickle : FickleAggregate {
  static Decision Decide(const State&, const Do&) { return {}; }
  static void Evolve(State& state, const Done& event) noexcept { state.set_times(event.times()); }
};

TEST(Fickle, IsFoundOut) {
  EXPECT_NONFATAL_FAILURE(
      daybook::Given<Fickle>(daybook::Make<DoneV1>()).ThenState({.times = 1}),
      "Upcast is not deterministic: called again with an equal event it gives something else");
}

}  // namespace fickle
