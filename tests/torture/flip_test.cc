// Flips one random bit in any file of a stopped store, over and over: the store mends itself, or
// refuses by name. It is never silently different, and a sound store is never refused.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "daybook/testkit/status_matchers.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ledger.h"
#include "read_everything.h"
#include "temp_directory.h"
#include "torture_run.h"

namespace daybook {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kCommands = 400;

StoreOptions Options() {
  StoreOptions options;
  options.witness_bytes = size_t{1} << 20;
  return options;
}

void Execute(App& app, uint64_t first, uint64_t count) {
  for (uint64_t n = first; n < first + count; ++n) {
    const Numbered numbered = CommandOf(0, n);
    CommandOptions options;
    options.command_id = numbered.id;
    const auto reply = app.Execute(numbered.command, options);
    ASSERT_TRUE(reply.ok() || absl::IsFailedPrecondition(reply.status())) << reply.status();
  }
}

std::vector<std::string> FilesIn(const std::string& store) {
  std::vector<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(store)) {
    if (entry.is_regular_file() && entry.file_size() > 0) {
      files.push_back(fs::relative(entry.path(), store).string());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

void FlipBit(const std::string& path, uint64_t bit) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(static_cast<std::streamoff>(bit / 8));
  const int byte = file.get();
  file.seekp(static_cast<std::streamoff>(bit / 8));
  file.put(static_cast<char>(byte ^ (1 << (bit % 8))));
}

// A file of the store by its kind, for the count at the end.
std::string KindOf(const std::string& file) {
  const std::string name = fs::path(file).filename().string();
  if (name.ends_with(".sst") || name.ends_with(".log")) return name.substr(name.size() - 4);
  return name.substr(0, name.find('-'));
}

class FlipTest : public testing::Test {
 protected:
  void FlipEverywhere(const std::string& sound, uint64_t flips, std::mt19937_64& random) {
    absl::StatusOr<StoreContent> expected = OpenAndRead(Copy(sound));
    ASSERT_THAT(expected, IsOk()) << "a sound store was refused";
    const std::vector<std::string> files = FilesIn(sound);
    std::map<std::string, std::map<std::string, int>> outcomes;
    for (uint64_t i = 0; i < flips; ++i) {
      const std::string copy = Copy(sound);
      const std::string& file = files[random() % files.size()];
      const uint64_t bit = random() % (fs::file_size(copy + "/" + file) * 8);
      FlipBit(copy + "/" + file, bit);
      const absl::StatusOr<StoreContent> found = OpenAndRead(copy);
      if (found.ok()) {
        ASSERT_EQ(*found, *expected) << file << " bit " << bit << ": silently different";
        ++outcomes[KindOf(file)]["whole"];
      } else {
        EXPECT_TRUE(absl::IsDataLoss(found.status()) || absl::IsFailedPrecondition(found.status()))
            << file << " bit " << bit << ": refused without a name: " << found.status();
        EXPECT_FALSE(found.status().message().empty());
        ++outcomes[KindOf(file)]["refused"];
      }
    }
    for (const auto& [kind, counts] : outcomes) {
      for (const auto& [outcome, count] : counts) {
        std::printf("%-12s %-8s %d\n", kind.c_str(), outcome.c_str(), count);
      }
    }
  }

  std::string Copy(const std::string& store) {
    const std::string copy = directory_ / "copy";
    fs::remove_all(copy);
    fs::copy(store, copy, fs::copy_options::recursive);
    return copy;
  }

  static absl::StatusOr<StoreContent> OpenAndRead(const std::string& store) {
    absl::StatusOr<std::unique_ptr<EventStore>> opened = OpenStore(store, Options());
    if (!opened.ok()) return opened.status();
    return ReadEverything(**opened);
  }

  TempDirectory directory_;
};

TEST_F(FlipTest, NoFlipGoesUnseen) {
  const uint64_t flips = FromEnvironment("DAYBOOK_FLIPS", 2'000);
  const uint64_t seed = SeedOfRun();
  std::printf("DAYBOOK_SEED=%llu DAYBOOK_FLIPS=%llu\n", static_cast<unsigned long long>(seed),
              static_cast<unsigned long long>(flips));
  std::mt19937_64 random(seed);
  const std::string killed = directory_ / "killed";
  const std::string closed = directory_ / "closed";
  {
    absl::StatusOr<App> app = OpenLedger(directory_ / "store");
    ASSERT_THAT(app, IsOk());
    ASSERT_NO_FATAL_FAILURE(Execute(*app, 0, kCommands / 2));
  }
  {
    // A second life, so that there are table files and a log.
    absl::StatusOr<App> app = OpenLedger(directory_ / "store");
    ASSERT_THAT(app, IsOk());
    ASSERT_NO_FATAL_FAILURE(Execute(*app, kCommands / 2, kCommands / 2));
    ASSERT_THAT(app->Range<AsyncTotals>({.at_least = Token(app->store().Tip())}), IsOk());
    // Nothing is being written now: the files are those that a kill would leave.
    fs::copy(directory_ / "store", killed, fs::copy_options::recursive);
  }
  fs::copy(directory_ / "store", closed, fs::copy_options::recursive);
  ASSERT_NO_FATAL_FAILURE(FlipEverywhere(killed, flips / 2, random));
  ASSERT_NO_FATAL_FAILURE(FlipEverywhere(closed, flips - flips / 2, random));
  PrintCount("flips", flips);
}

}  // namespace
}  // namespace daybook
