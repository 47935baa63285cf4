// Which events of the log a read returns: by category, type, tag, and the names of streams and
// types; and from which time on.
#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "daybook/core/moment.h"
#include "daybook/core/stream_name.h"
#include "daybook/core/subscription.h"
#include "daybook/testkit/fake_clock.h"
#include "store_contract.h"

namespace daybook {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class FilterContract : public StoreContract {
 protected:
  void AppendTagged(const std::string& stream, absl::string_view type, absl::string_view payload,
                    std::vector<std::string> tags = {}) {
    Event event = Make(type, payload);
    event.metadata.tags = std::move(tags);
    ASSERT_THAT(store_->Append(stream, ExpectedVersion::Any(), {std::move(event)}), IsOk());
  }
};

TEST_P(FilterContract, ByTheNamesOfStreams) {
  AppendTagged("account-7", "Opened", "1");
  AppendTagged("account-71", "Opened", "2");
  AppendTagged("account-8", "Opened", "3");
  AppendTagged("loan-7", "Opened", "4");
  EXPECT_THAT(ReadLog({.filter = {.stream_prefixes = {"account-7"}}}), ElementsAre("1", "2"));
  EXPECT_THAT(ReadLog({.filter = {.stream_prefixes = {"account-8", "loan"}}}),
              ElementsAre("3", "4"));
  EXPECT_THAT(ReadLog({.filter = {.stream_prefixes = {"account-72"}}}), IsEmpty());
  const auto ends_in_7 = [](absl::string_view name) { return absl::EndsWith(name, "-7"); };
  EXPECT_THAT(ReadLog({.filter = {.stream_matches = ends_in_7}}), ElementsAre("1", "4"));
  EXPECT_THAT(ReadLog({.filter = {.categories = {"loan"}, .stream_matches = ends_in_7}}),
              ElementsAre("4"));
}

TEST_P(FilterContract, ByTags) {
  AppendTagged("a", "Opened", "1", {"course:c1", "student:s1"});
  AppendTagged("a", "Opened", "2", {"course:c1"});
  AppendTagged("a", "Closed", "3", {"student:s1", "course:c1", "term:1"});
  AppendTagged("a", "Closed", "4");
  EXPECT_THAT(ReadLog({.filter = {.tags = {"course:c1"}}}), ElementsAre("1", "2", "3"));
  EXPECT_THAT(ReadLog({.filter = {.tags = {"course:c1", "student:s1"}}}), ElementsAre("1", "3"));
  EXPECT_THAT(ReadLog({.filter = {.types = {"Closed"}, .tags = {"student:s1"}}}), ElementsAre("3"));
  EXPECT_THAT(ReadLog({.filter = {.tags = {"course:c"}}}), IsEmpty());
  EXPECT_THAT(ReadLog({.filter = {.tags = {""}}}), IsEmpty());
}

TEST_P(FilterContract, AsksForEachNameOnceInARead) {
  for (int i = 0; i < 30; ++i) AppendTagged(absl::StrCat("s-", i % 3), "Noted", absl::StrCat(i));
  std::multiset<std::string> streams, types;
  EventFilter filter;
  filter.stream_matches = [&](absl::string_view name) {
    streams.emplace(name);
    return true;
  };
  filter.type_matches = [&](absl::string_view name) {
    types.emplace(name);
    return true;
  };
  EXPECT_EQ(ReadLog({.filter = filter}).size(), 30u);
  EXPECT_THAT(streams, ElementsAre("s-0", "s-1", "s-2"));
  EXPECT_THAT(types, ElementsAre("Noted"));
}

// Against every event and the filter's words, one by one.
TEST_P(FilterContract, EveryFilterIsWhatItSays) {
  const int given = testing::UnitTest::GetInstance()->random_seed();
  const uint64_t seed = given != 0 ? given : std::random_device()();
  SCOPED_TRACE(absl::StrCat("seed ", seed, " (--gtest_random_seed)"));
  std::mt19937_64 random(seed);
  const std::vector<std::string> categories = {"a", "ab", "b", "none"};
  const std::vector<std::string> types = {"Noted", "Booked", "NotedAgain", "Never"};
  const std::vector<std::string> tags = {"t:1", "t:2", "t:11", "u:1"};
  const auto some = [&](const std::vector<std::string>& of) {
    std::vector<std::string> picked;
    for (const std::string& each : of) {
      if (random() % 3 == 0) picked.push_back(each);
    }
    return picked;
  };
  struct Known {
    std::string stream, type, payload;
    std::vector<std::string> tags;
  };
  std::vector<Known> log;
  for (int i = 0; i < 400; ++i) {
    log.push_back({absl::StrCat(categories[random() % 3], "-", random() % 12), types[random() % 3],
                   absl::StrCat(i), some(tags)});
    AppendTagged(log.back().stream, log.back().type, log.back().payload, log.back().tags);
  }
  const auto contains = [](const std::vector<std::string>& list, absl::string_view value) {
    return std::find(list.begin(), list.end(), value) != list.end();
  };
  for (int round = 0; round < 300; ++round) {
    EventFilter filter;
    if (random() % 3 == 0) filter.categories = some(categories);
    if (random() % 3 == 0) filter.types = some(types);
    if (random() % 4 == 0) filter.tags = some(tags);
    if (random() % 3 == 0) filter.stream_prefixes = some({"a", "a-1", "ab-", "b-7", "", "x"});
    if (random() % 4 == 0) {
      filter.stream_matches = [](absl::string_view name) { return absl::EndsWith(name, "1"); };
    }
    if (random() % 4 == 0) {
      filter.type_matches = [](absl::string_view name) { return absl::StartsWith(name, "Noted"); };
    }
    std::vector<std::string> expected;
    for (const Known& event : log) {
      const bool begins =
          filter.stream_prefixes.empty() ||
          std::any_of(filter.stream_prefixes.begin(), filter.stream_prefixes.end(),
                      [&](const auto& prefix) { return absl::StartsWith(event.stream, prefix); });
      const bool tagged = std::all_of(filter.tags.begin(), filter.tags.end(),
                                      [&](const auto& tag) { return contains(event.tags, tag); });
      if ((filter.categories.empty() || contains(filter.categories, CategoryOf(event.stream))) &&
          (filter.types.empty() || contains(filter.types, event.type)) && begins && tagged &&
          (filter.stream_matches == nullptr || filter.stream_matches(event.stream)) &&
          (filter.type_matches == nullptr || filter.type_matches(event.type))) {
        expected.push_back(event.payload);
      }
    }
    EXPECT_EQ(ReadLog({.filter = filter}), expected);
    std::reverse(expected.begin(), expected.end());
    EXPECT_EQ(
        ReadLog({.direction = Direction::kBackwards, .from = Position::End(), .filter = filter}),
        expected);
  }
}

TEST_P(FilterContract, ALongStretchWithoutAMatchIsReported) {
  for (int i = 0; i < 25; ++i) AppendTagged("a", "Noted", absl::StrCat(i));
  AppendTagged("a", "Booked", "25");
  for (int i = 26; i < 40; ++i) AppendTagged("a", "Noted", absl::StrCat(i));
  const SubscriptionOptions options{.filter = {.types = {"Booked"}}, .report_after = 10};
  std::vector<uint64_t> reported;
  Position at;
  // As one who is begun anew after each report.
  for (int i = 0; i < 3; ++i) {
    SubscriptionOptions resumed = options;
    resumed.after = at;
    Subscription subscription(store_.get(), resumed);
    const auto batch = i % 2 == 0 ? subscription.Next() : subscription.Poll();
    ASSERT_THAT(batch, IsOk());
    at = subscription.checkpoint();
    if (batch->empty()) {
      EXPECT_FALSE(batch->at_end());
      reported.push_back(at.sequence());
    } else {
      EXPECT_THAT(Payloads(*batch), ElementsAre("25"));
    }
  }
  EXPECT_THAT(reported, ElementsAre(10, 20));
  Subscription rest(store_.get(),
                    {.after = Position(26), .filter = options.filter, .report_after = 10});
  EXPECT_THAT(rest.Next(), IsOkAndHolds(IsEmpty()));
  EXPECT_EQ(rest.checkpoint(), Position(36));
  // What is left is less, so that the end comes first.
  const auto end = rest.Poll();
  ASSERT_THAT(end, IsOkAndHolds(IsEmpty()));
  EXPECT_TRUE(end->at_end());
  EXPECT_EQ(rest.checkpoint(), Position(40));
  EXPECT_THAT(rest.Next(absl::Milliseconds(5)), StatusIs(absl::StatusCode::kDeadlineExceeded));
  Subscription never(store_.get(), {.report_after = 0});
  EXPECT_THAT(never.Poll(), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_P(FilterContract, ATrickleOfOthersEventsIsReported) {
  Subscription subscription(store_.get(), {.filter = {.types = {"Booked"}}, .report_after = 10});
  std::vector<uint64_t> reported;
  for (int i = 0; i < 25; ++i) {
    AppendTagged("a", "Noted", absl::StrCat(i));
    const auto batch = i % 2 == 0 ? subscription.Next(absl::Milliseconds(1)) : subscription.Poll();
    if (batch.ok() && batch->empty() && !batch->at_end()) {
      reported.push_back(subscription.checkpoint().sequence());
    }
  }
  EXPECT_THAT(reported, ElementsAre(10, 20));
  // From the last event that was handed out, too.
  AppendTagged("a", "Booked", "25");
  EXPECT_THAT(Payloads(*subscription.Next()), ElementsAre("25"));
  for (int i = 26; i < 35; ++i) AppendTagged("a", "Noted", absl::StrCat(i));
  EXPECT_THAT(subscription.Next(absl::Milliseconds(1)),
              StatusIs(absl::StatusCode::kDeadlineExceeded));
  AppendTagged("a", "Noted", "35");
  EXPECT_THAT(subscription.Next(), IsOkAndHolds(IsEmpty()));
  EXPECT_EQ(subscription.checkpoint(), Position(36));
}

TEST_P(FilterContract, FromATimeOn) {
  FakeClock clock(absl::FromUnixSeconds(1'000));
  const absl::Cleanup close = [this] { store_.reset(); };  // before its clock
  StoreOptions options;
  options.clock = &clock;
  Open(options);
  EXPECT_THAT(PositionBefore(*store_->Reader(), clock.Now()), IsOkAndHolds(Position::Start()));
  for (int i = 1; i <= 6; ++i) {
    AppendTagged("a", "Noted", absl::StrCat(i));
    if (i % 2 == 0) clock.Advance(absl::Seconds(10));
  }
  // Recorded at 1000, 1000, 1010, 1010, 1020, 1020.
  const auto from = [&](double seconds) {
    const auto before =
        PositionBefore(*store_->Reader(), absl::UnixEpoch() + absl::Seconds(seconds));
    EXPECT_THAT(before, IsOk());
    return before.ok() ? ReadLog({.from = *before}) : std::vector<std::string>();
  };
  EXPECT_THAT(from(0), ElementsAre("1", "2", "3", "4", "5", "6"));
  EXPECT_THAT(from(1'000), ElementsAre("1", "2", "3", "4", "5", "6"));
  EXPECT_THAT(from(1'000.5), ElementsAre("3", "4", "5", "6"));
  EXPECT_THAT(from(1'010), ElementsAre("3", "4", "5", "6"));
  EXPECT_THAT(from(1'020), ElementsAre("5", "6"));
  EXPECT_THAT(from(1'021), IsEmpty());
  EXPECT_THAT(PositionBefore(*store_->Reader(), absl::InfiniteFuture()), IsOkAndHolds(Position(6)));
  EXPECT_THAT(PositionBefore(*store_->Reader(), absl::InfinitePast()),
              IsOkAndHolds(Position::Start()));
}

INSTANTIATE_TEST_SUITE_P(Backends, FilterContract, testing::ValuesIn(Backends()), BackendName);

}  // namespace
}  // namespace daybook
