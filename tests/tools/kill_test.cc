// Kills the program in the middle of a backup or of a restore, over and over: the store and the
// earlier backups stay sound, and what was being made is whole or not there.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "daybook/core/open.h"
#include "daybook/snapshots/backup.h"
#include "daybook/testkit/status_matchers.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "read_everything.h"
#include "temp_directory.h"

namespace daybook {
namespace {

namespace fs = std::filesystem;
using std::chrono::microseconds;

uint64_t FromEnvironment(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

class BackupKillTest : public testing::Test {
 protected:
  BackupKillTest() {
    std::printf("DAYBOOK_SEED=%llu DAYBOOK_KILL_CYCLES=%llu\n",
                static_cast<unsigned long long>(seed_), static_cast<unsigned long long>(cycles_));
  }

  void Append(int events) {
    StoreOptions options;
    options.witness_bytes = size_t{1} << 20;
    const auto store = OpenStore(store_, options);
    ASSERT_THAT(store, IsOk());
    for (int i = 0; i < events; ++i) {
      Event event;
      event.type = "Noted";
      event.payload = absl::StrCat(random_(), " ", random_());
      ASSERT_THAT((*store)->Append("s-1", ExpectedVersion::Any(), {event}), IsOk());
    }
  }

  // Runs the tool; killed after `life` unless it ended before. Whether it did, with success.
  bool RunFor(std::vector<std::string> arguments, microseconds life) {
    arguments.insert(arguments.begin(), DAYBOOK_TOOL);
    std::vector<char*> pointers;
    for (std::string& argument : arguments) pointers.push_back(argument.data());
    pointers.push_back(nullptr);
    const pid_t child = ::fork();
    if (child == 0) {
      if (::freopen("/dev/null", "w", stdout) == nullptr) ::_exit(127);
      ::execv(pointers[0], pointers.data());
      ::_exit(127);
    }
    const auto end = std::chrono::steady_clock::now() + life;
    int status = 0;
    pid_t ended = 0;
    while (ended == 0 && std::chrono::steady_clock::now() < end) {
      std::this_thread::sleep_for(microseconds(200));
      ended = ::waitpid(child, &status, WNOHANG);
    }
    if (ended == 0) {
      ::kill(child, SIGKILL);
      ended = ::waitpid(child, &status, 0);
    }
    EXPECT_EQ(ended, child);
    if (WIFSIGNALED(status)) return false;
    EXPECT_EQ(WEXITSTATUS(status), 0);
    return true;
  }
  // A life that is as likely as not to end before an undisturbed run would.
  microseconds LifeFor(const std::vector<std::string>& arguments) {
    if (undisturbed_.count() == 0) {
      const auto begin = std::chrono::steady_clock::now();
      EXPECT_TRUE(RunFor(arguments, std::chrono::seconds(60)));
      const auto end = std::chrono::steady_clock::now();
      undisturbed_ = std::chrono::duration_cast<microseconds>(end - begin);
    }
    return microseconds(random_() % static_cast<uint64_t>(2 * undisturbed_.count()));
  }

  const uint64_t cycles_ = FromEnvironment("DAYBOOK_KILL_CYCLES", 40);
  const uint64_t seed_ = FromEnvironment("DAYBOOK_SEED", std::random_device()());
  std::mt19937_64 random_{seed_};
  microseconds undisturbed_{0};
  TempDirectory directory_;
  const std::string store_ = directory_ / "store";
  const std::string backups_ = directory_ / "backups";
  const std::string restored_ = directory_ / "restored";
};

TEST_F(BackupKillTest, InTheMiddleOfABackup) {
  const std::vector<std::string> backup = {"backup", store_, backups_};
  ASSERT_NO_FATAL_FAILURE(Append(20));
  (void)LifeFor(backup);  // the first one comes to its end
  uint64_t ended = 0;
  uint64_t there = 1;
  for (uint64_t cycle = 0; cycle < cycles_; ++cycle) {
    SCOPED_TRACE(absl::StrCat("cycle ", cycle));
    ASSERT_NO_FATAL_FAILURE(Append(20));
    const bool done = RunFor(backup, LifeFor(backup));
    const auto listed = ListBackups(backups_);
    ASSERT_THAT(listed, IsOk());
    const uint64_t now = listed->size();
    ended += done ? 1 : 0;
    if (done) {
      EXPECT_EQ(now, there + 1);
    }
    there = now;
    if (cycle % 5 == 0) {
      EXPECT_THAT(Rehearse(backups_, restored_), IsOk());
    }
  }
  ASSERT_NO_FATAL_FAILURE(Append(1));
  EXPECT_THAT(VerifyStore(store_), IsOk());
  EXPECT_TRUE(RunFor({"backup", store_, backups_, "--keep", "3"}, std::chrono::seconds(60)));
  const auto report = Rehearse(backups_, restored_);
  ASSERT_THAT(report, IsOk());
  EXPECT_EQ(report->events, 20 * (cycles_ + 1) + 1);
  std::printf("%llu of %llu backups came to their end, %llu are there\n",
              static_cast<unsigned long long>(ended), static_cast<unsigned long long>(cycles_),
              static_cast<unsigned long long>(there - 1));
  std::printf("COUNT kills %llu\n", static_cast<unsigned long long>(cycles_ - ended));
}

TEST_F(BackupKillTest, InTheMiddleOfARestore) {
  ASSERT_NO_FATAL_FAILURE(Append(500));
  StoreContent expected;
  {
    const auto store = OpenStore(store_);
    ASSERT_THAT(store, IsOk());
    expected = *ReadEverything(**store);
    ASSERT_THAT(Backup(**store, backups_), IsOk());
  }
  const std::vector<std::string> restore = {"restore", backups_, restored_};
  (void)LifeFor(restore);
  fs::remove_all(restored_);
  uint64_t whole = 0;
  for (uint64_t cycle = 0; cycle < cycles_; ++cycle) {
    SCOPED_TRACE(absl::StrCat("cycle ", cycle));
    const bool done = RunFor(restore, LifeFor(restore));
    if (!fs::exists(restored_)) {
      EXPECT_FALSE(done);
      continue;
    }
    ++whole;
    {
      const auto store = OpenStore(restored_, {.create_if_missing = false});
      ASSERT_THAT(store, IsOk());
      EXPECT_EQ(*ReadEverything(**store), expected);
    }
    fs::remove_all(restored_);
  }
  EXPECT_TRUE(RunFor(restore, std::chrono::seconds(60)));
  EXPECT_THAT(VerifyStore(restored_), IsOk());
  EXPECT_FALSE(fs::exists(restored_ + ".draft"));
  std::printf("%llu of %llu restored stores were there, and whole\n",
              static_cast<unsigned long long>(whole), static_cast<unsigned long long>(cycles_));
  std::printf("COUNT kills %llu\n", static_cast<unsigned long long>(cycles_ - whole));
}

}  // namespace
}  // namespace daybook
