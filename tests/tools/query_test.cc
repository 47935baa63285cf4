#include <array>

#include "application_test.h"

namespace daybook::tools {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

class QueryCommand : public ApplicationTest {
 protected:
  void SetUp() override { MakeStore(); }
  // The amounts by key that `query Balance arguments...` prints.
  std::map<std::string, std::string> Rows(const std::vector<std::string>& arguments) {
    std::vector<std::string> all = {"query", "Balance", "--json"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    const Told told = Run(all);
    EXPECT_EQ(told.code, 0) << told.err;
    std::map<std::string, std::string> rows;
    for (const auto& line : told.Json()) rows[line["key"]] = line["row"]["amount"];
    return rows;
  }
};

TEST_F(QueryCommand, PrintsRows) {
  EXPECT_THAT(Rows({}), ElementsAre(Pair("7", "20"), Pair("8", "5")));
  EXPECT_THAT(Rows({"7"}), ElementsAre(Pair("7", "20")));
  EXPECT_THAT(Rows({"--prefix", "8"}), ElementsAre(Pair("8", "5")));
  EXPECT_THAT(Rows({"--prefix", "x"}), IsEmpty());
  EXPECT_THAT(Rows({"--from", "71"}), ElementsAre(Pair("8", "5")));
  EXPECT_THAT(Rows({"--until", "8"}), ElementsAre(Pair("7", "20")));
  EXPECT_THAT(Rows({"--limit", "1"}), ElementsAre(Pair("7", "20")));
  EXPECT_THAT(Rows({"--limit", "1", "--backwards"}), ElementsAre(Pair("8", "5")));
  EXPECT_THAT(Rows({"--prefix", "7", "--backwards"}), ElementsAre(Pair("7", "20")));
}

TEST_F(QueryCommand, PrintsRowsOfThePast) {
  EXPECT_THAT(Rows({"--at", "0"}), IsEmpty());
  EXPECT_THAT(Rows({"--at", "2"}), ElementsAre(Pair("7", "60")));
  EXPECT_THAT(Rows({"--at", "3"}), ElementsAre(Pair("7", "60"), Pair("8", "5")));
  EXPECT_THAT(Rows({"--at", "3", "--prefix", "8"}), ElementsAre(Pair("8", "5")));
  EXPECT_THAT(Rows({"--at", "3", "--limit", "1"}), ElementsAre(Pair("7", "60")));
  EXPECT_THAT(Rows({"--at", "3", "--limit", "1", "--backwards"}), ElementsAre(Pair("8", "5")));
  EXPECT_THAT(Rows({"7", "--at", "1"}), ElementsAre(Pair("7", "10")));
  EXPECT_THAT(Rows({"7", "--at", "2026-03-01T12:01:30Z"}), ElementsAre(Pair("7", "60")));
  EXPECT_THAT(Rows({"7", "--at", "2026-03-01T13:00:30+01:00"}), ElementsAre(Pair("7", "10")));
}

TEST_F(QueryCommand, SaysWhatIsNotThere) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"query", "Balance", "9"}, "no row \"9\""},
      {{"query", "Balance", "8", "--at", "2"}, "no row \"8\" at position 2"},
      {{"query", "Balance", "--at", "5"}, "the log ends at 4"},
  };
  for (const auto& [arguments, problem] : cases) {
    const Told told = Run(arguments);
    EXPECT_EQ(told.code, 3) << told.err;
    EXPECT_THAT(told.err, HasSubstr(problem));
    EXPECT_EQ(told.out, "");
  }
}

TEST_F(QueryCommand, RefusesWhatIsWrongWithTheArguments) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"query", "Balances"}, "no view Balances: it has Balance"},
      {{"query", "Balance", "7", "--limit", "1"}, "KEY names one row"},
      {{"query", "Balance", "7", "--backwards"}, "KEY names one row"},
      {{"query", "Balance", "7", "--at", "yesterday"}, "--at takes a position"},
      {{"query", "Balance", "--limit", "0"}, "at least 1"},
      {{"query"}, "VIEW"},
  };
  for (const auto& [arguments, problem] : cases) {
    const Told told = Run(arguments);
    EXPECT_EQ(told.code, 2) << told.err;
    EXPECT_THAT(told.err, HasSubstr(problem));
    EXPECT_EQ(told.out, "");
  }
}

TEST_F(QueryCommand, AViewThatWasNeverBuiltIsAskedOfTheLogAlone) {
  const auto parts = PartsOf(Aggregate<Account>(), Async<AsyncBalances>());
  const Told stored = RunWith(parts, {"query", "AsyncBalance", "7"});
  EXPECT_EQ(stored.code, 5);
  EXPECT_THAT(stored.err, HasSubstr("is not built yet: catch-up builds it"));
  const Told past = RunWith(parts, {"query", "AsyncBalance", "7", "--at", "4", "--json"});
  EXPECT_EQ(past.code, 0);
  EXPECT_EQ(past.Json().at(0)["row"]["amount"], "20");
}

