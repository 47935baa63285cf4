// Those who watch what an index is asked for: rows that come to it, and rows that leave it.
#include <string>
#include <thread>
#include <utility>

#include "daybook/core/errors.h"
#include "daybook/projections/live_query.h"
#include "daybook/projections/view_index.h"
#include "daybook/v1/errors.pb.h"
#include "live_copy.h"
#include "tasks.h"
#include "views_test.h"

namespace daybook {
namespace {

using tasks::AsyncTasks;
using tasks::RemoveTask;
using tasks::SetTask;
using tasks::Tasks;
using tasks::TaskSet;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class LiveIndexes : public ViewsTest {
 protected:
  Token Set(Fields<TaskSet>::Init init) {
    const std::string stream = absl::StrCat("task-", init.task);
    return Append(stream, {SetTask(Make<TaskSet>(std::move(init)))});
  }
  Token Remove(std::string task) { return Append(absl::StrCat("task-", task), {RemoveTask(task)}); }
  LiveQuery<Tasks> Watch(const IndexRows<tasks::Task>& rows, const LiveQueryOptions& options = {}) {
    auto query = views_->Watch<Tasks>(rows, options);
    EXPECT_THAT(query, IsOk());
    return *std::move(query);
  }
};

TEST_P(LiveIndexes, RowsComeToItAndLeaveIt) {
  OpenViews({Inline<Tasks>()});
  Set({.task = "roof", .assignee = "ann", .due = 20});
  Set({.task = "lamp", .assignee = "bob", .due = 5});
  Set({.task = "door", .assignee = "ann", .due = -3});
  LiveQuery<Tasks> query = Watch(Tasks::ByAssignee("ann"));
  LiveCopy<Tasks> copy{.by_index = true};
  ASSERT_TRUE(copy.TakeNext(query));
  EXPECT_THAT(copy.last, ElementsAre("door", "roof"));
  EXPECT_TRUE(copy.complete);

  // One comes, one goes to another, one is changed, and bob's are nobody's business.
  Set({.task = "lamp", .assignee = "ann", .due = 7});
  Set({.task = "roof", .assignee = "bob"});
  Set({.task = "door", .assignee = "ann", .due = 9});
  Set({.task = "yard", .assignee = "bob"});
  ASSERT_TRUE(copy.TakeNext(query));
  EXPECT_THAT(copy.last, ElementsAre("door", "lamp", "roof"));
  EXPECT_EQ(copy.rows.size(), 2u);
  EXPECT_EQ(copy.rows.count("roof"), 0u);

  Remove("door");
  ASSERT_TRUE(copy.TakeNext(query));
  EXPECT_THAT(copy.last, ElementsAre("door"));
  EXPECT_EQ(copy.rows.size(), 1u);
  EXPECT_EQ(copy.resets, 1);
}

TEST_P(LiveIndexes, NobodyIsWokenByRowsOfOthers) {
  OpenViews({Inline<Tasks>()});
  LiveQuery<Tasks> query = Watch(Tasks::ByAssignee("ann"));
  LiveCopy<Tasks> copy{.by_index = true};
  ASSERT_TRUE(copy.TakeNext(query));
  const std::string before = copy.resume;
  Set({.task = "lamp", .assignee = "bob"});
  ASSERT_TRUE(copy.TakeNext(query, absl::Milliseconds(20)));
  EXPECT_THAT(copy.last, IsEmpty());
  EXPECT_EQ(copy.position, store_->Tip());
  EXPECT_NE(copy.resume, before);
  std::thread other([this] {
    for (int i = 0; i < 20; ++i) Set({.task = "lamp", .assignee = "bob", .due = i});
    Set({.task = "roof", .assignee = "ann"});
  });
  ASSERT_TRUE(copy.TakeNext(query));
  EXPECT_THAT(copy.last, ElementsAre("roof"));
  other.join();
}

TEST_P(LiveIndexes, ARangeOfTheNextFieldAndOfKeys) {
  OpenViews({Inline<Tasks>()});
  for (const char* task : {"a1", "a2", "b1"}) Set({.task = task, .assignee = "ann", .due = 5});
  LiveQuery<Tasks> query =
      Watch(Tasks::ByAssignee("ann").From(5).Until(10), {.prefix = "a", .batch_rows = 1});
  LiveCopy<Tasks> copy{.by_index = true};
  ASSERT_TRUE(copy.TakeNext(query));
  EXPECT_THAT(copy.last, ElementsAre("a1"));
  EXPECT_FALSE(copy.complete);
  ASSERT_TRUE(copy.TakeNext(query));
  EXPECT_THAT(copy.last, ElementsAre("a2"));
  EXPECT_TRUE(copy.complete);
  Set({.task = "a1", .assignee = "ann", .due = 10});
  Set({.task = "a3", .assignee = "ann", .due = 9});
  Set({.task = "b1", .assignee = "ann", .due = 6});
  ASSERT_TRUE(copy.TakeNext(query));
  ASSERT_TRUE(copy.TakeNext(query));
  EXPECT_TRUE(copy.complete);
  EXPECT_EQ(copy.rows.size(), 2u);
  EXPECT_EQ(copy.rows.count("a1"), 0u);
}

TEST_P(LiveIndexes, WhoGoesOnIsToldAllThatLeft) {
  OpenViews({Inline<Tasks>()});
  Set({.task = "roof", .assignee = "ann"});
  LiveCopy<Tasks> copy{.by_index = true};
  {
    LiveQuery<Tasks> query = Watch(Tasks::ByAssignee("ann"));
    ASSERT_TRUE(copy.TakeNext(query));
  }
  Set({.task = "roof", .assignee = "bob"});
  Restart();
  OpenViews({Inline<Tasks>()});
  Set({.task = "lamp", .assignee = "bob"});
  LiveQuery<Tasks> query = Watch(Tasks::ByAssignee("ann"), {.resume = copy.resume});
  copy.knows_all = false;
  ASSERT_TRUE(copy.TakeNext(query));
  EXPECT_THAT(copy.rows, IsEmpty());
  EXPECT_EQ(copy.resets, 1);
  EXPECT_THAT(copy.last, ElementsAre("lamp", "roof"));
}

TEST_P(LiveIndexes, SayWhatIsWrong) {
  OpenViews({Inline<Tasks>(), Async<AsyncTasks>()});
  const auto why = [](const auto& query, absl::string_view field) {
    EXPECT_THAT(query, StatusIs(absl::StatusCode::kInvalidArgument));
    const auto invalid = ErrorPayload<v1::InvalidField>(query.status());
    EXPECT_TRUE(invalid.has_value() && invalid->field() == field) << query.status();
    return invalid.has_value() ? invalid->rule() : "";
  };
  EXPECT_THAT(why(views_->Watch<Tasks>(IndexRows<tasks::Task>("by_color")), "index"),
              HasSubstr("by_color"));
  EXPECT_THAT(why(views_->Watch("Task", IndexText{.index = "by_color"}), "index"),
              HasSubstr("by_assignee"));
  EXPECT_THAT(why(views_->Watch("Nothing", IndexText{.index = "by_assignee"}), "view"),
              HasSubstr("Nothing is not"));
  EXPECT_EQ(why(views_->Watch<Tasks>(Tasks::ByAssignee(), {.batch_rows = 0}), "batch_rows"),
            "at least 1");
  LiveQuery<Tasks> query = Watch(Tasks::ByAssignee("ann"));
  const auto batch = query.Next(absl::ZeroDuration());
  ASSERT_THAT(batch, IsOk());
  EXPECT_THAT(why(views_->Watch<Tasks>({.resume = batch->resume}), "resume"),
              HasSubstr("it goes on by index by_assignee, not by key"));
  EXPECT_THAT(
      why(views_->Watch<Tasks>(Tasks::ByAssignee("bob"), {.resume = batch->resume}), "resume"),
      HasSubstr("of another query"));
  EXPECT_THAT(
      why(views_->Watch<Tasks>(Tasks::ByAssignee("ann"), {.prefix = "a", .resume = batch->resume}),
          "resume"),
      HasSubstr("of another query"));
}

INSTANTIATE_TEST_SUITE_P(Stores, LiveIndexes, testing::ValuesIn(StoreKinds()),
                         [](const auto& kind) { return std::string(kind.param.name); });

}  // namespace
}  // namespace daybook
