#include <filesystem>

#include "daybook/core/open.h"
#include "daybook/testkit/status_matchers.h"
#include "gmock/gmock.h"
#include "tool_test.h"

namespace daybook::tools {
namespace {

using testing::HasSubstr;

TEST_F(ToolTest, StatsTellWhatTheStoreHolds) {
  MakeStore();
  const Output output = RunTool({"stats", store_, "--json"});
  EXPECT_EQ(output.code, 0) << output.err;
  const auto lines = output.Json();
  ASSERT_EQ(lines.size(), 1);
  EXPECT_EQ(lines[0].at("events"), 5);
  EXPECT_EQ(lines[0].at("streams"), 3);
  EXPECT_EQ(lines[0].at("categories"), 2);
  EXPECT_EQ(lines[0].at("types"), 2);
  EXPECT_EQ(lines[0].at("tip"), "5");
  EXPECT_GT(lines[0].at("data_bytes"), 0);
  uintmax_t bytes = 0;
  for (const auto& file : std::filesystem::recursive_directory_iterator(store_)) {
    if (file.is_regular_file()) bytes += file.file_size();
  }
  EXPECT_EQ(lines[0].at("disk_bytes"), bytes);
  EXPECT_EQ(lines[0].at("tables"), nlohmann::json::parse(R"(["$schemas"])"));
  const auto report = VerifyStore(store_);
  ASSERT_THAT(report, IsOk());
  EXPECT_EQ(lines[0].at("chain"), report->chain);
  EXPECT_EQ(report->chain.size(), 64);
}

TEST_F(ToolTest, StatsAsText) {
  MakeStore();
  const Output output = RunTool({"stats", store_});
  EXPECT_EQ(output.code, 0);
  EXPECT_THAT(output.out, HasSubstr("events: 5\nstreams: 3\n"));
  EXPECT_THAT(output.out, HasSubstr("tip: 5\n"));
  EXPECT_THAT(output.out, HasSubstr("tables: $schemas\n"));
}

}  // namespace
}  // namespace daybook::tools
