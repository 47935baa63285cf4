#include "application_test.h"

namespace daybook::tools {
namespace {

using testing::HasSubstr;

class StateCommand : public ApplicationTest {
 protected:
  void SetUp() override { MakeStore(); }
};

TEST_F(StateCommand, PrintsTheStateAsOfEveryMoment) {
  const std::vector<std::pair<std::vector<std::string>, std::pair<int, std::string>>> cases = {
      {{}, {2, "20"}},
      {{"--at-version", "0"}, {0, "10"}},
      {{"--at-version", "1"}, {1, "60"}},
      {{"--at-version", "2"}, {2, "20"}},
      {{"--at", "1"}, {0, "10"}},
      {{"--at", "3"}, {1, "60"}},
      {{"--at", "2026-03-01T12:00:59Z"}, {0, "10"}},
      {{"--at", "2026-03-01T12:01:00Z"}, {1, "60"}},
      {{"--at", "2100-01-01T00:00:00Z"}, {2, "20"}},
  };
  for (const auto& [moment, expected] : cases) {
    std::vector<std::string> arguments = {"state", "account-7", "--json"};
    arguments.insert(arguments.end(), moment.begin(), moment.end());
    const Told told = Run(arguments);
    ASSERT_EQ(told.code, 0) << told.err;
    const auto state = told.Json().at(0);
    EXPECT_EQ(state["stream"], "account-7");
    EXPECT_EQ(state["version"], expected.first);
    EXPECT_EQ(state["state"]["balance"], expected.second);
  }
  EXPECT_THAT(Run({"state", "account-7", "--at-version", "1"}).out, HasSubstr("account-7@1"));
}

TEST_F(StateCommand, SaysWhatIsNotThere) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"state", "account-7", "--at-version", "3"}, "its last one is 2"},
      {{"state", "account-9"}, "account-9 has no events"},
      {{"state", "account-9", "--at-version", "0"}, "has no version 0"},
      {{"state", "account-8", "--at", "2"}, "no events at that moment"},
      {{"state", "account-7", "--at", "5"}, "the log ends at 4"},
  };
  for (const auto& [arguments, problem] : cases) {
    const Told told = Run(arguments);
    EXPECT_EQ(told.code, 3) << told.err;
    EXPECT_THAT(told.err, HasSubstr(problem));
    EXPECT_EQ(told.out, "");
  }
}

TEST_F(StateCommand, RefusesWhatIsWrongWithTheArguments) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"state", "loan-7"}, "no stream loan-7: it has account-..."},
      {{"state", "account-7", "--at-version", "-1"}, "whole number"},
      {{"state", "account-7", "--at", "1", "--at-version", "1"}, "give one"},
      {{"state", "account-7", "--at", "noon"}, "--at takes a position"},
      {{"state"}, "STREAM"},
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
