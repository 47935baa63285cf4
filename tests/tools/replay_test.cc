// replay and rollback.
#include "absl/strings/str_cat.h"
#include "application_test.h"
#include "fault_file_system.h"

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
  static ApplicationParts Strict() {
    return PartsOf(Aggregate<Account>(), Async<StrictBalances>(kStopAtOnce));
  }
  // Has the rows of WrongBalances answer.
  void MakeItWrong() {
    const Told told =
        RunWith(PartsOf(Aggregate<Account>(), Async<WrongBalances>()), {"replay", "Balance"});
    ASSERT_EQ(told.code, 0) << told.err;
    ASSERT_EQ(Amount(), "-30");
  }
  // "1 kept, 2 serving": the builds of the view.
  std::string Builds(const ApplicationParts& parts) {
    std::string text;
    const nlohmann::json view = RunWith(parts, {"views", "--json"}).Json().at(0);
    for (const nlohmann::json& build : view["generations"]) {
      absl::StrAppend(&text, text.empty() ? "" : ", ", build["generation"].get<int>(), " ",
                      build["state"].get<std::string>());
    }
    return text;
  }
  nlohmann::json OneFinding(const ApplicationParts& parts) {
    const Told told = RunWith(parts, {"doctor", "--min-free", "0", "--json"});
    EXPECT_EQ(told.code, 6) << told.out << told.err;
    const auto findings = told.Json();
    EXPECT_THAT(findings, SizeIs(1));
    return findings.empty() ? nlohmann::json::object() : findings[0];
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
  const Told told = RunWith(Strict(), {"replay", "Balance"});
  EXPECT_EQ(told.code, 6);
  EXPECT_THAT(told.err, HasSubstr("no 10, please"));
  EXPECT_EQ(Amount(), "20");
}

TEST_F(ReplayCommand, ABuildThatWaitsIsSeenAndCanBeGivenUp) {
  MakeItWrong();
  ASSERT_EQ(RunWith(Right(), {"replay", "Balance", "--compare"}).code, 6);
  EXPECT_EQ(Builds(Right()), "1 kept, 2 serving, 3 built");
  EXPECT_THAT(RunWith(Right(), {"views"}).out,
              HasSubstr("\n  generation 3  built  checkpoint 4\n"));
  const nlohmann::json finding = OneFinding(Right());
  EXPECT_EQ(finding["problem"],
            "view Balance: generation 3 is built, and waits to be told to take over");
  EXPECT_EQ(finding["mend"], "bank replay Balance --store " + store_ +
                                 "; or give it up: bank replay Balance --cancel --store " + store_);

  Told told = RunWith(Right(), {"replay", "Balance", "--cancel"});
  EXPECT_EQ(told.code, 0) << told.err;
  EXPECT_EQ(told.out, "Balance: generation 3 is given up\n");
  EXPECT_EQ(Builds(Right()), "1 kept, 2 serving, 3 dropping");
  EXPECT_EQ(RunWith(Right(), {"doctor", "--min-free", "0"}).code, 0);
  EXPECT_EQ(Amount(), "-30");
  told = RunWith(Right(), {"replay", "Balance", "--cancel"});
  EXPECT_EQ(told.code, 3);
  EXPECT_THAT(told.err, HasSubstr("no generation of view Balance is being built"));
  // The next one is another.
  EXPECT_EQ(RunWith(Right(), {"replay", "Balance", "--json"}).Json().at(0)["generation"], 4);
}

TEST_F(ReplayCommand, ABuildThatFailedIsSeenAndCanBeGivenUp) {
  const auto strict = Strict();
  ASSERT_EQ(RunWith(strict, {"replay", "Balance"}).code, 6);
  EXPECT_EQ(Builds(strict), "1 serving, 2 stopped");
  EXPECT_THAT(OneFinding(strict)["problem"].get<std::string>(),
              testing::AllOf(HasSubstr("generation 2 is being built, and fails: "),
                             HasSubstr("no 10, please")));
  const nlohmann::json told =
      RunWith(strict, {"replay", "Balance", "--cancel", "--json"}).Json().at(0);
  EXPECT_EQ(told["view"], "Balance");
  EXPECT_EQ(told["cancelled"], 2);
  EXPECT_EQ(RunWith(strict, {"doctor", "--min-free", "0"}).code, 0);
}

