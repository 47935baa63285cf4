#include "daybook/snapshots/snapshot_policy.h"

#include <string>
#include <vector>

#include "daybook/testkit/fake_clock.h"
#include "daybook/testkit/status_matchers.h"
#include "gtest/gtest.h"

namespace daybook {
namespace {

constexpr absl::Duration kNever = absl::InfiniteDuration();

struct Case {
  std::string what;
  SnapshotPolicy policy;
  uint64_t count;
  uint64_t bytes;
  absl::Duration age;
  bool due;
};

TEST(SnapshotPolicyTest, IsDueWhenOneOfThemIsFulfilled) {
  const SnapshotPolicy all = {.events = 100, .bytes = 65'536, .age = absl::Hours(1)};
  const std::vector<Case> cases = {
      {"nothing asks for one", {}, 1'000'000, 1 << 30, absl::Hours(10'000), false},
      {"none is told", {.events = 0}, 1'000'000, 1 << 30, absl::Hours(10'000), false},
      {"one event too few", {.events = 3}, 2, 1 << 30, absl::Hours(1), false},
      {"enough events", {.events = 3}, 3, 0, absl::ZeroDuration(), true},
      {"more events", {.events = 3}, 7, 0, absl::ZeroDuration(), true},
      {"each event", {.events = 1}, 1, 0, absl::ZeroDuration(), true},
      {"one byte too few", {.bytes = 1'000}, 9, 999, absl::Hours(1), false},
      {"enough bytes", {.bytes = 1'000}, 1, 1'000, absl::ZeroDuration(), true},
      {"too early", {.age = absl::Hours(1)}, 9, 9, absl::Hours(1) - absl::Nanoseconds(1), false},
      {"old enough", {.age = absl::Hours(1)}, 1, 0, absl::Hours(1), true},
      {"old, but nothing new", {.age = absl::Hours(1)}, 0, 0, absl::Hours(9), false},
      {"a clock that went back", {.age = absl::Hours(1)}, 1, 0, -absl::Hours(9), false},
      {"all, none fulfilled", all, 99, 65'535, absl::Minutes(59), false},
      {"all, by events", all, 100, 0, absl::ZeroDuration(), true},
      {"all, by bytes", all, 1, 65'536, absl::ZeroDuration(), true},
      {"all, by time", all, 1, 1, absl::Hours(1), true},
      {"all, but nothing new", all, 0, 0, absl::Hours(1), false},
  };
  FakeClock clock;
  for (const Case& c : cases) {
    const EventsBehind behind = {.count = c.count, .bytes = c.bytes, .since = clock.Now()};
    EXPECT_EQ(IsSnapshotDue(c.policy, behind, clock.Now() + c.age), c.due) << c.what;
  }
  // Of a stream without events, whatever the time.
  EXPECT_FALSE(IsSnapshotDue(all, {}, absl::InfiniteFuture()));
}

TEST(SnapshotPolicyTest, TakesSomeWhenAnythingAsksForThem) {
  EXPECT_FALSE(TakesSnapshots({}));
  EXPECT_FALSE(TakesSnapshots({.events = 0, .keep = 5}));
  EXPECT_TRUE(TakesSnapshots({.events = 1}));
  EXPECT_TRUE(TakesSnapshots({.bytes = 1}));
  EXPECT_TRUE(TakesSnapshots({.age = absl::Nanoseconds(1)}));
}

TEST(SnapshotPolicyTest, NamesTheValueThatIsOutOfItsRange) {
  const auto names = [](const std::string& field) {
    return StatusIs(absl::StatusCode::kInvalidArgument,
                    testing::HasSubstr("Account: snapshots." + field + ": "));
  };
  EXPECT_THAT(CheckSnapshotPolicy({}, "Account"), IsOk());
  EXPECT_THAT(CheckSnapshotPolicy({.events = 0, .age = kNever, .keep = 64}, "Account"), IsOk());
  EXPECT_THAT(CheckSnapshotPolicy({.age = absl::ZeroDuration()}, "Account"), names("age"));
  EXPECT_THAT(CheckSnapshotPolicy({.age = -kNever}, "Account"), names("age"));
  EXPECT_THAT(CheckSnapshotPolicy({.keep = 0}, "Account"), names("keep"));
  EXPECT_THAT(CheckSnapshotPolicy({.keep = 65}, "Account"), names("keep"));
}

}  // namespace
}  // namespace daybook
