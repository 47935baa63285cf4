#include "daybook/testkit/given_events.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "daybook/projections/event_context.h"
#include "daybook/testkit/status_matchers.h"
#include "gmock/gmock.h"
#include "gtest/gtest-spi.h"
#include "gtest/gtest.h"
#include "wallet.daybook.h"

namespace wallet {
namespace {

using ::daybook::EventContext;
using ::daybook::GivenEvents;
using ::daybook::InStream;
using ::daybook::Make;
using ::daybook::Metadata;
using ::daybook::RecordedAt;
using ::daybook::RecordedEvent;
using ::daybook::StatusIs;
using ::testing::Gt;
using ::testing::Property;

struct Balances : BalanceProjection {
  static void On(Row& row, const Deposited& event) {
    row.set_amount(row.amount() + event.amount());
  }
  static absl::Status On(Row& row, const Withdrawn& event) {
    if (row.amount() < event.amount()) return absl::FailedPreconditionError("below zero");
    row.set_amount(row.amount() - event.amount());
    return absl::OkStatus();
  }
  static void On(Row&, const Closed&, EventContext& context) { context.DeleteRow(); }
};

TEST(GivenEvents, FoldIntoARowForEachStream) {
  GivenEvents<Balances>(InStream("wallet-7"), Make<Deposited>({.amount = 30}), InStream("wallet-8"),
                        Make<Deposited>({.amount = 5}), InStream("wallet-7"),
                        Make<Withdrawn>({.amount = 10}))
      .ThenRow("7", {.amount = 20})
      .ThenRow("7", Property(&Balance::amount, Gt(19)))
      .ThenRow("8", {.amount = 5})
      .ThenNoRow("9");
}

TEST(GivenEvents, DeleteARow) {
  GivenEvents<Balances>(InStream("wallet-7"), Make<Deposited>({.amount = 30}), Make<Closed>())
      .ThenNoRow("7");
  GivenEvents<Balances>(InStream("wallet-7"), Make<Deposited>({.amount = 30}), Make<Closed>(),
                        Make<Deposited>({.amount = 1}))
      .ThenRow("7", {.amount = 1});
}

TEST(GivenEvents, NoEventsNoRows) {
  GivenEvents<Balances>().ThenNoRow("7");
}

TEST(GivenEvents, TheLastOneIsRefused) {
  GivenEvents<Balances>(InStream("wallet-7"), Make<Deposited>({.amount = 30}),
                        Make<Withdrawn>({.amount = 31}))
      .ThenFails(StatusIs(absl::StatusCode::kFailedPrecondition, "below zero"));
}

struct NoteTotals : NoteTotalProjection {
  using Ignores = daybook::TypeList<Withdrawn, Closed>;
  static std::vector<std::string> Key(const Deposited& event) { return {"all", event.note()}; }
  static void On(Row& row, const Deposited& event) {
    row.set_amount(row.amount() + event.amount());
  }
};

TEST(GivenEvents, FoldIntoTheRowsOfTheirKeys) {
  GivenEvents<NoteTotals>(InStream("wallet-7"), Make<Deposited>({.amount = 1, .note = "a"}),
                          Make<Withdrawn>({.amount = 1}),
                          Make<Deposited>({.amount = 2, .note = "b"}), Make<Closed>())
      .ThenRow("all", {.amount = 3})
      .ThenRow("a", {.amount = 1})
      .ThenRow("b", {.amount = 2});
}

// Writes down what it is told of the event.
struct Contexts : BalanceProjection {
  using Ignores = daybook::TypeList<Withdrawn, Closed>;
  static void On(Row& row, const Deposited&, EventContext& context) {
    const RecordedEvent& event = context.event();
    row.set_note(absl::StrCat(
        context.key(), " ", event.position.ToString(), " ", event.stream, "@", event.version, " ",
        event.type, " ", absl::ToUnixSeconds(event.recorded_time), " ", event.metadata.actor()));
  }
};

TEST(GivenEvents, AreRecordedWhereAndWhenTheTestSays) {
  GivenEvents<Contexts>(InStream("wallet-7"), RecordedAt{absl::FromUnixSeconds(5)},
                        Make<Deposited>(), Metadata{.actor = "ann"}, InStream("wallet-8"),
                        Make<Deposited>(), RecordedAt{absl::FromUnixSeconds(6)}, Make<Deposited>())
      .ThenRow("7", {.note = "7 1 wallet-7@0 wallet-deposited 5 "})
      .ThenRow("8", {.note = "8 3 wallet-8@1 wallet-deposited 6 ann"});
}

// ---- expectations that do not hold

TEST(GivenEventsFail, OnAnotherRow) {
  EXPECT_NONFATAL_FAILURE(
      GivenEvents<Balances>(InStream("wallet-7"), Make<Deposited>({.amount = 30}))
          .ThenRow("7", {.amount = 31}),
      "amount: 30 instead of 31\n"
      "Given\n"
      "    wallet-7@0 wallet.Deposited {amount: 30}");
}

TEST(GivenEventsFail, OnAMissingRow) {
  EXPECT_NONFATAL_FAILURE(
      GivenEvents<Balances>(InStream("wallet-7"), Make<Deposited>({.amount = 30}))
          .ThenRow("8", {.amount = 30}),
      "there is no row \"8\"; there are \"7\"");
}

TEST(GivenEventsFail, OnARowThatShouldNotBe) {
  EXPECT_NONFATAL_FAILURE(
      GivenEvents<Balances>(InStream("wallet-7"), Make<Deposited>({.amount = 30})).ThenNoRow("7"),
      "there is a row \"7\"");
}

TEST(GivenEventsFail, OnAnErrorThatIsNotExpected) {
  EXPECT_NONFATAL_FAILURE(
      GivenEvents<Balances>(InStream("wallet-7"), Make<Withdrawn>({.amount = 1})).ThenNoRow("7"),
      "On failed at the last event: FAILED_PRECONDITION: below zero");
}

TEST(GivenEventsFail, OnAnErrorInTheMiddle) {
  EXPECT_NONFATAL_FAILURE(
      GivenEvents<Balances>(InStream("wallet-7"), Make<Withdrawn>({.amount = 1}), Make<Deposited>())
          .ThenFails(testing::_),
      "On failed at event 0, and events follow it");
}

TEST(GivenEventsFail, OnAnotherError) {
  EXPECT_NONFATAL_FAILURE(
      GivenEvents<Balances>(InStream("wallet-7"), Make<Withdrawn>({.amount = 1}))
          .ThenFails(StatusIs(absl::StatusCode::kInternal)),
      "On failed in another way than expected");
}

TEST(GivenEventsFail, WithoutTheErrorThatIsExpected) {
  EXPECT_NONFATAL_FAILURE(
      GivenEvents<Balances>(InStream("wallet-7"), Make<Deposited>()).ThenFails(testing::_),
      "On took every event");
}

TEST(GivenEventsFail, WithoutAStream) {
  EXPECT_NONFATAL_FAILURE(GivenEvents<Balances>(Make<Deposited>()).ThenNoRow("7"),
                          "the events do not begin with InStream");
}

TEST(GivenEventsFail, InAStreamThatTheProjectionDoesNotRead) {
  EXPECT_NONFATAL_FAILURE(
      GivenEvents<Balances>(InStream("account-7"), Make<Deposited>()).ThenNoRow("7"),
      "the projection does not read the category of stream account-7");
}

// ---- projections that are wrong, each in one way; the expectation itself holds

struct CountsInAStatic : BalanceProjection {
  using Ignores = daybook::TypeList<Withdrawn, Closed>;
  static inline int64_t count = 0;
  static void On(Row& row, const Deposited&) { row.set_amount(++count); }
};

TEST(GivenEventsFind, AnOnWithAHiddenCounter) {
  CountsInAStatic::count = 0;
  EXPECT_NONFATAL_FAILURE(
      GivenEvents<CountsInAStatic>(InStream("wallet-7"), Make<Deposited>())
          .ThenRow("7", {.amount = 1}),
      "event 0 gives other rows when the row before it was read from its bytes");
}

struct FailsOnce : BalanceProjection {
  using Ignores = daybook::TypeList<Withdrawn, Closed>;
  static inline int64_t calls_left = 0;
  static absl::Status On(Row&, const Deposited&) {
    return --calls_left == 0 ? absl::InternalError("once") : absl::OkStatus();
  }
};

TEST(GivenEventsFind, AnOnThatFailsWhenItIsCalledAgain) {
  FailsOnce::calls_left = 3;
  EXPECT_NONFATAL_FAILURE(
      GivenEvents<FailsOnce>(InStream("wallet-7"), Make<Deposited>()).ThenRow("7", {}),
      "On is not deterministic at event 0");
}

TEST(GivenEventsFind, AnOnThatFailsWhenEverythingIsFoldedAnew) {
  FailsOnce::calls_left = 4;
  EXPECT_NONFATAL_FAILURE(
      GivenEvents<FailsOnce>(InStream("wallet-7"), Make<Deposited>()).ThenRow("7", {}),
      "On took event 0 once and not again");
}

// Right as long as no other rows are folded in between.
struct KeepsANoteBesideTheRow : BalanceProjection {
  using Ignores = daybook::TypeList<Closed>;
  static inline std::string note;
  static void On(Row&, const Deposited& event) { note = event.note(); }
  static void On(Row& row, const Withdrawn&) { row.set_note(note); }
};

TEST(GivenEventsFind, AnOnThatKeepsSomethingBesideTheRow) {
  EXPECT_NONFATAL_FAILURE(
      GivenEvents<KeepsANoteBesideTheRow>(InStream("wallet-7"), Make<Deposited>({.note = "first"}),
                                          Make<Deposited>({.note = "second"}), Make<Withdrawn>())
          .ThenRow("7", {.note = "second"}),
      "event 2 gives other rows when the row before it was read from its bytes");
}

struct ChangesInTheLongRun : BalanceProjection {
  using Ignores = daybook::TypeList<Withdrawn, Closed>;
  static inline int64_t calls = 0;
  static void On(Row& row, const Deposited&) { row.set_amount(++calls > 3 ? 2 : 1); }
};

TEST(GivenEventsFind, AnOnThatChangesInTheLongRun) {
  ChangesInTheLongRun::calls = 0;
  EXPECT_NONFATAL_FAILURE(GivenEvents<ChangesInTheLongRun>(InStream("wallet-7"), Make<Deposited>())
                              .ThenRow("7", {.amount = 1}),
                          "folding all events anew gives other rows");
}

struct MakesARowThatIsNotUtf8 : BalanceProjection {
  using Ignores = daybook::TypeList<Withdrawn, Closed>;
  static void On(Row& row, const Deposited&) { row.set_note("\xff"); }
};

TEST(GivenEventsFind, ARowThatCannotBeReadAgain) {
  EXPECT_NONFATAL_FAILURE(
      GivenEvents<MakesARowThatIsNotUtf8>(InStream("wallet-7"), Make<Deposited>(),
                                          Make<Deposited>())
          .ThenRow("7", testing::_),
      "On is not deterministic at event 1: with the row kept in memory it returns OK, with the row "
      "read from its bytes DATA_LOSS");
}

TEST(GivenEventsFind, AnEventThatCannotBeStored) {
  EXPECT_NONFATAL_FAILURE(
      GivenEvents<Balances>(InStream("wallet-7"), Make<Deposited>({.note = "\xff"})).ThenNoRow("7"),
      "event 0 does not survive a round trip through its bytes");
}

}  // namespace
}  // namespace wallet
