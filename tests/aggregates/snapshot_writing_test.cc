// Snapshots are written behind the commands: they delay none, and none is written too early.
#include <random>
#include <thread>

#include "daybook/testkit/proto_matchers.h"
#include "snapshot_gate.h"

namespace daybook {
namespace {

class SnapshotWritingTest : public GatedTest {};
INSTANTIATE_TEST_SUITE_P(Disks, SnapshotWritingTest, testing::ValuesIn(DiskKinds()), DiskKindName);

TEST_P(SnapshotWritingTest, CommandsGoOnWhileOneIsWrittenAndTheNewestIsNext) {
  gate().Shut();
  Deposit(10);
  gate().AwaitOne();
  Deposit(50);  // with five more that are due
  EXPECT_EQ(app_->Load<Account>("7")->version, 59u);
  EXPECT_EQ(StoredVersion(), std::nullopt);
  EXPECT_EQ(Stats().superseded, 4u);
  gate().Open();
  ASSERT_THAT(app_->FlushSnapshots(), IsOk());
  EXPECT_EQ(StoredVersion(), 59u);
  EXPECT_EQ(Stats().written, 2u);
  EXPECT_EQ(ExpectSoundSnapshots(), 1);
}

TEST_P(SnapshotWritingTest, AStateThatWaitsStaysThatOfItsVersion) {
  gate().Shut();
  Deposit(10, "8");
  gate().AwaitOne();
  Deposit(15);  // the tenth leaves a state that waits, five go on from it
  EXPECT_FALSE(app_->Execute(WithdrawOf(1'000'000)).ok());
  EXPECT_THAT(app_->Load<Account>("7")->state, EqualsProto(Folded()));
  gate().Open();
  ASSERT_THAT(app_->FlushSnapshots(), IsOk());
  EXPECT_EQ(StoredVersion(), 9u);
  EXPECT_EQ(ExpectSoundSnapshots(), 2);
  EXPECT_THAT(app_->Load<Account>("7")->state, EqualsProto(Folded()));
}

TEST_P(SnapshotWritingTest, MoreThanMayWaitAreSkippedAndCounted) {
  options_.pending_snapshots = 2;
  Reopen();
  gate().Shut();
  Deposit(10, "0");
  gate().AwaitOne();
  for (const char* account : {"1", "2", "3", "4", "5"}) Deposit(10, account);
  EXPECT_EQ(Stats().skipped, 3u);
  Deposit(10, "1");  // one that waits gives way to its successor
  EXPECT_EQ(Stats().skipped, 3u);
  EXPECT_EQ(Stats().superseded, 1u);
  gate().Open();
  ASSERT_THAT(app_->FlushSnapshots(), IsOk());
  EXPECT_EQ(Stats().written, 3u);
  EXPECT_EQ(StoredVersion("1"), 19u);
  EXPECT_EQ(StoredVersion("3"), std::nullopt);
  // What was skipped matters to nobody, and comes with the next that is due.
  DepositAndFlush(10, "3");
  EXPECT_EQ(StoredVersion("3"), 19u);
  EXPECT_EQ(ExpectSoundSnapshots(), 4);
}

TEST_P(SnapshotWritingTest, UnderLoadNoneIsWrittenBeforeItsEvents) {
  constexpr int kThreads = 4;
  constexpr int kEach = 400;
  constexpr int kStreams = 40;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      std::mt19937_64 random(thread);
      for (int i = 0; i < kEach; ++i) {
        // Half of them go to one stream.
        const uint64_t account = i % 2 == 0 ? 0 : random() % kStreams;
        ASSERT_THAT(app_->Execute(DepositOf(i + 1, std::to_string(account))), IsOk());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  ASSERT_THAT(app_->FlushSnapshots(), IsOk());
  EXPECT_EQ(gate().too_early(), 0);
  int due = 0;
  int streams = 0;
  for (int i = 0; i < kStreams; ++i) {
    const std::string account = std::to_string(i);
    const int events = Folded(account).amounts_size();
    due += events / 10;
    streams += events >= 10 ? 1 : 0;
    if (events >= 10) {
      EXPECT_EQ(StoredVersion(account), events / 10 * 10 - 1) << account;
    }
  }
  EXPECT_EQ(ExpectSoundSnapshots(), streams);
  const SnapshotStats stats = Stats();
  EXPECT_EQ(stats.written + stats.superseded, static_cast<uint64_t>(due));
  EXPECT_EQ(stats.skipped, 0u);
}

TEST_P(SnapshotWritingTest, ClosingWritesThoseThatWait) {
  constexpr int kStreams = 150;
  for (int i = 0; i < kStreams; ++i) {
    const bank::DepositAll command = Make<DepositAll>(
        {.account = std::to_string(i), .amounts = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}});
    app_->ExecuteAsync(command, {},
                       [](const absl::StatusOr<Reply>& reply) { EXPECT_THAT(reply, IsOk()); });
  }
  app_->Close();
  EXPECT_EQ(Stats().written, static_cast<uint64_t>(kStreams));
  EXPECT_THAT(app_->FlushSnapshots(), StatusIs(absl::StatusCode::kUnavailable));
  Reopen();
  EXPECT_EQ(ExpectSoundSnapshots(), kStreams);
}

TEST_P(SnapshotWritingTest, ClosingWaitsForTheOneThatIsBeingWritten) {
  gate().Shut();
  Deposit(10, "8");
  gate().AwaitOne();
  Deposit(10);
  std::thread closing([this] { app_->Close(); });
  gate().Open();
  closing.join();
  EXPECT_EQ(Stats().written, 2u);
  Reopen();
  EXPECT_EQ(ExpectSoundSnapshots(), 2);
}

TEST_P(SnapshotWritingTest, FlushesFromManyThreadsAtOnce) {
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([this, thread] {
      for (int i = 0; i < 5; ++i) DepositAndFlush(10, std::to_string(thread));
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Stats().written, 20u);
  EXPECT_EQ(ExpectSoundSnapshots(), 4);
}

class SnapshotCrashTest : public SnapshotFixture, public testing::WithParamInterface<int> {
 protected:
  SnapshotCrashTest()
      : SnapshotFixture(std::make_unique<MemoryDisk>()),
        random_(GetParam()),
        runtime_(MakeStepRuntime(GetParam())) {
    options_.store.runtime = runtime_.get();
    options_.snapshot_audit_every = 2;
  }
  ~SnapshotCrashTest() override { app_.reset(); }

  internal::MemoryKv& Kv() {
    return static_cast<MemoryDisk&>(static_cast<GatedDisk&>(*disk_).inner()).kv();
  }

  std::mt19937_64 random_;
  std::unique_ptr<Runtime> runtime_;
};
INSTANTIATE_TEST_SUITE_P(Seeds, SnapshotCrashTest, testing::Range(1, 61));

TEST_P(SnapshotCrashTest, LeavesOnlySnapshotsWhoseEventsAreThere) {
  const auto open = [this] {
    ReopenWith(Aggregate<Account>({.snapshots = {.events = 1 + random_() % 4, .keep = 2}}));
  };
  open();
  for (int round = 0; round < 4; ++round) {
    Kv().FailAfter(static_cast<int>(random_() % 60) + 1, absl::UnknownError("the disk is gone"));
    for (int i = 0; i < 60; ++i) {
      const auto reply = app_->Execute(DepositOf(i + 1, std::to_string(random_() % 3)));
      if (!reply.ok()) break;
    }
    if (random_() % 2 == 0) app_->Close();
    app_.reset();
    Kv().Crash(random_() % (Kv().unsynced() + 1));
    open();
    ExpectSoundSnapshots();
    for (const char* account : {"0", "1", "2"}) {
      EXPECT_THAT(app_->Load<Account>(account)->state, EqualsProto(Folded(account)));
    }
    EXPECT_EQ(Stats().torn + Stats().stale, 0u);
    EXPECT_EQ(gate().too_early(), 0);
  }
}

TEST_P(SnapshotCrashTest, AStoreThatStoppedTakesNoneAndClosesAllTheSame) {
  gate().Shut();
  for (const char* account : {"0", "1", "2"}) Deposit(10, account);
  Latch never;
  runtime_->Await(never, absl::Seconds(1));  // until nothing is left to be done but to wait
  Kv().FailAfter(1, absl::UnknownError("the disk is gone"));
  gate().Open();
  EXPECT_FALSE(app_->Execute(DepositOf(1)).ok());
  app_->Close();
  EXPECT_EQ(Stats().written, 0u);
  EXPECT_EQ(Stats().skipped, 3u);
}

}  // namespace
}  // namespace daybook
