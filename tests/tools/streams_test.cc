// limits, delete and scavenge.
#include "daybook/core/open.h"
#include "daybook/snapshots/snapshot_store.h"
#include "daybook/testkit/status_matchers.h"
#include "gmock/gmock.h"
#include "tool_test.h"

namespace daybook::tools {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class StreamsCommands : public ToolTest {
 protected:
  StreamsCommands() { MakeStore(); }
  size_t EventsOf(const std::string& stream) {
    const Output output = RunTool({"read", store_, stream, "--json"});
    return output.code == 0 ? output.Lines().size() : 0;
  }
};

TEST_F(StreamsCommands, LimitsAreShownSetAndCleared) {
  Output output = RunTool({"limits", store_, "loan-1", "--json"});
  ASSERT_EQ(output.code, 0) << output.err;
  nlohmann::json line = output.Json().at(0);
  EXPECT_TRUE(line["max_age"].is_null());
  EXPECT_EQ(line["first"], 0);
  EXPECT_EQ(line["last"], 2);
  output = RunTool({"limits", store_, "loan-1", "--max-count", "2", "--max-age", "36h", "--json"});
  ASSERT_EQ(output.code, 0) << output.err;
  line = output.Json().at(0);
  EXPECT_EQ(line["max_age"], "36h");
  EXPECT_EQ(line["max_count"], 2);
  EXPECT_EQ(line["first"], 1);
  EXPECT_EQ(EventsOf("loan-1"), 2u);
  EXPECT_EQ(RunTool({"limits", store_, "loan-1"}).out,
            "stream loan-1  max_age 36h  max_count 2  truncate_before none  first 1  last 2\n");
  output = RunTool({"ls", store_, "--prefix", "loan-1", "--json"});
  EXPECT_EQ(output.Json().at(0)["events"], 2);
  EXPECT_EQ(output.Json().at(0)["version"], 2);
  // Who set it, and when, is in the log.
  output = RunTool({"read", store_, "$$loan-1", "--json"});
  ASSERT_EQ(output.code, 0) << output.err;
  EXPECT_EQ(output.Json().at(0)["type"], "$metadata");
  EXPECT_EQ(output.Json().at(0)["payload"]["max_count"], "2");
  ASSERT_EQ(RunTool({"limits", store_, "loan-1", "--clear"}).code, 0);
  EXPECT_EQ(EventsOf("loan-1"), 3u);
}

TEST_F(StreamsCommands, WhatIsDeletedIsNotThere) {
  EXPECT_EQ(RunTool({"delete", store_, "loan-1", "--expected", "1"}).code, 5);
  EXPECT_EQ(EventsOf("loan-1"), 3u);
  const Output output = RunTool({"delete", store_, "loan-1", "--expected", "2", "--json"});
  ASSERT_EQ(output.code, 0) << output.err;
  EXPECT_EQ(output.Json().at(0)["deleted"], "until it is appended to");
  EXPECT_EQ(RunTool({"read", store_, "loan-1"}).code, 3);
  EXPECT_EQ(RunTool({"delete", store_, "loan-1"}).code, 3);
  EXPECT_THAT(RunTool({"ls", store_, "--category", "loan"}).out, Not(HasSubstr("loan-1")));
  ASSERT_EQ(RunTool({"delete", store_, "loan-2", "--tombstone"}).code, 0);
  const Output again = RunTool({"delete", store_, "loan-2"});
  EXPECT_EQ(again.code, 5);
  EXPECT_THAT(again.err, HasSubstr("tombstone"));
}

TEST_F(StreamsCommands, AScavengeSaysWhatItRemovedAndTheStoreStaysSound) {
  {
    const auto store = Open();
    const auto snapshots = SnapshotStore::Open(store.get());
    ASSERT_THAT(snapshots, IsOk());
    Commit commit;
    for (const char* stream : {"loan-1", "loan-2"}) {
      commit.writes.push_back(*(*snapshots)->Write(stream, 0, "fingerprint", "state"));
    }
    ASSERT_THAT(store->Append(std::move(commit)), IsOk());
  }
  ASSERT_EQ(RunTool({"delete", store_, "loan-1"}).code, 0);
  Output output = RunTool({"scavenge", store_, "--json"}, [] { return true; });
  ASSERT_EQ(output.code, 0) << output.err;
  EXPECT_EQ(output.Json().at(0)["snapshots"], 1);
  {
    const auto store = Open();
    const auto snapshots = SnapshotStore::Open(store.get());
    ASSERT_THAT(snapshots, IsOk());
    const auto reader = store->Reader();
    EXPECT_FALSE((*snapshots)->Find(*reader, "loan-1", "fingerprint").has_value());
    EXPECT_TRUE((*snapshots)->Find(*reader, "loan-2", "fingerprint").has_value());
  }
  const nlohmann::json line = output.Json().at(0);
  EXPECT_EQ(line["finished"], true);
  EXPECT_EQ(line["streams"], 1);
  EXPECT_EQ(line["events"], 3);
  EXPECT_EQ(RunTool({"verify", store_}).code, 0);
  output = RunTool({"scavenge", store_}, [] { return true; });
  EXPECT_EQ(output.code, 0);
  EXPECT_THAT(output.out, AllOf(HasSubstr("0 events of 1 streams"), HasSubstr(", 0 snapshots of")));
}

TEST_F(StreamsCommands, AScavengeThatNobodyWaitsForStopsAndGoesOn) {
  ASSERT_EQ(RunTool({"delete", store_, "loan-1"}).code, 0);
  ASSERT_EQ(RunTool({"limits", store_, "loan-2", "--truncate-before", "1"}).code, 0);
  Output output = RunTool({"scavenge", store_, "--json"}, [] { return false; });
  EXPECT_EQ(output.code, 5);
  EXPECT_EQ(output.Json().at(0)["finished"], false);
  output = RunTool({"scavenge", store_, "--json", "--no-compact"}, [] { return true; });
  EXPECT_EQ(output.code, 0);
  EXPECT_EQ(output.Json().at(0)["events"], 4);
}

TEST_F(StreamsCommands, WhatIsWrongIsSaid) {
  EXPECT_EQ(RunTool({"limits", store_, "loan-1", "--max-count", "0"}).code, 2);
  EXPECT_EQ(RunTool({"limits", store_, "loan-1", "--max-count", "-1"}).code, 2);
  const Output age = RunTool({"limits", store_, "loan-1", "--max-age", "3 days"});
  EXPECT_EQ(age.code, 2);
  EXPECT_THAT(age.err, HasSubstr("--max-age"));
  EXPECT_EQ(RunTool({"limits", store_, "loan-1", "--max-age", "-1h"}).code, 2);
  EXPECT_EQ(RunTool({"limits", store_, "loan-1", "--clear", "--max-count", "1"}).code, 2);
  EXPECT_EQ(RunTool({"limits", store_, "$loan", "--max-count", "1"}).code, 2);
  EXPECT_EQ(RunTool({"delete", store_, "none-1"}).code, 3);
  for (const char* command : {"limits", "delete"}) {
    EXPECT_EQ(RunTool({command, store_ + "x", "loan-1"}).code, 3);
    EXPECT_EQ(RunTool({command, store_}).code, 2);
  }
  EXPECT_EQ(RunTool({"scavenge", store_ + "x"}).code, 3);
  const auto held = Open();
  EXPECT_EQ(RunTool({"delete", store_, "loan-1"}).code, 4);
  EXPECT_EQ(RunTool({"scavenge", store_}).code, 4);
}

}  // namespace
}  // namespace daybook::tools
