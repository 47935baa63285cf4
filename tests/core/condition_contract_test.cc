// Append conditions and queries by types and tags, as https://dcb.events/specification has them.
#include <algorithm>
#include <atomic>
#include <barrier>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "daybook/core/errors.h"
#include "daybook/core/limits.h"
#include "store_contract.h"

namespace daybook {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class ConditionContract : public StoreContract {
 protected:
  static Event Tagged(absl::string_view type, std::vector<std::string> tags,
                      absl::string_view payload = "") {
    Event event = Make(type, payload);
    event.metadata.tags = std::move(tags);
    return event;
  }
  Position Add(absl::string_view type, std::vector<std::string> tags,
               absl::string_view payload = "") {
    const auto result =
        store_->Append("all", ExpectedVersion::Any(), {Tagged(type, std::move(tags), payload)});
    EXPECT_THAT(result, IsOk());
    return result.ok() ? result->last : Position();
  }
  // Appends one event where nothing after `after` matches.
  absl::StatusOr<AppendResult> AddIf(EventQuery none_match, Position after = Position::Start(),
                                     Event event = Tagged("Tried", {})) {
    Commit commit;
    commit.appends.push_back({"tried", ExpectedVersion::Any(), {std::move(event)}});
    commit.conditions.push_back({std::move(none_match), after});
    return store_->Append(std::move(commit));
  }
  void ExpectMatch(const EventQuery& query, Position after, Position match) {
    const uint64_t tip = store_->Tip().sequence();
    const auto result = AddIf(query, after);
    EXPECT_THAT(result, StatusIs(absl::StatusCode::kAborted));
    const auto failed = ErrorPayload<v1::ConditionFailed>(result.status());
    ASSERT_TRUE(failed.has_value());
    EXPECT_EQ(failed->condition(), 0u);
    EXPECT_EQ(failed->position(), match.sequence());
    EXPECT_EQ(store_->Tip().sequence(), tip) << "a commit that was refused left a trace";
  }
};

TEST_P(ConditionContract, TypesAreOrTagsAreAndItemsAreOr) {
  const Position defined = Add("CourseDefined", {"course:c1"});
  const Position subscribed = Add("StudentSubscribed", {"course:c1", "student:s1"});
  // One item: one of the types and all of the tags.
  ExpectMatch({{.types = {"CourseDefined", "Never"}, .tags = {"course:c1"}}}, {}, defined);
  ExpectMatch({{.tags = {"course:c1", "student:s1"}}}, {}, subscribed);
  ExpectMatch({{.tags = {"student:s1", "course:c1"}}}, {}, subscribed);
  ExpectMatch({{.types = {"StudentSubscribed"}}}, {}, subscribed);
  EXPECT_THAT(AddIf({{.types = {"CourseDefined"}, .tags = {"student:s1"}}}), IsOk());
  EXPECT_THAT(AddIf({{.tags = {"course:c1", "student:s2"}}}), IsOk());
  EXPECT_THAT(AddIf({{.tags = {"course:c"}}}), IsOk()) << "no tag is the beginning of another";
  EXPECT_THAT(AddIf({{.types = {"Never"}, .tags = {"course:c1"}}}), IsOk());
  // One of the items.
  ExpectMatch({{.tags = {"course:c9"}}, {.types = {"CourseDefined"}}}, {}, defined);
  EXPECT_THAT(AddIf({{.tags = {"course:c9"}}, {.types = {"Never"}}}), IsOk());
}

TEST_P(ConditionContract, OnlyWhatIsAfterCounts) {
  const Position first = Add("A", {"t:1"});
  EXPECT_THAT(AddIf({{.tags = {"t:1"}}}, first), IsOk());
  const Position second = Add("A", {"t:1", "t:2"});
  ExpectMatch({{.tags = {"t:1"}}}, first, second);
  EXPECT_THAT(AddIf({{.tags = {"t:1"}}}, second), IsOk());
  // Each tag got an event, but none got both.
  Add("A", {"t:1"});
  Add("A", {"t:2"});
  EXPECT_THAT(AddIf({{.tags = {"t:1", "t:2"}}}, second), IsOk());
  const Position both = Add("B", {"t:2", "t:3", "t:1"});
  ExpectMatch({{.tags = {"t:1", "t:2"}}}, second, both);
  EXPECT_THAT(AddIf({{.types = {"A"}, .tags = {"t:1", "t:2"}}}, second), IsOk());
}

TEST_P(ConditionContract, AnEmptyQueryIsEveryEvent) {
  EXPECT_THAT(AddIf({}), IsOk()) << "an empty store";
  ExpectMatch({}, {}, Position(1));
  EXPECT_THAT(AddIf({}, Position(1)), IsOk());
  ExpectMatch({{}}, Position(1), Position(2));  // an item without types and tags
  EXPECT_THAT(AddIf({}, store_->Tip()), IsOk());
}

TEST_P(ConditionContract, HoldForTableWritesToo) {
  const TableId table = *store_->OpenTable("t");
  Add("A", {"t:1"});
  Commit commit;
  commit.writes.push_back({table, "k", "v"});
  commit.conditions.push_back({{{.tags = {"t:1"}}}, Position::Start()});
  EXPECT_THAT(store_->Append(commit), StatusIs(absl::StatusCode::kAborted));
  EXPECT_THAT(store_->Reader()->GetRow(table, "k"), IsOkAndHolds(std::nullopt));
  commit.conditions[0].after = store_->Tip();
  EXPECT_THAT(store_->Append(commit), IsOk());
  // Which one of several fails is said.
  commit.conditions.push_back({{{.types = {"A"}}}, Position::Start()});
  const auto failed = ErrorPayload<v1::ConditionFailed>(store_->Append(commit).status());
  ASSERT_TRUE(failed.has_value());
  EXPECT_EQ(failed->condition(), 1u);
}

TEST_P(ConditionContract, ARetryIsTheFirstAppendAgain) {
  Event event = Tagged("A", {"t:1"});
  event.id = EventId::Random();
  const auto first = AddIf({{.tags = {"t:1"}}}, {}, event);
  ASSERT_THAT(first, IsOk());
  const auto again = AddIf({{.tags = {"t:1"}}}, {}, event);
  ASSERT_THAT(again, IsOk());
  EXPECT_TRUE(again->duplicate);
  EXPECT_EQ(again->last, first->last);
}

TEST_P(ConditionContract, CommitsOfOneGroupSeeEachOther) {
  constexpr int kCommits = 200;
  Add("Other", {});
  std::atomic<int> accepted{0}, left{kCommits};
  for (int i = 0; i < kCommits; ++i) {
    Commit commit;
    commit.appends.push_back(
        {absl::StrCat("s-", i), ExpectedVersion::NoStream(), {Tagged("Taken", {"seat:7"})}});
    commit.conditions.push_back({{{.tags = {"seat:7"}}}, Position::Start()});
    store_->AppendAsync(std::move(commit), [&](const absl::StatusOr<AppendResult>& result) {
      if (result.ok()) ++accepted;
      --left;
    });
  }
  while (left > 0) std::this_thread::yield();
  EXPECT_EQ(accepted, 1);
  EXPECT_EQ(store_->Tip(), Position(2));
}

TEST_P(ConditionContract, WhatIsWrongIsNamed) {
  const auto field = [](const absl::Status& status) {
    EXPECT_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument));
    const auto invalid = ErrorPayload<v1::InvalidField>(status);
    return invalid.has_value() ? invalid->field() : "";
  };
  EXPECT_EQ(field(AddIf({{.tags = {"a", ""}}}).status()), "commit.conditions[0].none_match.tags");
  EXPECT_EQ(field(AddIf({}, Position(1, 1)).status()), "commit.conditions[0].after");
  EXPECT_EQ(field(AddIf({}, Position(1)).status()), "commit.conditions[0].after");
  EXPECT_EQ(field(AddIf({}, Position::End()).status()), "commit.conditions[0].after");
  EXPECT_EQ(field(AddIf({{.tags = {std::string(kMaxCommitBytes, 't')}}}).status()), "commit");
  EXPECT_EQ(field(AddIf(EventQuery(kMaxConditionPartsPerCommit)).status()), "commit.conditions");
  EXPECT_THAT(AddIf(EventQuery(kMaxConditionPartsPerCommit - 1)), IsOk());
  Commit alone;
  alone.conditions.emplace_back();
  EXPECT_EQ(field(store_->Append(alone).status()), "commit");
}

