// daybook new: what it writes, and what it refuses. That the project builds is a test of its own.
#include "new_project.h"

#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "daybook/testkit/status_matchers.h"
#include "gmock/gmock.h"
#include "tool_test.h"

namespace daybook::tools {
namespace {

using testing::HasSubstr;
using testing::Not;

class NewTest : public ToolTest {
 protected:
  Output RunNew(const std::string& name) { return RunTool({"new", name, "--in", directory_}); }
  std::string Text(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }
  size_t Entries() { return std::distance(std::filesystem::directory_iterator(directory_), {}); }
};

TEST_F(NewTest, WritesAProjectOfThatName) {
  const Output output = RunNew("ledger");
  ASSERT_EQ(output.code, 0) << output.err;
  EXPECT_EQ(Entries(), 1);
  for (const char* file :
       {"CMakeLists.txt", "README.md", "main.cc", "ledger.h", "ledger.proto", "ledger_test.cc"}) {
    const std::string path = directory_ + "/ledger/" + file;
    ASSERT_TRUE(std::filesystem::is_regular_file(path)) << path;
    EXPECT_THAT(Text(path), HasSubstr("ledger"));
    EXPECT_THAT(Text(path), Not(testing::ContainsRegex("[Ss]tarter|STARTER"))) << path;
  }
  EXPECT_THAT(Text(directory_ + "/ledger/ledger.proto"), HasSubstr("package ledger;"));
}

TEST_F(NewTest, RefusesWhatIsThere) {
  std::filesystem::create_directory(directory_ + "/ledger");
  const Output output = RunNew("ledger");
  EXPECT_EQ(output.code, 2);
  EXPECT_THAT(output.err, HasSubstr("is there already"));
  EXPECT_TRUE(std::filesystem::is_empty(directory_ + "/ledger"));
  std::filesystem::create_symlink("nowhere", directory_ + "/shop");
  EXPECT_EQ(RunNew("shop").code, 2);
  EXPECT_EQ(Entries(), 2);
}

TEST_F(NewTest, RefusesNamesThatWouldNotBuild) {
  for (const char* name :
       {"", "7up", "Ledger", "my-ledger", "my ledger", "../ledger", "a/b", "_a", "a__b", "class",
        "co_await", "static_cast", "std", "daybook", "test", "read", "time", "main", "l\xc3\xa4"}) {
    const Output output = RunNew(name);
    EXPECT_EQ(output.code, 2) << name;
    EXPECT_THAT(output.err, HasSubstr("NAME")) << name;
  }
  EXPECT_EQ(RunNew(std::string(65, 'a')).code, 2);
  EXPECT_THAT(CheckProjectName(std::string(64, 'a')), IsOk());
  EXPECT_EQ(Entries(), 0);
}

TEST_F(NewTest, AFullDiskIsNoStoreInUse) {
  // No file may grow any more.
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = signal(SIGXFSZ, SIG_IGN);
  const rlimit none = {0, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &none), 0);
  const Output output = RunNew("ledger");
  setrlimit(RLIMIT_FSIZE, &before);
  signal(SIGXFSZ, handler);
  EXPECT_EQ(output.code, 5);
  EXPECT_THAT(output.err, HasSubstr("cannot write"));
  EXPECT_EQ(Entries(), 0);
}

TEST_F(NewTest, RefusesADirectoryThatIsNotThere) {
  const Output output = RunTool({"new", "ledger", "--in", directory_ + "/none"});
  EXPECT_EQ(output.code, 3);
  EXPECT_THAT(output.err, HasSubstr("there is no directory"));
  EXPECT_EQ(RunTool({"new"}).code, 2);
}

}  // namespace
}  // namespace daybook::tools
