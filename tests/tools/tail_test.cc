#include <algorithm>
#include <filesystem>

#include "gmock/gmock.h"
#include "tool_test.h"

namespace daybook::tools {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class TailTest : public ToolTest {
 protected:
  TailTest() { MakeStore(); }

  static std::vector<int> PositionsOf(const Output& output) {
    EXPECT_EQ(output.code, 0) << output.err;
    std::vector<int> positions;
    for (const auto& line : output.Json()) positions.push_back(line.at("position").get<int>());
    return positions;
  }
  Event Changed() {
    Event event;
    event.type = "loans.Changed";
    return event;
  }
};

TEST_F(TailTest, PrintsTheLast) {
  EXPECT_THAT(PositionsOf(RunTool({"tail", store_, "--json"})), ElementsAre(1, 2, 3, 4, 5));
  EXPECT_THAT(PositionsOf(RunTool({"tail", store_, "--json", "-n", "2"})), ElementsAre(4, 5));
  EXPECT_THAT(PositionsOf(RunTool({"tail", store_, "--json", "-n", "5"})),
              ElementsAre(1, 2, 3, 4, 5));
  EXPECT_THAT(PositionsOf(RunTool({"tail", store_, "--json", "-n", "0"})), IsEmpty());
}

TEST_F(TailTest, PrintsTheLastOfMany) {
  std::vector<Event> events(3'000, Changed());
  ASSERT_TRUE(Open()->Append("long-1", ExpectedVersion::NoStream(), std::move(events)).ok());
  const std::vector<int> positions = PositionsOf(RunTool({"tail", store_, "--json", "-n", "2500"}));
  ASSERT_EQ(positions.size(), 2'500);
  EXPECT_EQ(positions.front(), 506);
  EXPECT_EQ(positions.back(), 3'005);
}

TEST_F(TailTest, FollowsWhatAnApplicationWroteBetweenTwoLooks) {
  int looks = 0;
  const Output output = RunTool({"tail", store_, "--json", "-n", "1", "-f"}, [&] {
    // The store is free while the tool waits.
    if (++looks == 2) Append("loan-2", Changed());
    if (looks == 4) Append("loan-2", Changed());
    return looks < 6;
  });
  EXPECT_THAT(PositionsOf(output), ElementsAre(5, 6, 7));
  EXPECT_EQ(output.err, "");
}

TEST_F(TailTest, WaitsWhileAnApplicationHoldsTheStore) {
  int looks = 0;
  std::unique_ptr<EventStore> application;
  const Output output = RunTool({"tail", store_, "--json", "-n", "0", "-f"}, [&] {
    ++looks;
    if (looks == 1) {
      application = Open();
      EXPECT_TRUE(application->Append("loan-2", ExpectedVersion::Any(), {Changed()}).ok());
    }
    if (looks == 4) application.reset();
    return looks < 6;
  });
  EXPECT_THAT(PositionsOf(output), ElementsAre(6));
  // Said once, not at each look.
  EXPECT_THAT(output.err, HasSubstr("is in use: its events follow when the application closes it"));
  EXPECT_EQ(output.err.find("is in use"), output.err.rfind("is in use"));
}

TEST_F(TailTest, LooksAtAnIdleStoreWithoutOpeningIt) {
  int looks = 0;
  RunTool({"tail", store_, "-f"}, [&] { return ++looks < 3; });
  // Once settled, nothing in the directory moves however often one looks.
  const auto newest = [&] {
    auto time = std::filesystem::file_time_type::min();
    for (const auto& file : std::filesystem::recursive_directory_iterator(store_)) {
      time = std::max(time, file.last_write_time());
    }
    return time;
  };
  looks = 0;
  std::filesystem::file_time_type settled;
  RunTool({"tail", store_, "-f"}, [&] {
    if (++looks == 3) settled = newest();
    return looks < 8;
  });
  EXPECT_EQ(newest(), settled);
}

TEST_F(TailTest, RefusesToBeginWithAStoreInUse) {
  const std::unique_ptr<EventStore> application = Open();
  const Output output = RunTool({"tail", store_, "-f"}, [] {
    ADD_FAILURE() << "waits";
    return false;
  });
  EXPECT_EQ(output.code, 4);
  EXPECT_THAT(output.err, HasSubstr("in use"));
}

TEST_F(TailTest, BadFlags) {
  EXPECT_EQ(RunTool({"tail", store_, "-n", "x"}).code, 2);
  EXPECT_EQ(RunTool({"tail", store_, "-n", "-1"}).code, 2);
  EXPECT_EQ(RunTool({"tail", store_, "-f", "--interval", "0"}).code, 2);
  EXPECT_EQ(RunTool({"tail", store_, "-f", "--interval", "nan"}).code, 2);
}

}  // namespace
}  // namespace daybook::tools
