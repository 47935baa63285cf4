#include "gmock/gmock.h"
#include "tool_test.h"

namespace daybook::tools {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class LsTest : public ToolTest {
 protected:
  LsTest() { MakeStore(); }
};

TEST_F(LsTest, ListsStreamsWithTheirVersionsCategoryByCategory) {
  const Output output = RunTool({"ls", store_});
  EXPECT_EQ(output.code, 0) << output.err;
  EXPECT_THAT(output.Lines(), ElementsAre("loan-1  2", "loan-2  0", "offer-1  0"));
}

TEST_F(LsTest, Json) {
  const auto lines = RunTool({"ls", store_, "--json"}).Json();
  ASSERT_EQ(lines.size(), 3);
  EXPECT_EQ(lines[0], nlohmann::json::parse(
                          R"({"stream":"loan-1","category":"loan","version":2,"events":3})"));
}

TEST_F(LsTest, Filters) {
  EXPECT_THAT(RunTool({"ls", store_, "--category", "loan"}).Lines(),
              ElementsAre("loan-1  2", "loan-2  0"));
  EXPECT_THAT(RunTool({"ls", store_, "--prefix", "lo"}).Lines(),
              ElementsAre("loan-1  2", "loan-2  0"));
  EXPECT_THAT(RunTool({"ls", store_, "--prefix", "loan-2"}).Lines(), ElementsAre("loan-2  0"));
  EXPECT_THAT(RunTool({"ls", store_, "--category", "offer", "--prefix", "loan-2"}).Lines(),
              IsEmpty());
  EXPECT_THAT(RunTool({"ls", store_, "--category", "none"}).Lines(), IsEmpty());
}

TEST_F(LsTest, Pages) {
  EXPECT_THAT(RunTool({"ls", store_, "--limit", "2"}).Lines(),
              ElementsAre("loan-1  2", "loan-2  0"));
  EXPECT_THAT(RunTool({"ls", store_, "--limit", "2", "--after", "loan-2"}).Lines(),
              ElementsAre("offer-1  0"));
  EXPECT_THAT(RunTool({"ls", store_, "--category", "loan", "--after", "loan-1"}).Lines(),
              ElementsAre("loan-2  0"));
  const Output output = RunTool({"ls", store_, "--after", "loan-9"});
  EXPECT_EQ(output.code, 3);
  EXPECT_THAT(output.err, HasSubstr("loan-9"));
}

}  // namespace
}  // namespace daybook::tools
