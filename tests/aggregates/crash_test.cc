// The store fails under load and loses what was not synced: whatever was acknowledged is there, and
// a retry of everything gives every command exactly one outcome (G4, G9).
#include <atomic>
#include <random>
#include <thread>

#include "app_fixture.h"
#include "daybook/testkit/rejection_matchers.h"

namespace daybook {
namespace {

class CrashTest : public AppFixture, public testing::WithParamInterface<int> {
 protected:
  CrashTest() : AppFixture(std::make_unique<MemoryDisk>()), random_(GetParam()) {}

  internal::MemoryKv& Kv() { return static_cast<MemoryDisk&>(*disk_).kv(); }
  // Power fails: a part of what was not synced is kept, a part lost.
  void CrashAndReopen() {
    app_.reset();
    Kv().Crash(random_() % (Kv().unsynced() + 1));
    Reopen();
  }

  std::mt19937_64 random_;
};
INSTANTIATE_TEST_SUITE_P(Seeds, CrashTest, testing::Range(1, 61));

TEST_P(CrashTest, GivesEveryCommandOneOutcome) {
  constexpr int kCommands = 200;
  constexpr int kThreads = 4;
  options_.cached_states = GetParam() % 3;
  Reopen();
  const auto execute = [this](int i) {
    // Every fifth is rejected when it comes first, and the others make that less and less likely.
    const std::string account = std::to_string(i % 3);
    return i % 5 == 0 ? app_->Execute(WithdrawOf(i + 1, account), WithId(i))
                      : app_->Execute(DepositOf(i + 1, account), WithId(i));
  };

  Kv().FailAfter(static_cast<int>(random_() % 120) + 1, absl::UnknownError("the disk is gone"));
  std::vector<absl::StatusOr<Reply>> first(kCommands);
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = thread; i < kCommands; i += kThreads) first[i] = execute(i);
    });
  }
  for (std::thread& thread : threads) thread.join();
  CrashAndReopen();

  std::vector<absl::StatusOr<Reply>> second(kCommands);
  for (int i = 0; i < kCommands; ++i) {
    second[i] = execute(i);
    if (first[i].ok()) {
      ASSERT_THAT(second[i], IsOk()) << i;
      EXPECT_TRUE(second[i]->repeated);
      EXPECT_EQ(second[i]->version, first[i]->version);
      EXPECT_EQ(second[i]->token, first[i]->token);
    } else if (absl::IsFailedPrecondition(first[i].status())) {
      EXPECT_EQ(second[i].status(), first[i].status());
    } else {
      EXPECT_TRUE(absl::IsUnknown(first[i].status()) || absl::IsUnavailable(first[i].status()))
          << first[i].status();
      EXPECT_TRUE(second[i].ok() || absl::IsFailedPrecondition(second[i].status()))
          << second[i].status();
    }
  }
  // Every accepted command stands in the log once, where its reply says.
  size_t events = 0;
  for (int i = 0; i < kCommands; ++i) {
    if (!second[i].ok()) continue;
    ++events;
    const AccountState folded = Folded(std::to_string(i % 3));
    const int64_t amount = folded.amounts(static_cast<int>(*second[i]->version));
    EXPECT_EQ(amount, i % 5 == 0 ? -(i + 1) : i + 1);
  }
  EXPECT_EQ(app_->store().Tip(), Position(events));
  for (const char* account : {"0", "1", "2"}) {
    EXPECT_GE(Folded(account).balance(), 0);
    EXPECT_EQ(BalanceOf(account), Folded(account).balance());
  }
}

TEST_P(CrashTest, SaysThatTheOutcomeIsUnknown) {
  ASSERT_THAT(app_->Execute(DepositOf(1)), IsOk());
  Kv().FailAfter(2, absl::UnknownError("no sync"));
  const auto unknown = app_->Execute(DepositOf(2), WithId(1));
  EXPECT_THAT(unknown, StatusIs(absl::StatusCode::kUnknown));
  EXPECT_THAT(app_->Execute(DepositOf(3)), StatusIs(absl::StatusCode::kUnavailable));
  // Readers go on, and see only what is durable.
  EXPECT_EQ(BalanceOf(), 1);

  CrashAndReopen();
  const bool kept = app_->store().Tip() == Position(2);
  const auto retried = app_->Execute(DepositOf(2), WithId(1));
  ASSERT_THAT(retried, IsOk());
  EXPECT_EQ(retried->repeated, kept);
  EXPECT_THAT(History(), testing::ElementsAre("Deposited 1", "Deposited 2"));
}

}  // namespace
}  // namespace daybook
