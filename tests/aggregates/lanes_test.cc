// Many commands at once: of one stream, of more streams than states are kept for, and beside
// writers that know nothing of lanes.
#include <algorithm>
#include <atomic>
#include <random>
#include <set>
#include <thread>

#include "absl/cleanup/cleanup.h"
#include "app_fixture.h"
#include "daybook/testkit/proto_matchers.h"
#include "daybook/testkit/rejection_matchers.h"

namespace daybook {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class LanesTest : public AppTest {
 protected:
  // Runs `body` with the numbers 0 to n - 1, each on a thread of its own.
  static void OnThreads(int n, const std::function<void(int)>& body) {
    std::vector<std::thread> threads;
    for (int i = 0; i < n; ++i) threads.emplace_back(body, i);
    for (std::thread& thread : threads) thread.join();
  }

  // Every Inspected of the stream tells the version and the balance that it was decided on.
  void ExpectDecidedOnWhatTheLogSays() {
    ReadStreamOptions options;
    options.limit = 1'000'000;
    const auto batch = app_->store().Reader()->ReadStream("account-7", options);
    ASSERT_THAT(batch, IsOk());
    AccountState state;
    for (const RecordedEvent& event : *batch) {
      if (event.type == MessageTraits<Deposited>::kTypeName) {
        Account::Evolve(state, Decode<Deposited>(event));
      } else if (event.type == MessageTraits<Withdrawn>::kTypeName) {
        Account::Evolve(state, Decode<Withdrawn>(event));
      } else {
        const auto inspected = Decode<Inspected>(event);
        EXPECT_EQ(inspected.balance(), state.balance()) << "at version " << event.version;
        EXPECT_EQ(inspected.has_version() ? inspected.version() + 1 : 0, event.version);
      }
      EXPECT_GE(state.balance(), 0) << "at version " << event.version;
    }
    const auto loaded = app_->Load<Account>("7");
    ASSERT_THAT(loaded, IsOk());
    EXPECT_THAT(loaded->state, EqualsProto(state));
    EXPECT_EQ(loaded->version, batch->back().version);
  }
};
INSTANTIATE_TEST_SUITE_P(Disks, LanesTest, testing::ValuesIn(DiskKinds()), DiskKindName);

TEST_P(LanesTest, DecidesEveryCommandOnceInTheOrderOfTheLog) {
  constexpr int kThreads = 64;
  constexpr int kEach = 50;
  std::vector<std::vector<uint64_t>> versions(kThreads);
  OnThreads(kThreads, [&](int thread) {
    for (int i = 0; i < kEach; ++i) {
      const auto reply = app_->Execute(DepositOf(thread * kEach + i + 1));
      ASSERT_THAT(reply, IsOk());
      versions[thread].push_back(*reply->version);
    }
  });

  const AccountState folded = Folded();
  ASSERT_EQ(folded.amounts_size(), kThreads * kEach);
  for (int thread = 0; thread < kThreads; ++thread) {
    for (int i = 0; i < kEach; ++i) {
      EXPECT_EQ(folded.amounts(static_cast<int>(versions[thread][i])), thread * kEach + i + 1);
    }
    EXPECT_TRUE(std::is_sorted(versions[thread].begin(), versions[thread].end()));
  }
  EXPECT_THAT(app_->Load<Account>("7")->state, EqualsProto(folded));
  EXPECT_EQ(app_->Stats().accepted, kThreads * kEach);
  EXPECT_EQ(app_->Stats().decided_again, 0u);
  // One state, loaded once: the lane never let go of it.
  EXPECT_EQ(app_->Stats().states_loaded, 1u);
}

TEST_P(LanesTest, DecidesOnTheStateThatTheOneBeforeLeaves) {
  std::atomic<int64_t> missing{0};
  std::atomic<int> rejected{0};
  OnThreads(16, [&](int thread) {
    std::mt19937_64 random(thread);
    for (int i = 0; i < 100; ++i) {
      const auto amount = static_cast<int64_t>(random() % 20 + 1);
      switch (random() % 3) {
        case 0:
          ASSERT_THAT(app_->Execute(DepositOf(amount)), IsOk());
          break;
        case 1:
          ASSERT_THAT(app_->Execute(Make<Inspect>({.account = "7"})), IsOk());
          break;
        default:
          if (const auto reply = app_->Execute(WithdrawOf(amount)); !reply.ok()) {
            ASSERT_THAT(reply, Rejects<InsufficientFunds>());
            missing += RejectionAs<InsufficientFunds>(reply.status())->missing();
            ++rejected;
          }
      }
    }
  });
  EXPECT_GE(missing, rejected);
  EXPECT_EQ(app_->Stats().rejected, static_cast<uint64_t>(rejected));
  ExpectDecidedOnWhatTheLogSays();
}

TEST_P(LanesTest, DecidesAgainWhenAnotherWriterWasFirst) {
  std::thread outside([&] {
    for (int i = 0; i < 300; ++i) {
      ASSERT_THAT(
          app_->store().Append("account-7", ExpectedVersion::Any(), {OutsideDeposit(i % 7 + 1)}),
          IsOk());
    }
  });
  OnThreads(8, [&](int thread) {
    std::mt19937_64 random(thread);
    for (int i = 0; i < 60; ++i) {
      if (random() % 2 == 0) {
        const auto reply = app_->Execute(Make<Inspect>({.account = "7"}));
        // Beaten too often: said so, and nothing done.
        if (!reply.ok()) {
          ASSERT_THAT(reply, StatusIs(absl::StatusCode::kAborted));
        }
      } else {
        const auto reply = app_->Execute(WithdrawOf(static_cast<int64_t>(random() % 30 + 1)));
        if (!reply.ok() && !absl::IsAborted(reply.status())) {
          ASSERT_THAT(reply, Rejects<InsufficientFunds>());
        }
      }
    }
  });
  outside.join();
  EXPECT_GT(app_->Stats().decided_again, 0u);
  ExpectDecidedOnWhatTheLogSays();
}

TEST_P(LanesTest, GivesUpWhenAnotherWriterIsAlwaysFirst) {
  options_.max_conflict_retries = 3;
  Reopen();
  int decided = 0;
  int meddle = 1'000;
  const absl::Cleanup reset = [] { Account::before_inspect = nullptr; };
  Account::before_inspect = [&] {
    ++decided;
    if (meddle-- <= 0) return;
    ASSERT_THAT(app_->store().Append("account-7", ExpectedVersion::Any(), {OutsideDeposit(1)}),
                IsOk());
  };
  const auto aborted = app_->Execute(Make<Inspect>({.account = "7"}), WithId(1));
  EXPECT_THAT(aborted, StatusIs(absl::StatusCode::kAborted));
  EXPECT_THAT(aborted, HasPayload<v1::VersionConflict>());
  EXPECT_EQ(decided, 4);
  EXPECT_EQ(app_->Stats().decided_again, 3u);

  // Nothing was stored under the id; beaten as often as is allowed, it gets through.
  decided = 0;
  meddle = 3;
  EXPECT_THAT(app_->Execute(Make<Inspect>({.account = "7"}), WithId(1)), IsOk());
  EXPECT_EQ(decided, 4);
  ExpectDecidedOnWhatTheLogSays();
}

TEST_P(LanesTest, RejectsOnTheVersionThatIsThereOnly) {
  // The account is empty when the command comes, and no more when it is decided.
  ASSERT_THAT(app_->Execute(DepositOf(1)), IsOk());
  ASSERT_THAT(app_->Execute(WithdrawOf(1)), IsOk());
  ASSERT_THAT(app_->store().Append("account-7", ExpectedVersion::Any(), {OutsideDeposit(50)}),
              IsOk());
  EXPECT_THAT(app_->Execute(WithdrawOf(50)), IsOk());
  EXPECT_EQ(app_->Stats().decided_again, 1u);
}

TEST_P(LanesTest, KeepsTheOrderOfAsynchronousCommands) {
  constexpr int kCommands = 5'000;
  std::vector<int> completed;
  Latch all;
  for (int i = 1; i <= kCommands; ++i) {
    app_->ExecuteAsync(DepositOf(i), {}, [&, i](absl::StatusOr<Reply> reply) {
      ASSERT_THAT(reply, IsOk());
      EXPECT_EQ(reply->version, i - 1);
      completed.push_back(i);
      if (i == kCommands) all.Open();
    });
  }
  Runtime::Threads().Await(all);
  ASSERT_THAT(completed, SizeIs(kCommands));
  EXPECT_TRUE(std::is_sorted(completed.begin(), completed.end()));
  const AccountState folded = Folded();
  ASSERT_EQ(folded.amounts_size(), kCommands);
  for (int i = 0; i < kCommands; ++i) EXPECT_EQ(folded.amounts(i), i + 1);
}

TEST_P(LanesTest, LetsARefusedCommandFallAlone) {
  ReopenWith(Aggregate<Account>(), Inline<Balances>());
  const auto first = app_->Execute(DepositOf(1));
  ASSERT_THAT(app_->Get<Balances>("7", {.at_least = first->token}), IsOk());
  constexpr int kCommands = 600;
  std::vector<absl::StatusOr<Reply>> replies(kCommands);
  Latch all;
  std::atomic<int> left{kCommands};
  for (int i = 0; i < kCommands; ++i) {
    // Every third is refused by the view; those behind it were decided on what it left.
    app_->ExecuteAsync(DepositOf(i % 3 == 0 ? 666 : 2), {}, [&, i](absl::StatusOr<Reply> reply) {
      replies[i] = std::move(reply);
      if (--left == 0) all.Open();
    });
  }
  Runtime::Threads().Await(all);
  uint64_t version = 0;
  for (int i = 0; i < kCommands; ++i) {
    if (i % 3 == 0) {
      EXPECT_THAT(replies[i], StatusIs(absl::StatusCode::kOutOfRange));
    } else {
      ASSERT_THAT(replies[i], IsOk());
      EXPECT_EQ(replies[i]->version, ++version) << "the order is kept";
    }
  }
  EXPECT_EQ(BalanceOf(), 1 + 2 * 400);
  EXPECT_EQ(app_->Get<Balances>("7")->amount(), 1 + 2 * 400);
  // One commit at a time after a refusal: the work stays in proportion.
  EXPECT_LE(app_->Stats().decided_again, 5u * kCommands);
}

TEST_P(LanesTest, ExecutesFromACompletion) {
  Latch all;
  std::function<void(int)> next = [&](int i) {
    if (i == 100) return all.Open();
    app_->ExecuteAsync(DepositOf(i + 1), {}, [&, i](absl::StatusOr<Reply> reply) {
      ASSERT_THAT(reply, IsOk());
      next(i + 1);
    });
  };
  next(0);
  Runtime::Threads().Await(all);
  EXPECT_THAT(History(), SizeIs(100));
}

TEST_P(LanesTest, RefusesMoreThanMayWait) {
  const absl::Cleanup reset = [] { Account::before_inspect = nullptr; };
  Latch deciding, go_on;
  Account::before_inspect = [&] {
    deciding.Open();
    Runtime::Threads().Await(go_on);
  };
  std::thread slow([&] { EXPECT_THAT(app_->Execute(Make<Inspect>({.account = "7"})), IsOk()); });
  Runtime::Threads().Await(deciding);
  constexpr int kMaxWaiting = 16'384;
  std::atomic<int> ok{0}, refused{0};
  for (int i = 0; i < kMaxWaiting + 3; ++i) {
    app_->ExecuteAsync(DepositOf(1), {}, [&](absl::StatusOr<Reply> reply) {
      ok += reply.ok();
      refused += absl::IsResourceExhausted(reply.status());
    });
  }
  EXPECT_EQ(refused, 3);
  EXPECT_EQ(ok, 0);
  go_on.Open();
  slow.join();
  app_->Close();
  EXPECT_EQ(ok, kMaxWaiting);
}

TEST_P(LanesTest, ClosesAfterWhatIsUnderWay) {
  std::atomic<int> ok{0};
  for (int i = 0; i < 1'000; ++i) {
    app_->ExecuteAsync(DepositOf(1, std::to_string(i % 10)), {},
                       [&](absl::StatusOr<Reply> reply) { ok += reply.ok(); });
  }
  app_->Close();
  EXPECT_EQ(ok, 1'000);
  Reopen();
  EXPECT_EQ(BalanceOf("3"), 100);
}

// A command may be finished before the thread that started it is back: the application is not gone
// under that thread.
TEST_P(LanesTest, ClosesAfterThoseThatStartCommandsAreBack) {
  for (int round = 0; round < 60; ++round) {
    Latch finished;
    std::atomic<int> left{4};
    const auto done = [&](const absl::StatusOr<Reply>& reply) {
      EXPECT_TRUE(reply.ok() || absl::IsUnavailable(reply.status())) << reply.status();
      if (--left == 0) finished.Open();
    };
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; ++i) {
      const CommandOptions options = i == 0 ? WithId(7) : CommandOptions();
      threads.emplace_back([&, options] {
        app_->ExecuteAsync(DepositOf(1), options, [&](auto reply) { done(reply); });
      });
    }
    threads.emplace_back([&] { done(app_->Execute(DepositOf(1))); });
    if (round % 2 == 0) {
      Runtime::Threads().Await(finished);
      app_.reset();
    } else {
      app_->Close();
      Runtime::Threads().Await(finished);
    }
    for (std::thread& thread : threads) thread.join();
    Reopen();
  }
}

TEST_P(LanesTest, KeepsNoMoreStatesThanItMay) {
  for (const size_t capacity : {0, 1, 3, 40}) {
    options_.cached_states = capacity;
    Reopen();
    constexpr int kStreams = 100;
    OnThreads(4, [&](int thread) {
      std::mt19937_64 random(capacity * 4 + thread);
      for (int i = 0; i < 500; ++i) {
        const std::string account = std::to_string(random() % kStreams);
        ASSERT_THAT(app_->Execute(DepositOf(1, account)), IsOk());
      }
    });
    // Those of the last commands may still be there.
    EXPECT_LE(app_->Stats().states_cached, capacity + 4) << capacity;
    EXPECT_GT(app_->Stats().states_dropped, 100u);
    EXPECT_GT(app_->Stats().states_loaded, app_->Stats().states_dropped);
    for (int i = 0; i < kStreams; ++i) {
      const std::string account = std::to_string(i);
      EXPECT_THAT(app_->Load<Account>(account)->state, EqualsProto(Folded(account)));
    }
  }
}

TEST_P(LanesTest, LoadsAStateWhileItChanges) {
  std::atomic<bool> done{false};
  std::thread reader([&] {
    uint64_t last = 0;
    while (!done) {
      const auto loaded = app_->Load<Account>("7");
      ASSERT_THAT(loaded, IsOk());
      if (!loaded->version.has_value()) continue;
      EXPECT_EQ(loaded->state.amounts_size(), static_cast<int>(*loaded->version) + 1);
      EXPECT_GE(*loaded->version, last);
      last = *loaded->version;
    }
  });
  OnThreads(4, [&](int) {
    for (int i = 0; i < 200; ++i) ASSERT_THAT(app_->Execute(DepositOf(1)), IsOk());
  });
  done = true;
  reader.join();
  EXPECT_EQ(BalanceOf(), 800);
}

// The whole command path on one thread, one step at a time.
class StepTest : public AppFixture, public testing::WithParamInterface<int> {
 protected:
  StepTest() : AppFixture(std::make_unique<MemoryDisk>()), runtime_(MakeStepRuntime(GetParam())) {
    options_.store.runtime = runtime_.get();
  }
  ~StepTest() override { app_.reset(); }

  std::unique_ptr<Runtime> runtime_;
};
INSTANTIATE_TEST_SUITE_P(Seeds, StepTest, testing::Range(1, 21));

TEST_P(StepTest, GivesTheSameLogInEveryOrderOfSteps) {
  std::vector<std::string> expected;
  Latch last;
  for (int i = 1; i <= 40; ++i) {
    expected.push_back(absl::StrCat("Deposited ", i));
    app_->ExecuteAsync(DepositOf(i), WithId(static_cast<uint64_t>(i)),
                       [&, i](absl::StatusOr<Reply> reply) {
                         ASSERT_THAT(reply, IsOk());
                         if (i == 40) last.Open();
                       });
    if (i % 10 == 0) {
      ASSERT_THAT(app_->Execute(WithdrawOf(1'000'000)), Rejects<InsufficientFunds>());
    }
  }
  runtime_->Await(last);
  EXPECT_EQ(History(), expected);
}

}  // namespace
}  // namespace daybook
