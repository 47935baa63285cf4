// Rows that are set, changed and removed at random: every index query gives what sorting and
// filtering all rows gives, and pages that are turned meanwhile neither repeat nor skip a row.
#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "daybook/core/codec.h"
#include "live_copy.h"
#include "tasks.h"
#include "views_test.h"

namespace daybook {
namespace {

using tasks::AsyncTasks;
using tasks::EntriesOf;
using tasks::SetTask;
using tasks::StoredEntries;
using TaskRow = tasks::Task;
using tasks::Tasks;
using tasks::TaskSet;

using Model = std::map<std::string, TaskRow>;

// A few values, so that many are equal, with those at the ends of the types.
template <typename T>
const T& OneOf(std::mt19937_64& random, const std::vector<T>& values) {
  return values[random() % values.size()];
}
const std::vector<std::string>& Texts() {
  static const auto& texts = *new std::vector<std::string>{
      "", "a", "ab", "b", "\xc3\xa4", std::string(1, '\0'), std::string("a\0b", 3)};
  return texts;
}
const std::vector<std::string>& Codes() {
  static const auto& codes = *new std::vector<std::string>{"",
                                                           std::string(1, '\0'),
                                                           std::string(2, '\0'),
                                                           std::string("\0\x01", 2),
                                                           "\x01",
                                                           std::string("\0\xff", 2),
                                                           std::string("a\0\xff", 3),
                                                           "a",
                                                           "\xff\xff",
                                                           "\xff"};
  return codes;
}
const std::vector<int64_t>& Times() {
  static const auto& times =
      *new std::vector<int64_t>{std::numeric_limits<int64_t>::min(), -256, -1, 0, 1, 255, 256,
                                std::numeric_limits<int64_t>::max()};
  return times;
}
const std::vector<tasks::Kind>& Kinds() {
  static const auto& kinds =
      *new std::vector<tasks::Kind>{tasks::KIND_UNSPECIFIED, tasks::KIND_CHORE, tasks::KIND_REPAIR,
                                    tasks::KIND_OLD, static_cast<tasks::Kind>(77)};
  return kinds;
}
const std::vector<uint64_t> kNumbers = {0, 1, 255, 256, 0x7fffffff, 0x80000000, 0xffffffff};

TaskSet RandomTask(std::mt19937_64& random, std::string key) {
  TaskSet task;
  task.set_task(std::move(key));
  task.set_assignee(OneOf(random, Texts()));
  task.set_due(OneOf(random, Times()));
  task.set_kind(OneOf(random, Kinds()));
  task.set_urgent(random() % 2 == 0);
  task.set_points(static_cast<uint32_t>(OneOf(random, kNumbers)));
  task.set_code(OneOf(random, Codes()));
  task.set_shift(static_cast<int32_t>(OneOf(random, kNumbers)));
  if (random() % 4 != 0) {
    task.mutable_at()->set_seconds(OneOf(random, Times()));
    task.mutable_at()->set_nanos(static_cast<int32_t>(random() % 3) * 499'999'999);
  }
  task.set_size(random() % 2 == 0 ? ~uint64_t{0} - random() % 2 : random() % 3);
  return task;
}

absl::Time TimeOf(std::tuple<int64_t, int32_t> time) {
  return absl::FromUnixSeconds(std::get<0>(time)) + absl::Nanoseconds(std::get<1>(time));
}

// The keys of all rows that `wanted` says yes to, in the order of `place` and then of keys.
template <typename Wanted, typename Place>
std::vector<std::string> Sorted(const Model& model, Wanted wanted, Place place) {
  std::vector<std::pair<decltype(place(std::declval<const TaskRow&>())), std::string>> rows;
  for (const auto& [key, row] : model) {
    if (wanted(row)) rows.emplace_back(place(row), key);
  }
  std::sort(rows.begin(), rows.end());
  std::vector<std::string> keys;
  for (const auto& row : rows) keys.push_back(row.second);
  return keys;
}

const auto kByAssignee = [](const TaskRow& row) { return std::tuple(row.assignee(), row.due()); };
const auto kByKind = [](const TaskRow& row) {
  return std::tuple(static_cast<int>(row.kind()), row.urgent(), row.points());
};
const auto kByCode = [](const TaskRow& row) {
  return std::tuple(row.code(), row.shift(), row.size());
};
const auto kByKindAndTime = [](const TaskRow& row) {
  return std::tuple(static_cast<int>(row.kind()), row.at().seconds(), row.at().nanos());
};
const auto kByTime = [](const TaskRow& row) {
  return std::tuple(row.at().seconds(), row.at().nanos());
};
const auto kByPoints = [](const TaskRow& row) { return row.points(); };

class RandomIndexes : public ViewsTest {
 protected:
  void SetUp() override {
    ViewsTest::SetUp();
    const int given = testing::UnitTest::GetInstance()->random_seed();
    seed_ = given != 0 ? given : 20'261;
    random_.seed(seed_);
  }

