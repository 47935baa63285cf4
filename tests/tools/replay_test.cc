// replay and rollback.
#include "application_test.h"

namespace daybook::tools {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

// The balances before a mistake was mended: deposits of 50 did not count.
struct WrongBalances : Balances {
  static void On(Row& row, const bank::Deposited& event) {
    if (event.amount() != 50) Balances::On(row, event).IgnoreError();
  }
  static void On(Row& row, const bank::Withdrawn& event) { Balances::On(row, event); }
};

// The balances since another mistake was made.
struct StrictBalances : Balances {
  static absl::Status On(Row&, const bank::Deposited& event) {
    return absl::InvalidArgumentError(absl::StrCat("no ", event.amount(), ", please"));
  }
  static void On(Row& row, const bank::Withdrawn& event) { Balances::On(row, event); }
};

class ReplayCommand : public ApplicationTest {
 protected:
  void SetUp() override { MakeStore(); }

  static ApplicationParts Right() { return PartsOf(Aggregate<Account>(), Async<Balances>()); }
  // Has the rows of WrongBalances answer.
  void MakeItWrong() {
    const Told told =
        RunWith(PartsOf(Aggregate<Account>(), Async<WrongBalances>()), {"replay", "Balance"});
    ASSERT_EQ(told.code, 0) << told.err;
    ASSERT_EQ(Amount(), "-30");
  }
  std::string Amount() {
    const std::vector<nlohmann::json> rows =
        RunWith(Right(), {"query", "Balance", "7", "--json"}).Json();
    return rows.size() == 1 ? rows[0]["row"]["amount"].get<std::string>() : "no row";
  }
};

TEST_F(ReplayCommand, TakesOverWhereTheRowsAreEqual) {
  for (const char* workers : {"1", "2"}) {
    const Told told =
        RunWith(Right(), {"replay", "Balance", "--compare", "--workers", workers, "--json"});
    ASSERT_EQ(told.code, 0) << told.err;
    const nlohmann::json report = told.Json().at(0);
    EXPECT_EQ(report["view"], "Balance");
    EXPECT_EQ(report["serving"], true);
    EXPECT_EQ(report["compared_at"], 4);
    EXPECT_EQ(report["rows_compared"], 2);
    EXPECT_EQ(report["rows_different"], 0);
    EXPECT_THAT(report["differences"], SizeIs(0));
    EXPECT_EQ(Amount(), "20");
  }
}

TEST_F(ReplayCommand, TellsWhatDiffersAndWaitsUntilItIsTold) {
  MakeItWrong();
  Told told = RunWith(Right(), {"replay", "Balance", "--compare"});
  EXPECT_EQ(told.code, 6);
  EXPECT_THAT(told.out, HasSubstr("is built, and waits"));
  EXPECT_THAT(told.out, HasSubstr("2 rows, 1 different"));
  EXPECT_THAT(told.out, HasSubstr("  7\n    amount: -30 -> 20\n    from position 2, "));
  EXPECT_THAT(told.err, HasSubstr("the rows differ"));
  EXPECT_EQ(Amount(), "-30") << "the old build answers until it is told otherwise";

  const nlohmann::json report =
      RunWith(Right(), {"replay", "Balance", "--compare", "--json"}).Json().at(0);
  EXPECT_EQ(report["serving"], false);
  ASSERT_THAT(report["differences"], SizeIs(1));
  EXPECT_EQ(report["differences"][0]["key"], "7");
  EXPECT_EQ(report["differences"][0]["fields"][0]["field"], "amount");
  EXPECT_EQ(report["differences"][0]["origin"]["position"], 2);

  told = RunWith(Right(), {"replay", "Balance"});
  EXPECT_EQ(told.code, 0) << told.err;
  EXPECT_THAT(told.out, HasSubstr("answers"));
  EXPECT_EQ(Amount(), "20");

  told = RunWith(Right(), {"rollback", "Balance"});
  EXPECT_EQ(told.code, 0) << told.err;
  EXPECT_EQ(Amount(), "-30");
}

TEST_F(ReplayCommand, ABuildThatStopsLeavesTheOldOneAnswering) {
  const Told told =
      RunWith(PartsOf(Aggregate<Account>(), Async<StrictBalances>()), {"replay", "Balance"});
  EXPECT_EQ(told.code, 6);
  EXPECT_THAT(told.err, HasSubstr("no 10, please"));
  EXPECT_EQ(Amount(), "20");
}

TEST_F(ReplayCommand, SaysWhyNot) {
  Told told = RunWith(Right(), {"replay", "Blance"});
  EXPECT_EQ(told.code, 2);
  EXPECT_THAT(told.err, HasSubstr("Balance"));
  for (const char* workers : {"0", "-1", "many", "65"}) {
    EXPECT_EQ(RunWith(Right(), {"replay", "Balance", "--workers", workers}).code, 2) << workers;
  }
  told = RunWith(Right(), {"rollback", "Balance"});
  EXPECT_EQ(told.code, 3) << "nothing is kept to go back to: " << told.err;
  EXPECT_EQ(RunBare(Right(), {"replay", "Balance", "--store", directory_ + "/none"}).code, 3);
}

}  // namespace
}  // namespace daybook::tools
