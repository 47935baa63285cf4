#include "gmock/gmock.h"
#include "tool_test.h"

namespace daybook::tools {
namespace {

using testing::ElementsAre;

TEST_F(ToolTest, SchemaListsTypesAndVersions) {
  MakeStore();
  Event newer;
  newer.type = "loans.Changed";
  newer.schema_version = 2;
  newer.encoding = PayloadEncoding::kSealed;
  newer.metadata.key_id = "k";
  Append("loan-3", newer);
  const Output output = RunTool({"schema", store_, "--json"});
  EXPECT_EQ(output.code, 0) << output.err;
  EXPECT_THAT(output.Json(),
              ElementsAre(nlohmann::json::parse(R"({"type": "loans.Changed", "schema_version": 1,
                      "events": 2, "first": 2, "last": 5, "sample": 2})"),
                          nlohmann::json::parse(R"({"type": "loans.Changed", "schema_version": 2,
                      "events": 1, "first": 6, "last": 6})"),
                          nlohmann::json::parse(R"({"type": "loans.Opened", "schema_version": 1,
                      "events": 3, "first": 1, "last": 4, "sample": 1,
                      "message": "daybook.v1.VersionConflict"})")));
}

TEST_F(ToolTest, SchemaAsText) {
  MakeStore();
  const Output output = RunTool({"schema", store_});
  EXPECT_EQ(output.code, 0) << output.err;
  EXPECT_THAT(output.Lines(), ElementsAre("loans.Changed  1  2  2..5  (no descriptor)",
                                          "loans.Opened  1  3  1..4  daybook.v1.VersionConflict"));
}

}  // namespace
}  // namespace daybook::tools