  // One commit of up to eight changes.
  void Change(size_t tasks) {
    std::map<std::string, std::vector<Event>> streams;
    for (size_t n = random_() % 8 + 1; n > 0; --n) {
      const std::string key = absl::StrCat("t", random_() % tasks);
      std::vector<Event>& events = streams[absl::StrCat("task-", key)];
      if (random_() % 4 == 0) {
        events.push_back(tasks::RemoveTask(key));
        model_.erase(key);
        continue;
      }
      const TaskSet task = RandomTask(random_, key);
      events.push_back(SetTask(task));
      TaskRow& row = model_[key];
      Tasks::On(row, task);
    }
    Commit commit;
    for (auto& [stream, events] : streams) {
      commit.appends.push_back({stream, ExpectedVersion::Any(), std::move(events)});
    }
    ASSERT_THAT(store_->Append(std::move(commit)), IsOk());
  }

  // All pages, of `limit` rows each; `between` is called after each.
  template <typename P>
  std::vector<std::string> Pages(
      const IndexRows<TaskRow>& rows, size_t limit, const std::function<void()>& between = [] {},
      Direction direction = Direction::kForwards) {
    std::vector<std::string> keys;
    FindOptions options{.limit = limit, .at_least = Tip(), .direction = direction};
    do {
      const auto page = views_->Find<P>(rows, options);
      EXPECT_THAT(page, IsOk());
      if (!page.ok()) break;
      EXPECT_LE(page->rows.size(), limit);
      for (const ViewRow<P>& row : page->rows) keys.push_back(row.key);
      options.page = page->next;
      between();
      // In between a row may have been elsewhere, which the next page is not to see.
      options.at_least = Tip();
    } while (!options.page.empty());
    return keys;
  }

  template <typename P, typename Wanted, typename Place>
  void Expect(const IndexRows<TaskRow>& rows, Wanted wanted, Place place) {
    const size_t limit = random_() % 3 == 0 ? random_() % 4 + 1 : 1'000'000;
    std::vector<std::string> expected = Sorted(model_, wanted, place);
    EXPECT_EQ(Pages<P>(rows, limit), expected) << "index " << rows.query().index;
    std::reverse(expected.begin(), expected.end());
    EXPECT_EQ(Pages<P>(
                  rows, limit, [] {}, Direction::kBackwards),
              expected)
        << "index " << rows.query().index << ", backwards";
  }