TEST_F(QueryCommand, FoldsALiveView) {
  const auto live = [] { return PartsOf(Aggregate<Account>(), Live<Balances>()); };
  const Told row = RunWith(live(), {"query", "Balance", "7", "--json"});
  ASSERT_EQ(row.code, 0) << row.err;
  EXPECT_EQ(row.Json().at(0)["row"]["amount"], "20");
  EXPECT_EQ(RunWith(live(), {"query", "Balance", "--from", "8", "--json"}).Json().size(), 1u);
  EXPECT_EQ(RunWith(live(), {"query", "Balance", "9"}).code, 3);
  EXPECT_EQ(RunWith(live(), {"query", "Balance", "--by", "amount"}).code, 2);
  const Told views = RunWith(live(), {"views", "--json"});
  ASSERT_EQ(views.code, 0) << views.err;
  EXPECT_EQ(views.Json().at(0)["lifecycle"], "live");
  EXPECT_EQ(views.Json().at(0)["state"], "live");
  EXPECT_EQ(views.Json().at(0)["lag_events"], 0);
  EXPECT_EQ(RunWith(live(), {"views"}).out, "Balance  live\n");
  EXPECT_EQ(RunWith(live(), {"doctor", "--min-free", "0"}).code, 0);
  EXPECT_EQ(RunWith(live(), {"catch-up"}).code, 0);
  EXPECT_EQ(RunWith(live(), {"replay", "Balance"}).code, 2);
}

TEST_F(QueryCommand, PrintsRowsByAnIndex) {
  const auto parts = PartsOf(Aggregate<Account>(), Inline<RankedBalances>());
  ASSERT_EQ(RunWith(parts, {"catch-up"}).code, 0);
  const auto keys = [&](const std::vector<std::string>& arguments) {
    std::vector<std::string> all = {"query", "RankedBalance", "--json", "--by", "by_amount"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    const Told told = RunWith(parts, all);
    EXPECT_EQ(told.code, 0) << told.err;
    std::vector<std::string> rows;
    for (const auto& line : told.Json()) rows.push_back(line["key"]);
    return rows;
  };
  EXPECT_THAT(keys({}), ElementsAre("8", "7"));
  EXPECT_THAT(keys({"--equals", "20"}), ElementsAre("7"));
  EXPECT_THAT(keys({"--from", "6"}), ElementsAre("7"));
  EXPECT_THAT(keys({"--from=-1", "--until", "20"}), ElementsAre("8"));
  EXPECT_THAT(keys({"--limit", "1"}), ElementsAre("8"));
  EXPECT_THAT(keys({"--backwards"}), ElementsAre("7", "8"));
  EXPECT_THAT(keys({"--backwards", "--until", "20"}), ElementsAre("8"));

  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"--by", "by_name"}, "one of view RankedBalance, which has by_amount"},
      {{"--by", "by_amount", "--equals", "much"}, "equals[0]"},
      {{"--by", "by_amount", "--equals", "1", "2"}, "at most 1 values"},
      {{"--by", "by_amount", "--equals", "1", "--from", "2"}, "a bound of a field behind those"},
      {{"--by", "by_amount", "--at", "1"}, "as it is stored: not with --at"},
      {{"--by", "by_amount", "--prefix", "1"}, "--prefix, which goes by key, is not for it"},
      {{"--equals", "1"}, "which --by names"},
      {{"7", "--by", "by_amount"}, "KEY names one row"},
  };
  for (const auto& [arguments, problem] : cases) {
    std::vector<std::string> all = {"query", "RankedBalance"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    const Told told = RunWith(parts, all);
    EXPECT_EQ(told.code, 2) << told.err;
    EXPECT_THAT(told.err, HasSubstr(problem));
    EXPECT_EQ(told.out, "");
  }
}

TEST_F(QueryCommand, SaysThatItsRowsAreOld) {
  ASSERT_THAT(Open(Aggregate<Account>()).Execute(DepositOf(1)), IsOk());  // without the view
  const Told told = Run({"query", "Balance", "7", "--json"});
  EXPECT_EQ(told.code, 0);
  EXPECT_EQ(told.Json().at(0)["row"]["amount"], "20");
  EXPECT_THAT(told.err, HasSubstr("is behind the log: these are its rows at position 4"));
}

}  // namespace
}  // namespace daybook::tools
