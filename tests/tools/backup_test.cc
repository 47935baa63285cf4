#include <filesystem>
#include <fstream>

#include "daybook/core/open.h"
#include "gmock/gmock.h"
#include "tool_test.h"

namespace daybook::tools {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::MatchesRegex;

class BackupCommandTest : public ToolTest {
 protected:
  BackupCommandTest() { MakeStore(); }
  std::string Export(const std::string& store) {
    const Output output = RunTool({"export", store});
    EXPECT_EQ(output.code, 0) << output.err;
    return output.out;
  }
  const std::string backups_ = directory_ + "/backups";
  const std::string restored_ = directory_ + "/restored";
};

TEST_F(BackupCommandTest, TheWholeNight) {
  const Output backup = RunTool({"backup", store_, backups_});
  ASSERT_EQ(backup.code, 0) << backup.err;
  EXPECT_THAT(backup.out, MatchesRegex("backup 1: .*Z, tip 5, chain [0-9a-f]{64}, [0-9]+ files, "
                                       "[0-9]+ bytes, [0-9]+ of them new\n"));
  const std::string at_first = Export(store_);
  Append("loan-9", {.type = "loans.Changed"});
  const auto second = RunTool({"backup", store_, backups_, "--json"}).Json();
  ASSERT_EQ(second.size(), 1);
  EXPECT_EQ(second[0].at("number"), 2);
  EXPECT_EQ(second[0].at("tip"), "6");
  EXPECT_EQ(second[0].at("removed"), 0);
  EXPECT_LE(second[0].at("new_bytes"), second[0].at("bytes"));

  const auto listed = RunTool({"backups", backups_, "--json"}).Json();
  ASSERT_EQ(listed.size(), 2);
  EXPECT_EQ(listed[1].at("chain"), second[0].at("chain"));
  EXPECT_EQ(RunTool({"backups", backups_}).Lines().size(), 2);

  const Output rehearsal = RunTool({"rehearse", backups_});
  EXPECT_EQ(rehearsal.code, 0) << rehearsal.err;
  EXPECT_THAT(rehearsal.out, HasSubstr("sound: 6 events in 4 streams, tip 6"));
  EXPECT_EQ(RunTool({"rehearse", backups_, "--in", directory_ + "/place", "--json"})
                .Json()[0]
                .at("sound"),
            true);
  EXPECT_FALSE(fs::exists(directory_ + "/place"));

  const Output restore = RunTool({"restore", backups_, restored_, "--backup", "1"});
  ASSERT_EQ(restore.code, 0) << restore.err;
  EXPECT_THAT(restore.out, HasSubstr("restored: 5 events in 3 streams, tip 5"));
  EXPECT_EQ(Export(restored_), at_first);
  EXPECT_EQ(RunTool({"verify", restored_}).code, 0);

  EXPECT_EQ(RunTool({"backup", store_, backups_, "--keep", "1", "--json"}).Json()[0].at("removed"),
            2);
  EXPECT_EQ(RunTool({"backups", backups_}).Lines().size(), 1);
}

TEST_F(BackupCommandTest, SaysWhyNot) {
  const auto expect = [&](const std::vector<std::string>& arguments, int code,
                          const std::string& text) {
    for (const bool json : {false, true}) {
      std::vector<std::string> all = arguments;
      if (json) all.push_back("--json");
      const Output output = RunTool(all);
      EXPECT_EQ(output.code, code) << testing::PrintToString(all) << output.err;
      EXPECT_THAT(output.err, HasSubstr(text));
      EXPECT_EQ(output.err.find('\n'), output.err.size() - 1) << output.err;
      EXPECT_EQ(output.out, "");
    }
  };
  const std::string none = directory_ + "/none";
  expect({"backup", none, backups_}, 3, "no store at " + none);
  expect({"restore", none, restored_}, 3, "no backup in " + none);
  expect({"rehearse", none}, 3, "no backup in " + none);
  expect({"backups", none}, 3, "no backup in " + none);
  EXPECT_FALSE(fs::exists(none));
  expect({"backup", store_, store_}, 3, "holds other files");
  expect({"backups", store_}, 3, "holds other files");
  {
    const auto application = Open();
    expect({"backup", store_, backups_}, 4, "is in use. Let the application");
  }
  ASSERT_EQ(RunTool({"backup", store_, backups_}).code, 0);
  expect({"restore", backups_, store_}, 5, "is there already");
  expect({"restore", backups_, restored_, "--backup", "7"}, 3, "no backup 7");
  expect({"restore", backups_, restored_, "--backup", "0"}, 2, "at least 1");
  expect({"backup", store_, backups_, "--keep", "0"}, 2, "at least 1");
  const std::string other = directory_ + "/other";
  {
    StoreOptions options;
    options.witness_bytes = size_t{1} << 20;
    ASSERT_TRUE(OpenStore(other, options).ok());
  }
  expect({"backup", other, backups_}, 5, "another store");

  // A backup that was cut short, at the very end.
  const std::string contents = backups_ + "/backups/000001/contents";
  fs::resize_file(contents, fs::file_size(contents) - 1);
  expect({"restore", backups_, restored_}, 1, contents);
  expect({"backup", store_, backups_}, 1, contents);
  const Output rehearsal = RunTool({"rehearse", backups_, "--json"});
  EXPECT_EQ(rehearsal.code, 1);
  EXPECT_EQ(rehearsal.Json()[0].at("sound"), false);
  EXPECT_FALSE(fs::exists(restored_));
}

}  // namespace
}  // namespace daybook::tools