// Sixteen who each have read that a course has room: no more get in than it has, and none less.
TEST_P(ConditionContract, AsManyWinAsAreAllowed) {
  constexpr int kRacers = 16;
  constexpr int kRounds = 1'000;
  std::barrier begin(kRacers);
  std::atomic<int> wins{0}, conflicts{0};
  std::vector<std::thread> racers;
  for (int racer = 0; racer < kRacers; ++racer) {
    racers.emplace_back([&, racer] {
      for (int round = 0; round < kRounds; ++round) {
        begin.arrive_and_wait();
        const std::string course = absl::StrCat("course:", round);
        const EventQuery query = {{.types = {"Subscribed"}, .tags = {course}}};
        const auto room = static_cast<size_t>(round % 3) + 1;
        while (true) {
          const auto reader = store_->Reader();
          const auto taken = reader->ReadLog({.filter = {.query = query}});
          ASSERT_THAT(taken, IsOk());
          ASSERT_TRUE(taken->at_end());
          ASSERT_LE(taken->size(), room);
          if (taken->size() == room) break;
          const auto result =
              AddIf(query, reader->tip(),
                    Tagged("Subscribed", {course, absl::StrCat("student:", racer)}));
          if (result.ok()) {
            ++wins;
            break;
          }
          ASSERT_THAT(result, StatusIs(absl::StatusCode::kAborted));
          ++conflicts;
        }
      }
    });
  }
  for (std::thread& racer : racers) racer.join();
  int allowed = 0;
  for (int round = 0; round < kRounds; ++round) {
    const size_t room = static_cast<size_t>(round % 3) + 1;
    allowed += static_cast<int>(room);
    const auto taken = store_->Reader()->ReadLog(
        {.filter = {.query = {{.tags = {absl::StrCat("course:", round)}}}}});
    ASSERT_THAT(taken, IsOk());
    ASSERT_EQ(taken->size(), room) << "round " << round;
  }
  EXPECT_EQ(wins, allowed);
  EXPECT_GT(conflicts, 0) << "nobody raced";
}

