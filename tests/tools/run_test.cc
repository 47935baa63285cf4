// What holds for every command: wrong paths, a store in use, bad flags; and the program itself.
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "gmock/gmock.h"
#include "tool_test.h"

namespace daybook::tools {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::array<const char*, 6> kCommands = {"ls",    "read",   "tail",
                                                  "stats", "schema", "verify"};

class RunTest : public ToolTest {
 protected:
  // Every command answers `path` with `code`, a message that holds `text`, and no output.
  void ExpectAll(const std::string& path, int code, const std::string& text) {
    for (const char* command : kCommands) {
      for (const bool json : {false, true}) {
        std::vector<std::string> arguments = {command, path};
        if (json) arguments.push_back("--json");
        const Output output = RunTool(arguments);
        EXPECT_EQ(output.code, code) << command << " " << output.err;
        EXPECT_THAT(output.err, HasSubstr(text)) << command;
        EXPECT_EQ(output.err.find('\n'), output.err.size() - 1) << command << output.err;
        EXPECT_EQ(output.out, "") << command;
      }
    }
  }
};

TEST_F(RunTest, NoSuchPath) {
  ExpectAll(store_, 3, "no store at " + store_);
  EXPECT_FALSE(std::filesystem::exists(store_));  // Looking makes nothing.
}

TEST_F(RunTest, AFile) {
  const std::string path = directory_ + "/file";
  std::ofstream(path) << "text";
  ExpectAll(path, 3, "no store at " + path + ": must be a directory");
}

TEST_F(RunTest, AnEmptyDirectory) {
  ExpectAll(directory_, 3, "no store at");
  EXPECT_THAT(std::filesystem::directory_iterator(directory_),
              testing::ResultOf([](const auto& it) { return it == end(it); }, true));
}

TEST_F(RunTest, ADirectoryOfOtherThings) {
  std::ofstream(directory_ + "/letter.txt") << "text";
  std::filesystem::create_directory(directory_ + "/photos");
  ExpectAll(directory_, 3, "holds other files");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory_), {}), 2);
}

TEST_F(RunTest, AStoreInUse) {
  MakeStore();
  const std::unique_ptr<EventStore> application = Open();
  ExpectAll(store_, 4, "is in use");
}

TEST_F(RunTest, PathsThatWouldPlayWithTheTerminal) {
  for (const char* command : kCommands) {
    const Output output = RunTool({command, directory_ + "/\x1b[2J\n"});
    EXPECT_EQ(output.code, 3);
    EXPECT_THAT(output.err, HasSubstr("\\u001b[2J\\n"));
  }
}

TEST_F(RunTest, BadArguments) {
  MakeStore();
  const std::vector<std::vector<std::string>> cases = {
      {},
      {"erase", store_},
      {"--json"},
      {"ls"},
      {"ls", store_, "extra"},
      {"ls", store_, "--limit", "many"},
      {"stats", store_, "--limit", "1"},
      {"verify"},
      {"ls", store_, "verify", store_},
  };
  for (const auto& arguments : cases) {
    const Output output = RunTool(arguments);
    EXPECT_EQ(output.code, 2) << testing::PrintToString(arguments);
    EXPECT_THAT(output.err, HasSubstr("daybook --help"));
    EXPECT_EQ(output.out, "");
  }
}

TEST_F(RunTest, Help) {
  const Output help = RunTool({"--help"});
  EXPECT_EQ(help.code, 0);
  for (const char* command : kCommands) {
    EXPECT_THAT(help.out, HasSubstr(command));
    const Output of_command = RunTool({command, "--help"});
    EXPECT_EQ(of_command.code, 0);
    EXPECT_THAT(of_command.out, HasSubstr("--json"));
  }
  EXPECT_THAT(help.out, HasSubstr("4  the store is in use"));
  EXPECT_THAT(RunTool({"--version"}).out, testing::StartsWith("daybook "));
}

TEST_F(RunTest, TheProgramItself) {
  MakeStore();
  const auto run = [&](const std::string& arguments, std::string* out) {
    FILE* pipe = popen((std::string(DAYBOOK_TOOL) + " " + arguments).c_str(), "r");
    std::array<char, 4096> bytes;
    size_t size = 0;
    while ((size = fread(bytes.data(), 1, bytes.size(), pipe)) > 0) out->append(bytes.data(), size);
    const int status = pclose(pipe);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  };
  Output read;
  read.code = run("read " + store_ + " --json", &read.out);
  EXPECT_EQ(read.code, 0);
  EXPECT_EQ(read.Json().size(), 5);
  std::string out;
  EXPECT_EQ(run("verify " + store_, &out), 0);
  EXPECT_THAT(out, HasSubstr("sound: 5 events"));
  EXPECT_EQ(run("ls " + directory_ + "/none 2>/dev/null", &out), 3);
  EXPECT_EQ(run("ls 2>/dev/null", &out), 2);
  EXPECT_EQ(run("read " + store_ + " >/dev/full 2>/dev/null", &out), 5);
}

}  // namespace
}  // namespace daybook::tools
