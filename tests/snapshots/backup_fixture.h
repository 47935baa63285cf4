// A store whose rows tell how far its log is, and backups of it.
#ifndef DAYBOOK_TESTS_SNAPSHOTS_BACKUP_FIXTURE_H_
#define DAYBOOK_TESTS_SNAPSHOTS_BACKUP_FIXTURE_H_

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "daybook/core/open.h"
#include "daybook/snapshots/backup.h"
#include "daybook/testkit/status_matchers.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "read_everything.h"
#include "temp_directory.h"

namespace daybook {

class BackupFixture : public testing::Test {
 protected:
  static StoreOptions SmallOptions() {
    StoreOptions options;
    options.witness_bytes = size_t{1} << 20;
    return options;
  }
  std::unique_ptr<EventStore> Open(const std::string& path) {
    absl::StatusOr<std::unique_ptr<EventStore>> store = OpenStore(path, SmallOptions());
    EXPECT_THAT(store, IsOk());
    return store.ok() ? *std::move(store) : nullptr;
  }

  // Once its table files stay as they are: after opening, RocksDB may write some of them anew.
  std::unique_ptr<EventStore> OpenAtRest(const std::string& path) {
    std::unique_ptr<EventStore> store = Open(path);
    std::vector<std::string> files = TablesIn(path);
    for (int looks = 0; looks < 30; ++looks) {
      absl::SleepFor(absl::Milliseconds(10));
      std::vector<std::string> now = TablesIn(path);
      if (now == files) continue;
      files = std::move(now);
      looks = 0;
    }
    return store;
  }

  // Appends the n-th event of `writer` and, in the same commit, the row that says so.
  static absl::Status AppendOne(EventStore& store, TableId table, const std::string& writer,
                                int n) {
    Event event;
    if (n % 2 == 0) event.id = Uuid::Derive(writer, static_cast<uint64_t>(n));
    event.type = "Noted";
    event.payload = absl::StrCat(writer, " ", n, std::string(static_cast<size_t>(n % 100), 'x'));
    Commit commit;
    commit.writes.push_back({table, writer, event.payload});
    commit.appends.push_back({absl::StrCat("s-", writer), ExpectedVersion::Any(), {event}});
    return store.Append(std::move(commit)).status();
  }
  static void Fill(EventStore& store, int first, int count) {
    const TableId table = *store.OpenTable("rows");
    for (int n = first; n < first + count; ++n) {
      ASSERT_THAT(AppendOne(store, table, absl::StrCat("w", n % 3), n), IsOk());
    }
  }
  static StoreContent ContentOf(const EventStore& store) {
    absl::StatusOr<StoreContent> content = ReadEverything(store);
    EXPECT_THAT(content, IsOk());
    return content.ok() ? *std::move(content) : StoreContent();
  }
  // Of a closed store.
  StoreContent ContentAt(const std::string& path) {
    const std::unique_ptr<EventStore> store = Open(path);
    return store != nullptr ? ContentOf(*store) : StoreContent();
  }

  static std::vector<std::string> FilesIn(const std::string& directory) {
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
      if (entry.is_regular_file() && entry.file_size() > 0) files.push_back(entry.path().string());
    }
    std::sort(files.begin(), files.end());
    return files;
  }
  // The names of a store's table files.
  static std::vector<std::string> TablesIn(const std::string& path) {
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(path + "/db")) {
      if (entry.path().extension() == ".sst") files.push_back(entry.path().string());
    }
    std::sort(files.begin(), files.end());
    return files;
  }
  // Inverts a byte of the file.
  static void Flip(const std::string& path, uint64_t offset) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(static_cast<std::streamoff>(offset));
    const int byte = file.get();
    file.seekp(static_cast<std::streamoff>(offset));
    file.put(static_cast<char>(~byte));
  }

  TempDirectory directory_;
  const std::string store_ = directory_ / "store";
  const std::string backups_ = directory_ / "backups";
  const std::string restored_ = directory_ / "restored";
};

}  // namespace daybook

#endif  // DAYBOOK_TESTS_SNAPSHOTS_BACKUP_FIXTURE_H_