  template <typename P>
  void ExpectEveryQuery() {
    const auto all = [](const TaskRow&) { return true; };
    Expect<P>(P::ByAssignee(), all, kByAssignee);
    Expect<P>(P::ByKind(), all, kByKind);
    Expect<P>(P::ByCode(), all, kByCode);
    Expect<P>(P::ByPoints(), all, kByPoints);
    Expect<P>(P::ByAt(), all, kByTime);
    const std::string text = OneOf(random_, Texts());
    const std::string other = OneOf(random_, Texts());
    const int64_t due = OneOf(random_, Times());
    const int64_t until = OneOf(random_, Times());
    Expect<P>(
        P::ByAssignee(text), [&](const TaskRow& r) { return r.assignee() == text; }, kByAssignee);
    Expect<P>(
        P::ByAssignee(text, due),
        [&](const TaskRow& r) { return r.assignee() == text && r.due() == due; }, kByAssignee);
    Expect<P>(
        P::ByAssignee(text).From(due).Until(until),
        [&](const TaskRow& r) { return r.assignee() == text && r.due() >= due && r.due() < until; },
        kByAssignee);
    Expect<P>(
        P::ByAssignee().From(text).Until(other),
        [&](const TaskRow& r) { return r.assignee() >= text && r.assignee() < other; },
        kByAssignee);
    const tasks::Kind kind = OneOf(random_, Kinds());
    const auto points = static_cast<uint32_t>(OneOf(random_, kNumbers));
    Expect<P>(
        P::ByKind().From(kind), [&](const TaskRow& r) { return r.kind() >= kind; }, kByKind);
    Expect<P>(
        P::ByKind(kind).Until(true),
        [&](const TaskRow& r) { return r.kind() == kind && !r.urgent(); }, kByKind);
    Expect<P>(
        P::ByKind(kind, false).From(points),
        [&](const TaskRow& r) { return r.kind() == kind && !r.urgent() && r.points() >= points; },
        kByKind);
    Expect<P>(
        P::ByPoints().Until(points), [&](const TaskRow& r) { return r.points() < points; },
        kByPoints);
    const std::tuple<int64_t, int32_t> from = {due, 499'999'999};
    const std::tuple<int64_t, int32_t> end_time = {until, 0};
    Expect<P>(
        P::ByKindAndTime(kind).From(TimeOf(from)).Until(TimeOf(end_time)),
        [&](const TaskRow& r) {
          return r.kind() == kind && kByTime(r) >= from && kByTime(r) < end_time;
        },
        kByKindAndTime);
    const std::string code = OneOf(random_, Codes());
    const std::string end = OneOf(random_, Codes());
    Expect<P>(
        P::ByCode().From(code).Until(end),
        [&](const TaskRow& r) { return r.code() >= code && r.code() < end; }, kByCode);
    const auto shift = static_cast<int32_t>(OneOf(random_, kNumbers));
    Expect<P>(
        P::ByCode(code, shift).From(1).Until(~uint64_t{0}),
        [&](const TaskRow& r) {
          return r.code() == code && r.shift() == shift && r.size() >= 1 && r.size() < ~uint64_t{0};
        },
        kByCode);
  }