TEST_F(ReplayCommand, ABuildThatIsPausedIsSeenAndGoesOn) {
  MakeItWrong();
  for (const bool compare : {true, false}) {
    ASSERT_EQ(RunWith(Right(), {"replay", "Balance", "--compare"}).code, 6);
    ChangeGenerations([](v1::ViewGenerations& generations) {
      generations.mutable_generations(2)->set_paused(true);
    });
    EXPECT_EQ(Builds(Right()), "1 kept, 2 serving, 3 paused");
    EXPECT_EQ(OneFinding(Right())["problem"], "view Balance: generation 3 is paused at position 4");
    std::vector<std::string> replay = {"replay", "Balance"};
    if (compare) replay.emplace_back("--compare");
    EXPECT_EQ(RunWith(Right(), replay).code, compare ? 6 : 0);
  }
  EXPECT_EQ(Amount(), "20");
}

// The rows of another definition stand still, and are not compared.
TEST_F(ReplayCommand, SaysThatNothingWasCompared) {
  MakePausedRevision();
  const auto parts = PartsOf(Aggregate<Account>(), Async<RevisedBalances>());
  const Told told = RunWith(parts, {"replay", "Balance", "--compare"});
  EXPECT_EQ(told.code, 6);
  EXPECT_THAT(told.err, HasSubstr("not compared: "));
  EXPECT_THAT(told.err, testing::Not(HasSubstr("the rows differ")));
  EXPECT_EQ(RunWith(parts, {"replay", "Balance"}).code, 0);
}

TEST_F(ReplayCommand, AStoreThatFailsIsNoViewThatStops) {
  FaultFileSystem files(&FileSystem::Posix());
  options_.app.store.files = &files;
  options_.app.store.durability = Durability::kStrict;
  int failures = 0;
  for (int n = 1;; ++n) {
    RunWith(Right(),
            {"catch-up"});  // and closed in order, so that each attempt makes the same syncs
    const int before = files.count(FileOperation::kSync);
    files.FailNth(FileOperation::kSync, n, absl::ResourceExhaustedError("injected"));
    const Told told = RunWith(Right(), {"replay", "Balance"});
    files.Heal();
    if (files.count(FileOperation::kSync) - before < n) break;
    EXPECT_THAT(told.code, testing::AnyOf(0, 5)) << told.err;
    if (told.code != 0) ++failures;
  }
  EXPECT_GT(failures, 2);
  EXPECT_EQ(RunWith(Right(), {"replay", "Balance"}).code, 0);
}

TEST_F(ReplayCommand, SaysWhyNot) {
  Told told = RunWith(Right(), {"replay", "Blance"});
  EXPECT_EQ(told.code, 2);
  EXPECT_THAT(told.err, HasSubstr("Balance"));
  for (const char* workers : {"0", "-1", "many", "65"}) {
    EXPECT_EQ(RunWith(Right(), {"replay", "Balance", "--workers", workers}).code, 2) << workers;
  }
  EXPECT_EQ(RunWith(Right(), {"replay", "Balance", "--cancel"}).code, 3);
  EXPECT_EQ(RunWith(Right(), {"replay", "Balance", "--cancel", "--compare"}).code, 2);
  EXPECT_EQ(RunBare(Right(), {"replay", "Balance", "--cancel", "--store", directory_ + "/no"}).code,
            3);
  told = RunWith(Right(), {"rollback", "Balance"});
  EXPECT_EQ(told.code, 3) << "nothing is kept to go back to: " << told.err;
  EXPECT_EQ(RunBare(Right(), {"replay", "Balance", "--store", directory_ + "/none"}).code, 3);
}

}  // namespace
}  // namespace daybook::tools
