// why and bisect.
#include "application_test.h"

namespace daybook::tools {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

class WhyCommand : public ApplicationTest {
 protected:
  void SetUp() override { MakeStore(); }
};

TEST_F(WhyCommand, TellsTheStoryOfARow) {
  const Told told = Run({"why", "Balance", "7", "--json"});
  ASSERT_EQ(told.code, 0) << told.err;
  const auto changes = told.Json();
  ASSERT_THAT(changes, SizeIs(3));
  EXPECT_EQ(changes[0]["position"], 1);
  EXPECT_TRUE(changes[0]["before"].is_null());
  EXPECT_EQ(changes[0]["after"]["amount"], "10");
  EXPECT_EQ(changes[1]["stream"], "account-7");
  EXPECT_EQ(changes[1]["version"], 1);
  EXPECT_EQ(changes[1]["type"], "bank.Deposited");
  EXPECT_EQ(changes[1]["metadata"]["actor"], "bob");
  EXPECT_EQ(changes[1]["metadata"]["command_id"], Uuid::Derive("b").ToString());
  EXPECT_EQ(changes[1]["before"]["amount"], "10");
  EXPECT_EQ(changes[1]["after"]["amount"], "60");
  EXPECT_EQ(changes[2]["type"], "withdrawn");
  EXPECT_EQ(changes[2]["after"]["amount"], "20");
}

TEST_F(WhyCommand, TellsTheStoryOfAState) {
  const auto changes = Run({"why", "account-7", "--json"}).Json();
  ASSERT_THAT(changes, SizeIs(3));
  EXPECT_EQ(changes[2]["before"]["balance"], "60");
  EXPECT_EQ(changes[2]["after"]["balance"], "20");
  EXPECT_EQ(changes[2]["after"]["amounts"], nlohmann::json({"10", "50", "-40"}));
}

TEST_F(WhyCommand, SaysInTextWhatChangedAndByWhom) {
  const Told told = Run({"why", "account-7"});
  EXPECT_EQ(told.code, 0);
  EXPECT_THAT(told.out, HasSubstr("account-7@1"));
  EXPECT_THAT(told.out, HasSubstr(Uuid::Derive("b").ToString()));
  EXPECT_THAT(told.out, HasSubstr("of bob"));
  EXPECT_THAT(told.out, HasSubstr("balance: \"10\" -> \"60\""));
  EXPECT_THAT(told.out, HasSubstr("amounts/1: - -> \"50\""));
}

TEST_F(WhyCommand, TellsLessOfIt) {
  EXPECT_EQ(Run({"why", "Balance", "7", "--last", "1", "--json"}).Json().at(0)["version"], 2);
  EXPECT_THAT(Run({"why", "Balance", "7", "--until", "3", "--json"}).Json(), SizeIs(2));
  EXPECT_THAT(Run({"why", "Balance", "7", "--until", "2026-03-01T12:00:30Z", "--json"}).Json(),
              SizeIs(1));
}

TEST_F(WhyCommand, BisectFindsTheEvent) {
  const auto row = Run({"bisect", "Balance", "7", "--where", "amount >= 60", "--json"}).Json();
  ASSERT_THAT(row, SizeIs(1));
  EXPECT_EQ(row[0]["position"], 2);
  EXPECT_EQ(row[0]["before"]["amount"], "10");
  const auto state = Run({"bisect", "account-7", "--where", "balance = 20", "--json"}).Json();
  ASSERT_THAT(state, SizeIs(1));
  EXPECT_EQ(state[0]["version"], 2);
}

TEST_F(WhyCommand, SaysWhatIsNotThere) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"why", "Balance", "9"}, "no event touched the row \"9\" of view Balance"},
      {{"why", "account-9"}, "no event touched the state of account-9"},
      {{"why", "account-7", "--until", "5"}, "the log ends at 4"},
      {{"bisect", "Balance", "7", "--where", "amount > 60"}, "no event after which 'amount > 60'"},
      {{"bisect", "account-9", "--where", "balance >= 0"}, "no event after which"},
  };
  for (const auto& [arguments, problem] : cases) {
    const Told told = Run(arguments);
    EXPECT_EQ(told.code, 3) << told.err;
    EXPECT_THAT(told.err, HasSubstr(problem));
    EXPECT_EQ(told.out, "");
  }
}

TEST_F(WhyCommand, RefusesWhatIsWrongWithTheArguments) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"why", "Balances", "7"}, "no view Balances"},
      {{"why", "Balance"}, "name a row, VIEW KEY, or a stream"},
      {{"why", "loan-7"}, "no stream loan-7"},
      {{"why", "account-7", "--last", "0"}, "at least 1"},
      {{"why", "account-7", "--until", "noon"}, "--until takes a position"},
      {{"bisect", "Balance", "7"}, "--where"},
      {{"bisect", "Balance", "7", "--where", "sum > 1"}, "'sum' is no field of bank.Balance"},
      {{"bisect", "account-7", "--where", "amounts > 1"}, "amounts is a list"},
  };
  for (const auto& [arguments, problem] : cases) {
    const Told told = Run(arguments);
    EXPECT_EQ(told.code, 2) << told.err;
    EXPECT_THAT(told.err, HasSubstr(problem));
    EXPECT_EQ(told.out, "");
  }
}

}  // namespace
}  // namespace daybook::tools
