// Threads append to one store and read it at once: every history of what they asked and were
// answered is one of calls that happened one after the other, on a store that is now and then
// closed and opened between. And the checker: it refuses histories that are wrong in one way each.
#include "linearizability.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "concurrent_run.h"
#include "daybook/core/open.h"
#include "daybook/core/status_macros.h"
#include "daybook/testkit/status_matchers.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "history_check.h"
#include "temp_directory.h"
#include "torture_run.h"

namespace daybook {
namespace {

using testing::IsEmpty;
using testing::StartsWith;

constexpr int kThreads = 5;
constexpr uint64_t kCalls = 500;

class LinearizabilityTest : public testing::Test {
 protected:
  // The n-th store: half of them in memory, half in files, which are closed and opened.
  absl::StatusOr<History> Record(uint64_t seed, bool in_memory, uint64_t calls) {
    ConcurrentRun run(seed);
    const std::string path = absl::StrCat(directory_ / "store", seed);
    StoreOptions options;
    options.witness_bytes = size_t{1} << 20;
    const auto open = [&] {
      return in_memory ? OpenMemoryStore(options) : OpenStore(path, options);
    };
    const int lives = in_memory ? 1 : 2;
    for (int life = 1;; ++life) {
      DAYBOOK_ASSIGN_OR_RETURN(const std::unique_ptr<EventStore> store, open());
      DAYBOOK_RETURN_IF_ERROR(run.Run(store.get(), kThreads, calls / static_cast<uint64_t>(lives)));
      if (life == lives) return run.Finish(*store);
    }
  }

  TempDirectory directory_;
};

TEST_F(LinearizabilityTest, EveryHistoryCanHaveHappenedOneCallAfterTheOther) {
  const uint64_t histories = FromEnvironment("DAYBOOK_HISTORIES", 200);
  const uint64_t seed = SeedOfRun();
  std::printf("DAYBOOK_SEED=%llu DAYBOOK_HISTORIES=%llu\n", static_cast<unsigned long long>(seed),
              static_cast<unsigned long long>(histories));
  uint64_t calls = 0;
  uint64_t conflicts = 0;
  uint64_t failed = 0;
  uint64_t repeated = 0;
  for (uint64_t n = 0; n < histories; ++n) {
    SCOPED_TRACE(ReplayCommand(absl::StrCat("DAYBOOK_SEED=", seed + n, " DAYBOOK_HISTORIES=1"),
                               "build/dev/bin/torture_linearizability_test"));
    const absl::StatusOr<History> history = Record(seed + n, (seed + n) % 2 == 0, kCalls);
    ASSERT_THAT(history, IsOk());
    ASSERT_THAT(CheckHistory(*history), IsEmpty());
    calls += history->calls.size();
    for (const Call& call : history->calls) {
      if (call.kind != Call::Kind::kAppend) continue;
      conflicts += call.outcome == Call::Outcome::kVersionConflict ? 1 : 0;
      failed += call.outcome == Call::Outcome::kConditionFailed ? 1 : 0;
      repeated += call.outcome == Call::Outcome::kDuplicate ? 1 : 0;
    }
  }
  std::printf(
      "%llu calls, of which %llu met another version, %llu what they excluded, %llu were "
      "known\n",
      static_cast<unsigned long long>(calls), static_cast<unsigned long long>(conflicts),
      static_cast<unsigned long long>(failed), static_cast<unsigned long long>(repeated));
  PrintCount("histories", histories);
  EXPECT_GE(calls, histories * kCalls * 9 / 10);
  EXPECT_GT(conflicts, 0u);
  EXPECT_GT(failed, 0u);
}

// ---- The checker, on a history of one thread that is right, and on what is made of it.

class HistoryCheckTest : public testing::Test {
 protected:
  // Appends `events` to a stream at its end.
  void Append(std::vector<std::pair<std::string, uint64_t>> events, bool logged = true) {
    Call call;
    call.kind = Call::Kind::kAppend;
    call.called = ++now_;
    call.answered = ++now_;
    call.first = history_.log.size() + 1;
    for (const auto& [stream, event] : events) {
      uint64_t length = 0;
      for (const LoggedEvent& other : history_.log) length += other.stream == stream ? 1 : 0;
      call.parts.push_back(
          {stream,
           length == 0 ? ExpectedVersion::NoStream() : ExpectedVersion::Exactly(length - 1),
           {event}});
      call.first_versions.push_back(length);
      history_.log.push_back({history_.log.size() + 1, stream, length, event});
    }
    call.last = history_.log.size();
    if (!logged) history_.log.resize(call.first - 1);
    history_.calls.push_back(call);
    Followed();
  }
  Call& ReadLog() {
    Call& call = history_.calls.emplace_back();
    call.called = ++now_;
    call.answered = ++now_;
    call.tip = history_.log.size();
    for (size_t i = call.tip - std::min(call.tip, Call::kLogTail); i < call.tip; ++i) {
      call.events.push_back(history_.log[i].event);
    }
    return call;
  }
  Call& ReadStream(const std::string& stream) {
    Call& call = history_.calls.emplace_back();
    call.kind = Call::Kind::kReadStream;
    call.stream = stream;
    call.called = ++now_;
    call.answered = ++now_;
    call.tip = history_.log.size();
    for (const LoggedEvent& event : history_.log) {
      if (event.stream == stream) call.events.push_back(event.event);
    }
    return call;
  }
  void Followed() {
    history_.followed.clear();
    for (const LoggedEvent& event : history_.log) history_.followed.push_back(event.position);
  }
  // An append to "a" that was refused with its version.
  Call& Conflict(ExpectedVersion expected, std::optional<uint64_t> actual) {
    Call& call = history_.calls.emplace_back();
    call.kind = Call::Kind::kAppend;
    call.called = ++now_;
    call.answered = ++now_;
    call.outcome = Call::Outcome::kVersionConflict;
    call.parts.push_back({"a", expected, {++refused_}});
    call.conflict = "a";
    call.actual = actual;
    return call;
  }

