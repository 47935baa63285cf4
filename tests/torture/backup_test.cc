// Backups of an application that executes commands as fast as it can: every restored copy is the
// application as it was at the backup's tip. And of the log alone, exported and imported.
#include "daybook/snapshots/backup.h"

#include <atomic>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "daybook/core/log_import.h"
#include "daybook/core/mutex.h"
#include "daybook/testkit/status_matchers.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ledger.h"
#include "temp_directory.h"
#include "torture_run.h"

namespace daybook {
namespace {

constexpr uint64_t kWriters = 6;

// What a command was answered.
struct Answer {
  uint64_t writer;
  uint64_t n;
  Position position;  // Start: rejected
};

class BackupTortureTest : public testing::Test {
 protected:
  static absl::StatusOr<Reply> Execute(App& app, uint64_t writer, uint64_t n) {
    const Numbered numbered = CommandOf(writer, n);
    CommandOptions options;
    options.command_id = numbered.id;
    return app.Execute(numbered.command, options);
  }

  // Executes commands on many threads while `meanwhile` runs.
  void ExecuteWhile(App& app, const std::function<void()>& meanwhile) {
    std::atomic<bool> stop{false};
    Mutex mutex;
    std::vector<std::thread> writers;
    for (uint64_t writer = 0; writer < kWriters; ++writer) {
      writers.emplace_back([&, writer] {
        for (uint64_t n = 0; !stop.load(); ++n) {
          const absl::StatusOr<Reply> reply = Execute(app, writer, n);
          ASSERT_TRUE(reply.ok() || absl::IsFailedPrecondition(reply.status())) << reply.status();
          MutexLock lock(&mutex);
          answers_.push_back({writer, n, reply.ok() ? reply->token.position() : Position()});
        }
      });
    }
    meanwhile();
    stop.store(true);
    for (std::thread& writer : writers) writer.join();
  }

  // The chain hash after each commit, by the position of its last event.
  static std::map<Position, std::string> ChainsOf(const EventStore& store) {
    std::map<Position, std::string> chains;
    ReadLogOptions options;
    while (true) {
      const absl::StatusOr<EventBatch> batch = store.Reader()->ReadLog(options);
      EXPECT_THAT(batch, IsOk());
      for (const RecordedEvent& event : *batch) {
        chains[event.position] = LogEntryOf(event)->commit_chain_hex;
      }
      options.from = batch->next();
      if (batch->at_end()) return chains;
    }
  }

  // The rows of both views, as the fold of the log says.
  static void ExpectViewsAreTheFold(App& app) {
    std::map<std::string, ledger::Total> fold;
    ReadLogOptions options;
    while (true) {
      const absl::StatusOr<EventBatch> batch = app.store().Reader()->ReadLog(options);
      ASSERT_THAT(batch, IsOk());
      for (const RecordedEvent& event : *batch) {
        ledger::Posted posted;
        ASSERT_TRUE(
            posted.ParseFromArray(event.payload.data(), static_cast<int>(event.payload.size())));
        InlineTotals::On(fold[std::string(event.stream.substr(event.stream.find('-') + 1))],
                         posted);
      }
      options.from = batch->next();
      if (batch->at_end()) break;
    }
    ASSERT_FALSE(fold.empty());
    const Token tip(app.store().Tip());
    for (const auto& [key, total] : fold) {
      const auto now = app.Get<InlineTotals>(key, {.at_least = tip});
      ASSERT_THAT(now, IsOk()) << key;
      EXPECT_EQ(now->SerializeAsString(), total.SerializeAsString()) << key;
      const auto behind = app.Get<AsyncTotals>(key, {.at_least = tip});
      ASSERT_THAT(behind, IsOk()) << key;
      EXPECT_EQ(behind->SerializeAsString(), total.SerializeAsString()) << key;
    }
  }

  // Every command that was accepted by then is answered as it was, without being decided again.
  void ExpectReplies(App& app, Position tip) {
    const uint64_t before = app.Stats().repeated;
    uint64_t asked = 0;
    for (const Answer& answer : answers_) {
      if (answer.position == Position::Start() || answer.position > tip) continue;
      if (++asked > 300) break;
      const absl::StatusOr<Reply> reply = Execute(app, answer.writer, answer.n);
      ASSERT_THAT(reply, IsOk());
      EXPECT_EQ(reply->token.position(), answer.position);
    }
    EXPECT_EQ(app.Stats().repeated - before, std::min<uint64_t>(asked, 300));
    EXPECT_EQ(app.store().Tip(), tip);
  }

