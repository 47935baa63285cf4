#include "starter.h"

#include "daybook/testkit/given.h"
#include "daybook/testkit/given_events.h"
#include "daybook/testkit/rejection_matchers.h"
#include "daybook/testkit/row_matchers.h"
#include "daybook/testkit/status_matchers.h"
#include "daybook/testkit/test_app.h"
#include "gtest/gtest.h"

namespace starter {
namespace {

using daybook::Given, daybook::GivenEvents, daybook::InStream, daybook::Make;

TEST(Task, IsAddedOnce) {
  Given<Task>()
      .When(Make<AddTask>({.task = "1", .title = "write"}))
      .ThenEmits(Make<TaskAdded>({.title = "write"}));
  Given<Task>(Make<TaskAdded>({.title = "write"}))
      .When(Make<AddTask>({.task = "1", .title = "read"}))
      .ThenRejected<TaskExists>({.title = "write"});
}

TEST(Task, IsFinishedWhenItIsThere) {
  Given<Task>().When(Make<FinishTask>({.task = "1"})).ThenRejected<NoSuchTask>();
  Given<Task>(Make<TaskAdded>({.title = "write"}))
      .When(Make<FinishTask>({.task = "1"}))
      .ThenEmits(Make<TaskFinished>());
}

TEST(Board, ShowsEveryTask) {
  GivenEvents<Board>(InStream("task-1"), Make<TaskAdded>({.title = "write"}), Make<TaskFinished>())
      .ThenRow("1", {.title = "write", .finished = true});
}

TEST(Starter, FromCommandToRow) {
  daybook::TestApp app(daybook::Aggregate<Task>(), daybook::Inline<Board>());
  ASSERT_THAT(app->Execute(Make<AddTask>({.task = "1", .title = "write"})), daybook::IsOk());
  EXPECT_THAT(app->Get<Board>("1"), daybook::HasRow<Board>({.title = "write"}));
}

}  // namespace
}  // namespace starter
