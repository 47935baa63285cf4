// Kills a process that writes, over and over, and holds what is found against the journal of what
// was acknowledged: every acknowledged event is there, in order, once; every retry returns the
// stored reply, rejections too; every view equals the fold of the log.
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <map>
#include <random>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "daybook/testkit/status_matchers.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ledger.h"
#include "temp_directory.h"
#include "torture_run.h"

namespace daybook {
namespace {

constexpr uint64_t kWriters = 6;

class KillTest : public testing::Test {
 protected:
  // Starts the writer, lets it write for a while, kills it.
  void RunAndKill(std::chrono::microseconds after_first_reply) {
    const size_t journal_before = JournalSize();
    std::vector<std::string> arguments = {DAYBOOK_TORTURE_WRITER, store_, journal_};
    for (uint64_t next : next_) arguments.push_back(absl::StrCat(next));
    std::vector<char*> pointers;
    for (std::string& argument : arguments) pointers.push_back(argument.data());
    pointers.push_back(nullptr);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::execv(pointers[0], pointers.data());
      ::_exit(127);
    }
    int status = 0;
    while (JournalSize() == journal_before) {
      ASSERT_EQ(::waitpid(child, &status, WNOHANG), 0) << "the writer ended by itself";
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    std::this_thread::sleep_for(after_first_reply);
    ::kill(child, SIGKILL);
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the writer ended by itself: " << status;
  }

  size_t JournalSize() const {
    std::ifstream journal(journal_, std::ios::ate);
    return journal ? static_cast<size_t>(journal.tellg()) : 0;
  }

  // Retries everything that was acknowledged since the last check, and what was under way.
  void CheckReplies(App& app) {
    std::ifstream journal(journal_);
    journal.seekg(static_cast<std::streamoff>(checked_));
    std::string line;
    while (std::getline(journal, line) && !journal.eof()) {
      checked_ += line.size() + 1;
      std::istringstream words(line);
      uint64_t writer = 0;
      uint64_t n = 0;
      std::string outcome;
      std::string detail;
      words >> writer >> n >> outcome >> detail;
      ASSERT_EQ(n, next_[writer]) << "the journal has a hole";
      ++next_[writer];
      ++acknowledged_;
      bool repeated = false;
      EXPECT_EQ(Retry(app, writer, n, &repeated), absl::StrCat(outcome, " ", detail)) << line;
    }
    for (uint64_t writer = 0; writer < kWriters; ++writer) {
      bool repeated = false;
      const std::string first = Retry(app, writer, next_[writer], &repeated);
      under_way_kept_ += repeated ? 1 : 0;
      EXPECT_EQ(Retry(app, writer, next_[writer], &repeated), first);
      EXPECT_TRUE(repeated || first.starts_with("rejected")) << first;
      ++next_[writer];
    }
  }

  static std::string Retry(App& app, uint64_t writer, uint64_t n, bool* repeated) {
    const Numbered numbered = CommandOf(writer, n);
    CommandOptions options;
    options.command_id = numbered.id;
    const uint64_t before = app.Stats().repeated;
    const absl::StatusOr<Reply> reply = app.Execute(numbered.command, options);
    *repeated = app.Stats().repeated > before;
    if (reply.ok()) return absl::StrCat("accepted ", reply->token.ToString());
    if (const auto overdrawn = RejectionAs<ledger::Overdrawn>(reply.status())) {
      return absl::StrCat("rejected ", overdrawn->balance());
    }
    return reply.status().ToString();
  }

  // Folds what is new in the log, and compares the views with the fold.
  void CheckLogAndViews(App& app) {
    const auto reader = app.store().Reader();
    ReadLogOptions options;
    options.from = folded_;
    while (true) {
      const absl::StatusOr<EventBatch> batch = reader->ReadLog(options);
      ASSERT_THAT(batch, IsOk());
      for (const RecordedEvent& event : *batch) {
        ASSERT_EQ(event.position.sequence(), folded_.sequence() + 1);
        folded_ = event.position;
        EXPECT_EQ(event.version, fold_[std::string(event.stream)].events()) << event.stream;
        EXPECT_EQ(++events_of_[event.metadata.command_id()], 1) << "decided twice";
        ledger::Posted posted;
        ASSERT_TRUE(
            posted.ParseFromArray(event.payload.data(), static_cast<int>(event.payload.size())));
        InlineTotals::On(fold_[std::string(event.stream)], posted);
        EXPECT_GE(fold_[std::string(event.stream)].balance(), 0) << "a rejection was not heeded";
      }
      options.from = batch->next();
      if (batch->at_end()) break;
    }
    const Token tip(folded_);
    for (const auto& [stream, total] : fold_) {
      const std::string key = stream.substr(stream.find('-') + 1);
      const auto now = app.Get<InlineTotals>(key, {.at_least = tip});
      ASSERT_THAT(now, IsOk()) << key;
      EXPECT_EQ(now->SerializeAsString(), total.SerializeAsString()) << key;
      const auto behind = app.Get<AsyncTotals>(key, {.at_least = tip});
      ASSERT_THAT(behind, IsOk()) << key;
      EXPECT_EQ(behind->SerializeAsString(), total.SerializeAsString()) << key;
    }
  }

  TempDirectory directory_;
  const std::string store_ = directory_ / "store";
  const std::string journal_ = directory_ / "journal";
  std::vector<uint64_t> next_ = std::vector<uint64_t>(kWriters, 0);
  size_t checked_ = 0;
  uint64_t acknowledged_ = 0;
  uint64_t under_way_kept_ = 0;
  Position folded_;
  std::map<std::string, ledger::Total> fold_;
  std::map<Uuid, int> events_of_;
};

TEST_F(KillTest, NothingAcknowledgedIsLost) {
  const uint64_t cycles = FromEnvironment("DAYBOOK_KILL_CYCLES", 300);
  const uint64_t seed = SeedOfRun();
  std::printf("DAYBOOK_SEED=%llu DAYBOOK_KILL_CYCLES=%llu\n", static_cast<unsigned long long>(seed),
              static_cast<unsigned long long>(cycles));
  std::mt19937_64 random(seed);
  for (uint64_t cycle = 0; cycle < cycles; ++cycle) {
    SCOPED_TRACE(absl::StrCat("cycle ", cycle));
    ASSERT_NO_FATAL_FAILURE(RunAndKill(std::chrono::microseconds(random() % 60'000)));
    if (cycle % 25 == 0) {
      const auto report = VerifyStore(store_);
      // FailedPrecondition: the witness holds what the log lost; opening mends it.
      if (!absl::IsFailedPrecondition(report.status())) {
        ASSERT_THAT(report, IsOk());
      }
    }
    absl::StatusOr<App> app = OpenLedger(store_);
    ASSERT_THAT(app, IsOk());
    ASSERT_NO_FATAL_FAILURE(CheckReplies(*app));
    ASSERT_NO_FATAL_FAILURE(CheckLogAndViews(*app));
    if (HasFailure()) break;
  }
  EXPECT_THAT(VerifyStore(store_), IsOk());
  std::printf(
      "%llu kills, %llu acknowledged commands retried, %llu events, %llu of %llu commands "
      "under way were kept\n",
      static_cast<unsigned long long>(cycles), static_cast<unsigned long long>(acknowledged_),
      static_cast<unsigned long long>(folded_.sequence()),
      static_cast<unsigned long long>(under_way_kept_),
      static_cast<unsigned long long>(cycles * kWriters));
  PrintCount("kills", cycles);
  PrintCount("acknowledged-commands", acknowledged_);
}

}  // namespace
}  // namespace daybook