  TempDirectory directory_;
  std::vector<Answer> answers_;
};

TEST_F(BackupTortureTest, OfAnApplicationAtWork) {
  const uint64_t count = FromEnvironment("DAYBOOK_BACKUPS", 20);
  const std::string directory = directory_ / "backups";
  std::vector<BackupInfo> backups;
  std::map<Position, std::string> chains;
  {
    absl::StatusOr<App> opened = OpenLedger(directory_ / "store");
    ASSERT_THAT(opened, IsOk());
    App& app = *opened;
    ExecuteWhile(app, [&] {
      for (uint64_t i = 0; i < count; ++i) {
        const Position acknowledged = app.store().Tip();
        //! [take]
        const absl::StatusOr<BackupInfo> taken = Backup(app.store(), directory);
        //! [take]
        ASSERT_THAT(taken, IsOk());
        EXPECT_GE(taken->tip.position, acknowledged);
        backups.push_back(*taken);
      }
    });
    chains = ChainsOf(app.store());
  }
  ASSERT_EQ(backups.size(), count);
  for (const BackupInfo& backup : backups) {
    SCOPED_TRACE(backup.number);
    const std::string path = absl::StrCat(directory_ / "restored", backup.number);
    RestoreOptions options{.number = backup.number};
    options.store.witness_bytes = size_t{1} << 20;
    const auto report = Restore(directory, path, options);
    ASSERT_THAT(report, IsOk());
    EXPECT_EQ(report->tip, backup.tip.position);
    if (report->events > 0) {
      EXPECT_EQ(report->chain, chains[report->tip]);
    }
    if (report->events == 0) continue;
    absl::StatusOr<App> app = OpenLedger(path);
    ASSERT_THAT(app, IsOk());
    ASSERT_NO_FATAL_FAILURE(ExpectViewsAreTheFold(*app));
    ASSERT_NO_FATAL_FAILURE(ExpectReplies(*app, report->tip));
  }
  std::printf("%llu backups while %zu commands were executed, tips %s to %s\n",
              static_cast<unsigned long long>(count), answers_.size(),
              backups.front().tip.position.ToString().c_str(),
              backups.back().tip.position.ToString().c_str());
  PrintCount("backups", count);
}

TEST_F(BackupTortureTest, OfTheLogAlone) {
  std::string chain;
  const auto import = LogImport::Begin(directory_ / "imported");
  ASSERT_THAT(import, IsOk());
  {
    absl::StatusOr<App> app = OpenLedger(directory_ / "store");
    ASSERT_THAT(app, IsOk());
    ExecuteWhile(*app, [&] {
      while (app->store().Tip() < Position(2'000)) std::this_thread::yield();
    });
    ReadLogOptions options;
    while (true) {
      const absl::StatusOr<EventBatch> batch = app->store().Reader()->ReadLog(options);
      ASSERT_THAT(batch, IsOk());
      for (const RecordedEvent& event : *batch) {
        const auto entry = LogEntryOf(event);
        ASSERT_THAT(entry, IsOk());
        ASSERT_THAT((*import)->Append(*entry), IsOk());
      }
      options.from = batch->next();
      if (batch->at_end()) break;
    }
    chain = app->store().Stats().chain_hex;
  }
  const auto report = (*import)->Finish();
  ASSERT_THAT(report, IsOk());
  EXPECT_EQ(report->chain, chain);
  // Neither rows nor snapshots came along; the views are built from the log, the states folded.
  absl::StatusOr<App> app = OpenLedger(directory_ / "imported");
  ASSERT_THAT(app, IsOk());
  ASSERT_NO_FATAL_FAILURE(ExpectViewsAreTheFold(*app));
  // A command that was accepted before is not applied twice.
  const Position tip = app->store().Tip();
  const auto accepted = std::find_if(answers_.begin(), answers_.end(), [](const Answer& answer) {
    return answer.position != Position::Start();
  });
  (void)Execute(*app, accepted->writer, accepted->n);
  EXPECT_EQ(app->store().Tip(), tip);
  EXPECT_EQ(app->store().Stats().chain_hex, chain);
}

}  // namespace
}  // namespace daybook