  uint64_t seed_ = 0;
  std::mt19937_64 random_;
  Model model_;
};

TEST_P(RandomIndexes, EveryQueryIsTheSortedAndFilteredRows) {
  SCOPED_TRACE(absl::StrCat("seed ", seed_, " (--gtest_random_seed)"));
  ProjectionOptions options;
  options.flush_events = 20;
  options.row_cache_bytes = size_t{16} << 10;
  options.promotion_events = 3;
  for (int round = 0; round < 12 && !HasFailure(); ++round) {
    options.fold_workers = random_() % 3 + 1;
    OpenViews({Inline<Tasks>(), Async<AsyncTasks>()}, options);
    for (size_t n = random_() % 40; n > 0; --n) {
      Change(60);
      if (random_() % 10 == 0) ExpectEveryQuery<AsyncTasks>();
    }
    ExpectEveryQuery<Tasks>();
    ExpectEveryQuery<AsyncTasks>();
    const uint32_t generation = StatusOf<Tasks>().generation;
    EXPECT_EQ(StoredEntries(*store_, *store_->Reader(), "Task", generation),
              EntriesOf<Tasks>(RowsOf<Tasks>(Tip())));
    if (random_() % 3 == 0) {
      auto rebuild = views_->Rebuild<Tasks>();
      ASSERT_THAT(rebuild, IsOk());
      ASSERT_THAT(rebuild->Wait(), IsOk());
    }
    if (random_() % 2 == 0) Restart();
  }
}

TEST_P(RandomIndexes, PagesAreTurnedWhileRowsComeAndGo) {
  SCOPED_TRACE(absl::StrCat("seed ", seed_, " (--gtest_random_seed)"));
  OpenViews({Inline<Tasks>(), Async<AsyncTasks>()});
  for (int i = 0; i < 60; ++i) Change(60);
  int turn = 0;
  const auto expect = [&](const IndexRows<TaskRow>& rows, const auto& place) {
    using At = std::pair<decltype(place(std::declval<const TaskRow&>())), std::string>;
    std::map<std::string, At> stayed;
    for (const auto& [key, row] : model_) stayed.emplace(key, At(place(row), key));
    const std::vector<std::string> keys = Pages<AsyncTasks>(rows, random_() % 4 + 1, [&] {
      for (size_t n = random_() % 3; n > 0; --n) Change(60);
      std::erase_if(stayed, [&](const auto& known) {
        const auto now = model_.find(known.first);
        return now == model_.end() || At(place(now->second), now->first) != known.second;
      });
      // As good as never: a new build, or a restart.
      if (++turn % 50 == 25) {
        auto rebuild = views_->Rebuild<AsyncTasks>();
        ASSERT_THAT(rebuild, IsOk());
        ASSERT_THAT(rebuild->Wait(), IsOk());
      } else if (turn % 50 == 49) {
        Restart();
        OpenViews({Inline<Tasks>(), Async<AsyncTasks>()});
      }
    });
    std::vector<At> expected;
    for (const auto& [key, at] : stayed) expected.push_back(at);
    std::sort(expected.begin(), expected.end());
    std::vector<std::string> kept;
    for (const std::string& key : keys) {
      if (stayed.count(key) > 0) kept.push_back(key);
    }
    std::vector<std::string> in_order;
    for (const At& at : expected) in_order.push_back(at.second);
    EXPECT_EQ(kept, in_order);
    return in_order.size();
  };
  size_t stayed = 0;
  for (int round = 0; round < 6 && !HasFailure(); ++round) {
    stayed += expect(Tasks::ByAssignee(), kByAssignee);
    stayed += expect(Tasks::ByKind(), kByKind);
    stayed += expect(Tasks::ByPoints(), kByPoints);
  }
  EXPECT_GT(stayed, 18u);
}

TEST_P(RandomIndexes, WhoWatchesHasTheRowsThatAreAskedFor) {
  SCOPED_TRACE(absl::StrCat("seed ", seed_, " (--gtest_random_seed)"));
  OpenViews({Inline<Tasks>(), Async<AsyncTasks>()});
  const std::string text = OneOf(random_, Texts());
  const tasks::Kind kind = OneOf(random_, Kinds());
  const auto points = static_cast<uint32_t>(OneOf(random_, kNumbers));
  struct Watcher {
    IndexRows<TaskRow> rows;
    std::function<bool(const TaskRow&)> wanted;
    LiveCopy<AsyncTasks> copy{.by_index = true};
    std::optional<LiveQuery<AsyncTasks>> query;
  };
  std::vector<Watcher> watchers;
  watchers.push_back({Tasks::ByAssignee(), [](const TaskRow&) { return true; }, {}, {}});
  watchers.push_back(
      {Tasks::ByAssignee(text), [=](const TaskRow& r) { return r.assignee() == text; }, {}, {}});
  watchers.push_back(
      {Tasks::ByKind(kind, false).From(points),
       [=](const TaskRow& r) { return r.kind() == kind && !r.urgent() && r.points() >= points; },
       {},
       {}});
  watchers.push_back({Tasks::ByPoints().Until(points),
                      [=](const TaskRow& r) { return r.points() < points; },
                      {},
                      {}});
  size_t told = 0;
  for (int round = 0; round < 60 && !HasFailure(); ++round) {
    for (size_t n = random_() % 4; n > 0; --n) Change(40);
    if (round % 20 == 19) {
      auto rebuild = views_->Rebuild<AsyncTasks>();
      ASSERT_THAT(rebuild, IsOk());
      ASSERT_THAT(rebuild->Wait(), IsOk());
    }
    for (Watcher& watcher : watchers) {
      LiveCopy<AsyncTasks>& copy = watcher.copy;
      copy.by_index = true;
      if (!watcher.query.has_value() || random_() % 8 == 0) {
        copy.knows_all = !watcher.query.has_value();
        auto query = views_->Watch<AsyncTasks>(
            watcher.rows, {.batch_rows = random_() % 5 + 1, .resume = copy.resume});
        ASSERT_THAT(query, IsOk());
        watcher.query.emplace(*std::move(query));
      }
      // Sometimes in the middle of a moment.
      const bool all = random_() % 3 != 0;
      do {
        ASSERT_TRUE(copy.TakeNext(*watcher.query, absl::Milliseconds(1)));
        told += copy.last.size();
      } while (all && (!copy.complete || copy.position < store_->Tip()));
      if (!all) continue;
      shop::Rows expected;
      for (const auto& [key, row] : model_) {
        if (watcher.wanted(row)) expected.emplace(key, EncodeMessage(row));
      }
      EXPECT_EQ(copy.rows, expected) << "round " << round << ", " << watcher.rows.query().index;
    }
  }
  EXPECT_GT(told, 300u);
}

INSTANTIATE_TEST_SUITE_P(Stores, RandomIndexes, testing::ValuesIn(StoreKinds()),
                         [](const auto& kind) { return std::string(kind.param.name); });

}  // namespace
}  // namespace daybook