// Against every event, one by one.
TEST_P(ConditionContract, EveryConditionAndQueryIsWhatItSays) {
  const int given = testing::UnitTest::GetInstance()->random_seed();
  const uint64_t seed = given != 0 ? given : std::random_device()();
  SCOPED_TRACE(absl::StrCat("seed ", seed, " (--gtest_random_seed)"));
  std::mt19937_64 random(seed);
  const std::vector<std::string> types = {"A", "B", "C", "Never"};
  const std::vector<std::string> tags = {"t:1", "t:2", "t:11", "u:1", "u:2", "never:1"};
  const auto some = [&](const std::vector<std::string>& of, size_t one_of) {
    std::vector<std::string> picked;
    for (const std::string& each : of) {
      if (random() % one_of == 0) picked.push_back(each);
    }
    return picked;
  };
  struct Known {
    std::string type;
    std::vector<std::string> tags;
  };
  std::vector<Known> log;
  const auto contains = [](const std::vector<std::string>& list, const std::string& value) {
    return std::find(list.begin(), list.end(), value) != list.end();
  };
  const auto matches = [&](const Known& event, const EventQuery& query) {
    return query.empty() || std::any_of(query.begin(), query.end(), [&](const QueryItem& item) {
             return (item.types.empty() || contains(item.types, event.type)) &&
                    std::all_of(item.tags.begin(), item.tags.end(),
                                [&](const std::string& tag) { return contains(event.tags, tag); });
           });
  };
  size_t refused = 0, accepted = 0;
  for (int round = 0; round < 600 && !HasFailure(); ++round) {
    EventQuery query;
    for (size_t n = random() % 3; n > 0; --n) query.push_back({some(types, 3), some(tags, 4)});
    const uint64_t after = random() % 4 == 0
                               ? random() % (log.size() + 1)
                               : log.size() - std::min<size_t>(log.size(), random() % 6);
    std::vector<uint64_t> found;
    for (uint64_t i = after; i < log.size(); ++i) {
      if (matches(log[i], query)) found.push_back(i + 1);
    }
    const Known event{types[random() % 3],
                      random() % 3 == 0 ? some(tags, 3) : std::vector<std::string>()};
    const auto result = AddIf(query, Position(after), Tagged(event.type, event.tags));
    if (found.empty()) {
      ASSERT_THAT(result, IsOk()) << "round " << round;
      ++accepted;
      log.push_back(event);
    } else {
      const auto failed = ErrorPayload<v1::ConditionFailed>(result.status());
      ASSERT_TRUE(failed.has_value()) << "round " << round << ": " << result.status();
      EXPECT_TRUE(std::find(found.begin(), found.end(), failed->position()) != found.end());
      ++refused;
    }
    if (round % 5 != 0) continue;
    // A read of the same, of any length, in both directions, at times with tags beside it.
    const std::vector<std::string> all =
        random() % 2 == 0 ? some(tags, 5) : std::vector<std::string>();
    for (const Direction direction : {Direction::kForwards, Direction::kBackwards}) {
      std::vector<uint64_t> expected, read;
      for (uint64_t i = 0; i < log.size(); ++i) {
        if (matches(log[i], query) && matches(log[i], {{.tags = all}})) expected.push_back(i + 1);
      }
      if (direction == Direction::kBackwards) std::reverse(expected.begin(), expected.end());
      ReadLogOptions options{.direction = direction, .filter = {.tags = all, .query = query}};
      if (direction == Direction::kBackwards) options.from = Position::End();
      options.limit = random() % 5 + 1;
      options.max_scanned = random() % 2 == 0 ? random() % 20 + 1 : 100'000;
      while (true) {
        const auto batch = store_->Reader()->ReadLog(options);
        ASSERT_THAT(batch, IsOk());
        for (const RecordedEvent& each : *batch) read.push_back(each.position.sequence());
        if (batch->at_end()) break;
        ASSERT_NE(batch->next(), options.from) << "it does not move";
        options.from = batch->next();
      }
      EXPECT_EQ(read, expected) << "round " << round;
    }
  }
  EXPECT_GT(refused, 50u);
  EXPECT_GT(accepted, 50u);
}

INSTANTIATE_TEST_SUITE_P(Backends, ConditionContract, testing::ValuesIn(Backends()), BackendName);

}  // namespace
}  // namespace daybook
