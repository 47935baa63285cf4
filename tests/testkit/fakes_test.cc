#include <set>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "daybook/testkit/deterministic_ids.h"
#include "daybook/testkit/fake_clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace daybook {
namespace {

TEST(FakeClock, StandsStillUntilTold) {
  FakeClock clock;
  EXPECT_EQ(clock.Now(), FakeClock::DefaultStart());
  clock.Advance(absl::Seconds(90));
  EXPECT_EQ(clock.Now(), FakeClock::DefaultStart() + absl::Seconds(90));
  clock.Set(absl::UnixEpoch());
  EXPECT_EQ(clock.Now(), absl::UnixEpoch());
}

TEST(FakeClock, CallsWhoeverMovesItToTheTime) {
  FakeClock clock;
  std::vector<int> called;
  const auto call_after = [&](int seconds) {
    clock.CallAt(FakeClock::DefaultStart() + absl::Seconds(seconds),
                 [&called, seconds] { called.push_back(seconds); });
  };
  for (const int seconds : {3, 1, 2, 0}) call_after(seconds);
  EXPECT_THAT(called, testing::ElementsAre(0));
  clock.Advance(absl::Seconds(2));
  EXPECT_THAT(called, testing::ElementsAre(0, 1, 2));
  clock.Set(FakeClock::DefaultStart());
  clock.Set(FakeClock::DefaultStart() + absl::Hours(1));
  EXPECT_THAT(called, testing::ElementsAre(0, 1, 2, 3));
}

TEST(FakeClock, LosesNoAdvanceOfAnyThread) {
  FakeClock clock(absl::UnixEpoch());
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&clock] {
      for (int n = 0; n < 1000; ++n) clock.Advance(absl::Microseconds(1));
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(clock.Now(), absl::UnixEpoch() + absl::Microseconds(4000));
}

TEST(DeterministicIds, AreTheSameForTheSameSeed) {
  DeterministicIds a(7), b(7), c(8);
  std::set<Uuid> seen;
  for (int n = 0; n < 100; ++n) {
    const Uuid id = a.Next();
    EXPECT_EQ(id, b.Next());
    EXPECT_EQ(id, a.At(n));
    EXPECT_TRUE(seen.insert(id).second);
    EXPECT_TRUE(seen.insert(c.Next()).second);
  }
}

}  // namespace
}  // namespace daybook