  void SetUp() override {
    Append({{"a", 1}});
    ReadLog();
    Append({{"a", 2}, {"b", 3}});
    ReadStream("a");
    Conflict(ExpectedVersion::NoStream(), 1);
    Append({{"a", 4}});
    ReadLog();
    ASSERT_THAT(CheckHistory(history_), IsEmpty());
  }

  uint64_t now_ = 0;
  uint64_t refused_ = 1'000;
  History history_;
};

TEST_F(HistoryCheckTest, RefusesAGap) {
  history_.log[2].position = 4;
  EXPECT_THAT(CheckHistory(history_), StartsWith("gap"));
}

TEST_F(HistoryCheckTest, RefusesAVersionThatIsLeftOut) {
  history_.log[3].version = 3;
  EXPECT_THAT(CheckHistory(history_), StartsWith("gap"));
}

TEST_F(HistoryCheckTest, RefusesAnEventThatIsThereTwice) {
  history_.log.push_back({5, "a", 3, 2});
  EXPECT_THAT(CheckHistory(history_), StartsWith("duplicate"));
}

TEST_F(HistoryCheckTest, RefusesALostAppend) {
  Append({{"b", 5}}, /*logged=*/false);
  EXPECT_THAT(CheckHistory(history_), StartsWith("lost"));
}

TEST_F(HistoryCheckTest, RefusesTwoWinnersOfOneExpectedVersion) {
  // Both were told that they are the fourth event.
  Append({{"a", 5}});
  Call other = history_.calls.back();
  other.parts[0].events = {6};
  other.called = ++now_;
  other.answered = ++now_;
  history_.calls.push_back(other);
  EXPECT_THAT(CheckHistory(history_), StartsWith("lost"));
  // The log has both, one behind the other, though both expected the same.
  history_.log.push_back({6, "a", 4, 6});
  history_.calls.back().first = history_.calls.back().last = 6;
  history_.calls.back().first_versions = {4};
  Followed();
  EXPECT_THAT(CheckHistory(history_), StartsWith("stream"));
}

TEST_F(HistoryCheckTest, RefusesWhatWasRefusedAndIsThere) {
  history_.log.push_back({5, "a", 3, refused_});
  Followed();
  EXPECT_THAT(CheckHistory(history_), StartsWith("aborted read"));
}

TEST_F(HistoryCheckTest, RefusesAReadOfWhatWasRefused) {
  ReadStream("a").events.push_back(refused_);
  EXPECT_THAT(CheckHistory(history_), StartsWith("aborted read"));
}

TEST_F(HistoryCheckTest, RefusesAStaleRead) {
  Call& read = ReadLog();
  read.thread = 2;
  read.tip = 3;
  read.events.pop_back();
  EXPECT_THAT(CheckHistory(history_), StartsWith("stale"));
}

TEST_F(HistoryCheckTest, RefusesAThreadThatGoesBack) {
  // The last append has not been answered when it is read, and then is not seen any more.
  history_.calls[5].answered = 1'000;
  Call& read = ReadLog();
  read.tip = 3;
  read.events.pop_back();
  EXPECT_THAT(CheckHistory(history_), StartsWith("going back"));
}

TEST_F(HistoryCheckTest, RefusesAStaleReadOfAStream) {
  ReadStream("a").events.pop_back();
  EXPECT_THAT(CheckHistory(history_), StartsWith("stream"));
}

TEST_F(HistoryCheckTest, RefusesATornCommit) {
  history_.calls[2].answered = history_.calls[3].called + 100;
  Call& read = history_.calls[1];
  read.tip = 2;
  read.events = {1, 2};
  EXPECT_THAT(CheckHistory(history_), StartsWith("torn"));
}

TEST_F(HistoryCheckTest, RefusesAnAppendBehindALaterOne) {
  Append({{"b", 5}});
  Append({{"a", 6}});
  std::swap(history_.calls[7].called, history_.calls[8].called);
  std::swap(history_.calls[7].answered, history_.calls[8].answered);
  EXPECT_THAT(CheckHistory(history_), StartsWith("order"));
}

TEST_F(HistoryCheckTest, RefusesAConflictWithoutAReason) {
  Conflict(ExpectedVersion::Exactly(2), 2);
  EXPECT_THAT(CheckHistory(history_), StartsWith("stream"));
}

TEST_F(HistoryCheckTest, RefusesAConflictWithAVersionThatIsGone) {
  Conflict(ExpectedVersion::Exactly(7), 1);
  EXPECT_THAT(CheckHistory(history_), StartsWith("stream"));
}

TEST_F(HistoryCheckTest, RefusesACommitWhoseConditionDoesNotHold) {
  Append({{"b", 5}});
  history_.calls.back().unchanged = "a";
  history_.calls.back().after = 3;
  EXPECT_THAT(CheckHistory(history_), StartsWith("log"));
  history_.calls.back().after = 4;
  EXPECT_THAT(CheckHistory(history_), IsEmpty());
}

TEST_F(HistoryCheckTest, RefusesAReadFromTheFuture) {
  Call& read = history_.calls[1];
  read.tip = 4;
  read.events = {1, 2, 3, 4};
  EXPECT_THAT(CheckHistory(history_), StartsWith("going back"));
  read.thread = 2;
  EXPECT_THAT(CheckHistory(history_), StartsWith("log"));
}

TEST_F(HistoryCheckTest, RefusesASubscriptionThatMissesSomething) {
  history_.followed.erase(history_.followed.begin() + 1);
  EXPECT_THAT(CheckHistory(history_), StartsWith("missed"));
}

TEST_F(HistoryCheckTest, AcceptsCallsThatOverlapInAnyOrderThatFits) {
  // While an append is under way one reads it, and another one, called later, does not.
  Append({{"a", 5}});
  Call& append = history_.calls.back();
  append.answered += 100;
  const Call seen = ReadLog();
  EXPECT_THAT(CheckHistory(history_), IsEmpty());
  history_.calls.back().tip = 4;
  history_.calls.back().events = {1, 2, 3, 4};
  EXPECT_THAT(CheckHistory(history_), IsEmpty());
  // But not both in the other order: what was seen stays.
  history_.calls.back() = seen;
  Call& later = ReadLog();
  later.thread = 2;
  later.tip = 4;
  later.events = {1, 2, 3, 4};
  EXPECT_THAT(CheckHistory(history_), StartsWith("log"));
}

// ---- The search alone, on a register: even operations read half of their number, odd ones write.

bool Register(std::vector<Timed<int>> calls) {
  return LinearizabilitySearch<int, int>(
             std::move(calls),
             [](const int& state, const int& call) -> std::optional<int> {
               if (call % 2 == 1) return call / 2;
               return call / 2 == state ? std::optional<int>(state) : std::nullopt;
             })
      .Find(0);
}

constexpr int Write(int value) {
  return 2 * value + 1;
}
constexpr int Read(int value) {
  return 2 * value;
}

TEST(LinearizabilitySearch, FindsAnOrderWhereThereIsOne) {
  EXPECT_TRUE(Register({}));
  EXPECT_TRUE(Register({{1, 2, Write(1)}, {3, 4, Read(1)}}));
  EXPECT_FALSE(Register({{1, 2, Write(1)}, {3, 4, Read(0)}}));
  // Two reads while one writes: the old value first.
  EXPECT_TRUE(Register({{1, 6, Write(1)}, {2, 3, Read(0)}, {4, 5, Read(1)}}));
  EXPECT_FALSE(Register({{1, 6, Write(1)}, {2, 3, Read(1)}, {4, 5, Read(0)}}));
  // Of two writes that overlap either may be the last.
  EXPECT_TRUE(Register({{1, 4, Write(1)}, {2, 3, Write(2)}, {5, 6, Read(1)}}));
  EXPECT_TRUE(Register({{1, 4, Write(1)}, {2, 3, Write(2)}, {5, 6, Read(2)}}));
  EXPECT_FALSE(Register({{1, 4, Write(1)}, {2, 3, Write(2)}, {5, 6, Read(1)}, {7, 8, Read(2)}}));
}

}  // namespace
}  // namespace daybook
