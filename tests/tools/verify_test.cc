#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "tool_test.h"

namespace daybook::tools {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;
using testing::StartsWith;

void TurnByte(const std::filesystem::path& path, uint64_t offset) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(static_cast<std::streamoff>(offset));
  const int byte = file.get();
  file.seekp(static_cast<std::streamoff>(offset));
  file.put(static_cast<char>(~byte));
}

// Turns around the bits of the byte in the middle of the largest file whose name ends so.
void DamageFile(const std::string& directory, const std::string& extension) {
  std::filesystem::path largest;
  uintmax_t size = 0;
  for (const auto& file : std::filesystem::recursive_directory_iterator(directory)) {
    if (file.path().extension() == extension && file.file_size() > size) {
      largest = file.path();
      size = file.file_size();
    }
  }
  ASSERT_GT(size, 0) << "no " << extension << " in " << directory;
  TurnByte(largest, size / 4);
}

class VerifyTest : public ToolTest {
 protected:
  VerifyTest() { MakeStore(); }
};

TEST_F(VerifyTest, ASoundStore) {
  const Output output = RunTool({"verify", store_});
  EXPECT_EQ(output.code, 0) << output.err << output.out;
  EXPECT_THAT(output.out,
              MatchesRegex("sound: 5 events in 3 streams, tip 5, chain [0-9a-f]{64}\n"));
  const auto lines = RunTool({"verify", store_, "--json"}).Json();
  ASSERT_EQ(lines.size(), 1);
  EXPECT_EQ(lines[0].at("sound"), true);
  EXPECT_EQ(lines[0].at("events"), 5);
  EXPECT_EQ(lines[0].at("streams"), 3);
  EXPECT_EQ(lines[0].at("tip"), "5");
}

TEST_F(VerifyTest, ADamagedStore) {
  // Enough events that the middle of a table file holds some of them.
  std::vector<Event> events(2'000);
  for (size_t i = 0; i < events.size(); ++i) {
    events[i].type = "loans.Changed";
    for (int j = 0; j < 8; ++j) events[i].payload += Uuid::Derive("payload", 8 * i + j).ToString();
  }
  ASSERT_TRUE(Open()->Append("long-1", ExpectedVersion::NoStream(), std::move(events)).ok());
  Open();  // What the log still held is in table files now.
  DamageFile(store_, ".sst");
  const Output text = RunTool({"verify", store_});
  EXPECT_EQ(text.code, 1) << text.out << text.err;
  EXPECT_THAT(text.out, StartsWith("damaged: the first bad position is "));
  const Output output = RunTool({"verify", store_, "--json"});
  EXPECT_EQ(output.code, 1);
  const auto lines = output.Json();
  ASSERT_EQ(lines.size(), 1);
  EXPECT_EQ(lines[0].at("sound"), false);
  EXPECT_GT(lines[0].at("position"), 5);
  EXPECT_LE(lines[0].at("position"), 2'005);
  EXPECT_NE(lines[0].at("problem"), "");
  // The other commands name the damage too, or read what is sound; none is silent or crashes.
  for (const char* command : {"ls", "read", "tail", "stats"}) {
    const Output other = RunTool({command, store_});
    EXPECT_TRUE(other.code == 0 || other.code == 1) << command << ": " << other.err;
    EXPECT_EQ(other.code == 0, other.err.empty()) << command;
  }
  EXPECT_EQ(RunTool({"read", store_}).code, 1);
}

TEST_F(VerifyTest, SaysThatAFileIsGone) {
  ASSERT_TRUE(std::filesystem::remove(std::filesystem::path(store_) / "db" / "CURRENT"));
  const auto lines = RunTool({"verify", store_, "--json"}).Json();
  ASSERT_EQ(lines.size(), 1);
  EXPECT_EQ(lines[0].at("sound"), false);
  EXPECT_EQ(lines[0].at("what"), "files");
  EXPECT_THAT(std::string(lines[0].at("problem")), HasSubstr("db/CURRENT"));
}

TEST_F(VerifyTest, ACopyThatIsLostIsSaidAndMendedByOpening) {
  for (const int slot : {0, 1}) {
    TurnByte(store_ + "/witness", static_cast<uint64_t>(slot) * 4096 + 200);
    const Output text = RunTool({"verify", store_});
    EXPECT_EQ(text.code, 1);
    EXPECT_THAT(text.out, HasSubstr(absl::StrCat("header slot ", slot)));
    EXPECT_THAT(text.out, HasSubstr("the application mends it when it opens the store"));
    const auto lines = RunTool({"verify", store_, "--json"}).Json();
    ASSERT_EQ(lines.size(), 1);
    EXPECT_EQ(lines[0].at("sound"), false);
    EXPECT_EQ(lines[0].at("what"), "witness");
    EXPECT_FALSE(lines[0].contains("position"));
    Open();
    EXPECT_EQ(RunTool({"verify", store_}).code, 0);
  }
}

TEST_F(VerifyTest, NamesWhyItCannot) {
  const Output none = RunTool({"verify", directory_ + "/none"});
  EXPECT_EQ(none.code, 3);
  EXPECT_THAT(none.err, HasSubstr("no store at"));
  const std::unique_ptr<EventStore> application = Open();
  const Output in_use = RunTool({"verify", store_});
  EXPECT_EQ(in_use.code, 4);
  EXPECT_THAT(in_use.err, HasSubstr("is in use"));
}

}  // namespace
}  // namespace daybook::tools
