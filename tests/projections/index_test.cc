// Rows by an index: what is asked for, what is stored, and what becomes of it in other builds.
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "daybook/core/errors.h"
#include "daybook/projections/view_index.h"
#include "tasks.h"
#include "views_test.h"

namespace daybook {
namespace {

using tasks::AsyncTasks;
using tasks::EntriesOf;
using tasks::RemoveTask;
using tasks::SetTask;
using tasks::StoredEntries;
using tasks::Tasks;
using tasks::TaskSet;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

google::protobuf::Timestamp TimestampOf(absl::string_view text) {
  absl::Time time;
  std::string problem;
  EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, text, &time, &problem)) << problem;
  google::protobuf::Timestamp timestamp;
  timestamp.set_seconds(absl::ToUnixSeconds(time));
  timestamp.set_nanos(static_cast<int32_t>(
      absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(timestamp.seconds()))));
  return timestamp;
}

class Indexes : public ViewsTest {
 protected:
  Token Set(Fields<TaskSet>::Init init) {
    const std::string stream = absl::StrCat("task-", init.task);
    return Append(stream, {SetTask(Make<TaskSet>(std::move(init)))});
  }
  Token Remove(std::string task) { return Append(absl::StrCat("task-", task), {RemoveTask(task)}); }
  template <typename P = Tasks>
  std::vector<std::string> Keys(const IndexRows<tasks::Task>& rows,
                                const FindOptions& options = {}) {
    const auto page = views_->Find<P>(rows, options);
    EXPECT_THAT(page, IsOk());
    std::vector<std::string> keys;
    if (page.ok()) {
      for (const ViewRow<P>& row : page->rows) keys.push_back(row.key);
    }
    return keys;
  }
  // Three of ann's, two of bob's.
  void SetSome() {
    Set({.task = "roof", .assignee = "ann", .due = 20, .kind = tasks::KIND_REPAIR});
    Set({.task = "lamp", .assignee = "bob", .due = 5, .kind = tasks::KIND_CHORE, .urgent = true});
    Set({.task = "door", .assignee = "ann", .due = -3, .kind = tasks::KIND_REPAIR});
    Set({.task = "yard", .assignee = "ann", .due = 10, .kind = tasks::KIND_OLD});
    Set({.task = "oven", .assignee = "bob", .due = 5, .kind = tasks::KIND_CHORE});
  }
  template <typename P>
  void ExpectEntriesOfRows(uint32_t generation) {
    const Rows rows = shop::StoredRows(*store_, *store_->Reader(), P::kName, generation);
    EXPECT_EQ(StoredEntries(*store_, *store_->Reader(), P::kName, generation), EntriesOf<P>(rows));
  }
};

TEST_P(Indexes, RowsByLeadingFieldsAndARangeOfTheNext) {
  OpenViews({Inline<Tasks>()});
  SetSome();
  EXPECT_THAT(Keys(Tasks::ByAssignee("ann")), ElementsAre("door", "yard", "roof"));
  EXPECT_THAT(Keys(Tasks::ByAssignee("ann").From(10)), ElementsAre("yard", "roof"));
  EXPECT_THAT(Keys(Tasks::ByAssignee("ann").From(-3).Until(20)), ElementsAre("door", "yard"));
  EXPECT_THAT(Keys(Tasks::ByAssignee("ann").Until(-3)), IsEmpty());
  EXPECT_THAT(Keys(Tasks::ByAssignee("ann").From(10).Until(10)), IsEmpty());
  EXPECT_THAT(Keys(Tasks::ByAssignee("bob", 5)), ElementsAre("lamp", "oven"));
  EXPECT_THAT(Keys(Tasks::ByAssignee("bo")), IsEmpty());
  EXPECT_THAT(Keys(Tasks::ByAssignee()), ElementsAre("door", "yard", "roof", "lamp", "oven"));
  EXPECT_THAT(Keys(Tasks::ByAssignee().From("b")), ElementsAre("lamp", "oven"));
  EXPECT_THAT(Keys(Tasks::ByAssignee(), {.limit = 2}), ElementsAre("door", "yard"));
  EXPECT_THAT(Keys(Tasks::ByKind()), ElementsAre("yard", "oven", "lamp", "door", "roof"));
  EXPECT_THAT(Keys(Tasks::ByKind(tasks::KIND_CHORE, true)), ElementsAre("lamp"));
  EXPECT_THAT(Keys(Tasks::ByKind().From(tasks::KIND_CHORE).Until(tasks::KIND_REPAIR)),
              ElementsAre("oven", "lamp"));
  EXPECT_THAT(Keys(Tasks::ByPoints(0)), ElementsAre("door", "lamp", "oven", "roof", "yard"));
}

TEST_P(Indexes, ARowStandsWhereItsLastChangePutIt) {
  OpenViews({Inline<Tasks>(), Async<AsyncTasks>()});
  SetSome();
  Set({.task = "roof", .assignee = "bob", .due = 1});
  Token token = Remove("door");
  for (int round = 0; round < 2; ++round) {
    EXPECT_THAT(Keys(Tasks::ByAssignee("ann")), ElementsAre("yard"));
    EXPECT_THAT(Keys(Tasks::ByAssignee("bob")), ElementsAre("roof", "lamp", "oven"));
    EXPECT_THAT(Keys<AsyncTasks>(Tasks::ByAssignee("ann"), {.at_least = token}),
                ElementsAre("yard"));
    EXPECT_THAT(Keys<AsyncTasks>(Tasks::ByAssignee("bob")), ElementsAre("roof", "lamp", "oven"));
    ExpectEntriesOfRows<Tasks>(1);
    ExpectEntriesOfRows<AsyncTasks>(1);
    Restart();
    OpenViews({Inline<Tasks>(), Async<AsyncTasks>()});
  }
  // One that is made, changed and removed in a commit leaves nothing.
  token = Append("task-x", {SetTask(Make<TaskSet>({.task = "x", .assignee = "ann"})),
                            SetTask(Make<TaskSet>({.task = "x", .assignee = "bob"})),
                            RemoveTask("x"), RemoveTask("oven")});
  EXPECT_THAT(Keys(Tasks::ByAssignee("ann")), ElementsAre("yard"));
  EXPECT_THAT(Keys<AsyncTasks>(Tasks::ByAssignee("bob"), {.at_least = token}),
              ElementsAre("roof", "lamp"));
  ExpectEntriesOfRows<Tasks>(1);
  ExpectEntriesOfRows<AsyncTasks>(1);
}

TEST_P(Indexes, AnAsyncViewIsWaitedFor) {
  OpenViews({Async<Tasks>()});
  for (int i = 0; i < 50; ++i) {
    const Token token = Set({.task = "roof", .assignee = "ann", .due = i});
    EXPECT_THAT(Keys(Tasks::ByAssignee("ann", i), {.at_least = token}), ElementsAre("roof"));
  }
  EXPECT_THAT(views_->Find<Tasks>(Tasks::ByAssignee(), {.at_least = Token(Position(1'000)),
                                                        .timeout = absl::Milliseconds(10)}),
              StatusIs(absl::StatusCode::kDeadlineExceeded));
}

TEST_P(Indexes, ARebuildMakesTheSameEntriesAndADroppedBuildLeavesNone) {
  OpenViews({Inline<Tasks>(), Async<AsyncTasks>()}, {.fold_workers = 3});
  for (int i = 0; i < 300; ++i) {
    const std::string task = absl::StrCat("t", i % 40);
    if (i % 7 == 6) {
      Remove(task);
    } else {
      Set({.task = task, .assignee = absl::StrCat("p", i % 5), .due = i % 11 - 5});
    }
  }
  RowsOf<AsyncTasks>(Tip());
  const Rows inline_entries = StoredEntries(*store_, *store_->Reader(), "Task", 1);
  const Rows async_entries = StoredEntries(*store_, *store_->Reader(), "AsyncTask", 1);
  EXPECT_THAT(inline_entries, testing::Not(IsEmpty()));
  EXPECT_EQ(inline_entries, async_entries);
  for (int generation = 2; generation <= 3; ++generation) {
    auto tasks = views_->Rebuild<Tasks>();
    auto async = views_->Rebuild<AsyncTasks>();
    ASSERT_THAT(tasks, IsOk());
    ASSERT_THAT(async, IsOk());
    ASSERT_THAT(tasks->Wait(), IsOk());
    ASSERT_THAT(async->Wait(), IsOk());
    EXPECT_EQ(StoredEntries(*store_, *store_->Reader(), "Task", generation), inline_entries);
    EXPECT_EQ(StoredEntries(*store_, *store_->Reader(), "AsyncTask", generation), inline_entries);
  }
  const absl::Time deadline = absl::Now() + absl::Seconds(60);
  while (absl::Now() < deadline && (StatusOf<Tasks>().generations.size() > 2 ||
                                    StatusOf<AsyncTasks>().generations.size() > 2)) {
    absl::SleepFor(absl::Milliseconds(1));
  }
  EXPECT_THAT(StoredEntries(*store_, *store_->Reader(), "Task", 1), IsEmpty());
  EXPECT_THAT(StoredEntries(*store_, *store_->Reader(), "AsyncTask", 1), IsEmpty());
  // Going back finds the entries, and they go on.
  auto back = views_->Rollback<AsyncTasks>();
  ASSERT_THAT(back, IsOk());
  ASSERT_THAT(back->Wait(), IsOk());
  EXPECT_EQ(StatusOf<AsyncTasks>().generation, 2u);
  Set({.task = "t1", .assignee = "zoe"});
  EXPECT_THAT(Keys<AsyncTasks>(Tasks::ByAssignee("zoe"), {.at_least = Tip()}), ElementsAre("t1"));
  ExpectEntriesOfRows<AsyncTasks>(2);
}

// The same view with other indexes: one is as it was, under another number, one is of other fields,
// and one is new.
struct ReindexedTasks : Tasks {
  static constexpr std::array<DeclaredIndex, 3> kIndexes = {
      {{"by_due", "due"}, {"by_kind", "kind, points"}, {"by_assignee", "assignee, due"}}};
  static void AppendIndexValues(size_t index, const Row& row, std::string* bytes) {
    gate().Pass();
    if (index == 2) internal::AppendIndexValue(row.assignee(), bytes);
    if (index == 1) {
      internal::AppendIndexValue(row.kind(), bytes);
      internal::AppendIndexValue(row.points(), bytes);
    } else {
      internal::AppendIndexValue(row.due(), bytes);
    }
  }
  static IndexRange<Row, int64_t> ByDue() { return IndexRange<Row, int64_t>("by_due"); }
  static Gate& gate() {
    static Gate& gate = *new Gate();
    return gate;
  }
};

TEST_P(Indexes, AChangedListIsBuiltWhileTheOldBuildAnswersWhatItCan) {
  OpenViews({Async<Tasks>()});
  SetSome();
  RowsOf<Tasks>(Tip());
  Restart();
  ReindexedTasks::gate().Close();
  OpenViews({Async<ReindexedTasks>()});
  ReindexedTasks::gate().Await();
  EXPECT_EQ(StatusOf<ReindexedTasks>().state, ViewState::kStale);
  EXPECT_THAT(Keys<ReindexedTasks>(Tasks::ByAssignee("ann")), ElementsAre("door", "yard", "roof"));
  for (const auto& rows :
       {IndexRows<tasks::Task>(ReindexedTasks::ByDue()), IndexRows<tasks::Task>(Tasks::ByKind())}) {
    EXPECT_THAT(views_->Find<ReindexedTasks>(rows),
                StatusIs(absl::StatusCode::kUnavailable, HasSubstr(rows.query().index)));
  }
  const auto page = views_->Find<ReindexedTasks>(Tasks::ByAssignee("ann"), {.limit = 1});
  ASSERT_THAT(page, IsOk());
  ReindexedTasks::gate().Open();
  const absl::Time deadline = absl::Now() + absl::Seconds(60);
  while (absl::Now() < deadline && StatusOf<ReindexedTasks>().generation != 2) {
    absl::SleepFor(absl::Milliseconds(1));
  }
  EXPECT_THAT(Keys<ReindexedTasks>(ReindexedTasks::ByDue(), {.at_least = Tip()}),
              ElementsAre("door", "lamp", "oven", "yard", "roof"));
  // The token of the old build is one of the new one too.
  EXPECT_THAT(Keys<ReindexedTasks>(Tasks::ByAssignee("ann"), {.page = page->next}),
              ElementsAre("yard", "roof"));
  EXPECT_THAT(views_->Find<ReindexedTasks>(Tasks::ByPoints()),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("by_points")));
  ExpectEntriesOfRows<ReindexedTasks>(2);
  EXPECT_NE(internal::DefinitionOf<Tasks>()->fingerprint(),
            internal::DefinitionOf<ReindexedTasks>()->fingerprint());
}

TEST_P(Indexes, AViewWithoutIndexesIsWhatItWas) {
  // As versions before indexes had it.
  EXPECT_EQ(internal::DefinitionOf<shop::Balances>()->fingerprint().ToString(),
            "3bf55f3b-359c-80a9-ac3b-010830f762ce");
  OpenViews({Inline<shop::Balances>()});
  Append("account-1", {shop::Deposit(1)});
  const auto tables = store_->Tables();
  for (const auto& [name, id] : tables) EXPECT_THAT(name, testing::Not(HasSubstr("index/")));
}

TEST_P(Indexes, ARowWhoseEntryDoesNotFitIsRefused) {
  OpenViews({Inline<Tasks>(), Async<AsyncTasks>()});
  // By_assignee has a byte for its number, two behind the text, eight for the time, and the key.
  const std::string longest(1024 - 1 - 2 - 8 - 1, 'a');
  Set({.task = "x", .assignee = longest});
  EXPECT_THAT(Keys(Tasks::ByAssignee(longest)), ElementsAre("x"));
  const absl::Status refused =
      TryAppend("task-x", {SetTask(Make<TaskSet>({.task = "x", .assignee = longest + "a"}))});
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("by_assignee")));
  EXPECT_EQ(ErrorPayload<v1::InvalidField>(refused)->field(), "row");
  // Escaped, a zero takes two.
  EXPECT_THAT(
      TryAppend("task-x",
                {SetTask(Make<TaskSet>({.task = "x", .assignee = std::string(600, '\0')}))}),
      StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(Keys(Tasks::ByAssignee()), ElementsAre("x"));
}

TEST_P(Indexes, AnAsyncViewParksWhatDoesNotFit) {
  OpenViews({Async<Tasks>({.retry = {.attempts = 1}})});
  Set({.task = "x", .assignee = "ann"});
  Set({.task = "x", .assignee = std::string(2'000, 'a')});
  Set({.task = "x", .assignee = "bob"});
  const Token token = Set({.task = "y", .assignee = "ann"});
  EXPECT_THAT(Keys(Tasks::ByAssignee(), {.at_least = token}), ElementsAre("x", "y"));
  EXPECT_THAT(views_->Get<Tasks>("x", {.at_least = token}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("by_assignee")));
  EXPECT_THAT(views_->DropParked("Task", "x"), IsOkAndHolds(2u));
  Set({.task = "x", .assignee = "cid"});
  EXPECT_THAT(Keys(Tasks::ByAssignee("cid"), {.at_least = Tip()}), ElementsAre("x"));
  ExpectEntriesOfRows<Tasks>(1);
}

TEST_P(Indexes, ADamagedIndexIsSaid) {
  OpenViews({Inline<Tasks>()});
  SetSome();
  Commit commit;
  const TableId rows = *store_->OpenTable("view/Task/1");
  const TableId index = *store_->OpenTable("index/Task/1");
  commit.writes.push_back({rows, "lamp", std::nullopt});
  commit.writes.push_back({index,
                           std::string("\x02"
                                       "ab",
                                       3),
                           ""});
  ASSERT_THAT(store_->Append(std::move(commit)), IsOk());
  EXPECT_THAT(views_->Find<Tasks>(Tasks::ByAssignee("bob")),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("lamp")));
  EXPECT_THAT(views_->Find<Tasks>(Tasks::ByCode()),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("by_code")));
}

std::string FieldOf(const absl::Status& status) {
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument));
  const auto field = ErrorPayload<v1::InvalidField>(status);
  return field.has_value() ? field->field() : "";
}

TEST_P(Indexes, AskedForInText) {
  OpenViews({Inline<Tasks>()});
  SetSome();
  const auto keys = [this](const IndexText& text) {
    const auto rows = ParseIndexRows<Tasks>(text);
    EXPECT_THAT(rows, IsOk());
    return rows.ok() ? Keys(*rows) : std::vector<std::string>();
  };
  EXPECT_THAT(keys({.index = "by_assignee", .equals = {"ann"}, .from = "-3", .until = "20"}),
              ElementsAre("door", "yard"));
  EXPECT_THAT(keys({.index = "by_kind", .equals = {"KIND_CHORE", "true", "0"}}),
              ElementsAre("lamp"));
  EXPECT_THAT(keys({.index = "by_kind", .equals = {"-1"}}), ElementsAre("yard"));
  EXPECT_THAT(keys({.index = "by_code", .equals = {"", "0"}, .until = "1"}),
              ElementsAre("door", "lamp", "oven", "roof", "yard"));
  EXPECT_THAT(keys({.index = "by_points"}), ElementsAre("door", "lamp", "oven", "roof", "yard"));
  Set({.task = "gate", .at = TimestampOf("2026-03-01T12:00:00.5Z")});
  EXPECT_THAT(keys({.index = "by_at", .from = "2026-03-01T13:00:00.5+01:00"}), ElementsAre("gate"));
  EXPECT_THAT(keys({.index = "by_at",
                    .from = "1970-01-01T00:00:00.000000001Z",
                    .until = "2026-03-01T12:00:00.5Z"}),
              IsEmpty());

  const auto field = [](const IndexText& text) {
    return FieldOf(ParseIndexRows<Tasks>(text).status());
  };
  EXPECT_EQ(field({.index = "by_nothing"}), "index");
  EXPECT_EQ(field({.index = ""}), "index");
  EXPECT_EQ(field({.index = "by_assignee", .equals = {"ann", "soon"}}), "equals[1]");
  EXPECT_EQ(field({.index = "by_assignee", .equals = {"ann", "9223372036854775808"}}), "equals[1]");
  EXPECT_EQ(field({.index = "by_assignee", .equals = {"ann", "1", "2"}}), "equals");
  EXPECT_EQ(field({.index = "by_assignee", .equals = {"ann", "1"}, .from = "1"}), "from");
  EXPECT_EQ(field({.index = "by_assignee", .equals = {"ann"}, .from = "x"}), "from");
  EXPECT_EQ(field({.index = "by_assignee", .equals = {"ann"}, .until = ""}), "until");
  EXPECT_EQ(field({.index = "by_kind", .equals = {"KIND_NONE"}}), "equals[0]");
  EXPECT_EQ(field({.index = "by_kind", .equals = {"1", "yes"}}), "equals[1]");
  EXPECT_EQ(field({.index = "by_points", .equals = {"-1"}}), "equals[0]");
  EXPECT_EQ(field({.index = "by_at", .equals = {"yesterday"}}), "equals[0]");
  EXPECT_THAT(ParseIndexRows<shop::Balances>({.index = "by_assignee"}).status(),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("which has none")));
}

TEST_P(Indexes, WhatIsWrongInAQueryIsNamed) {
  OpenViews({Inline<Tasks>()});
  EXPECT_EQ(FieldOf(views_->Find<Tasks>(Tasks::ByAssignee(), {.limit = 0}).status()), "limit");
  EXPECT_EQ(FieldOf(views_->Page<Tasks>({.limit = 0}).status()), "limit");
  EXPECT_EQ(FieldOf(views_->Find<Tasks>(IndexRows<tasks::Task>("by_nothing")).status()), "index");
  EXPECT_EQ(FieldOf(views_->Find<AsyncTasks>(Tasks::ByAssignee()).status()), "view");
}

INSTANTIATE_TEST_SUITE_P(Stores, Indexes, testing::ValuesIn(StoreKinds()),
                         [](const auto& kind) { return std::string(kind.param.name); });

}  // namespace
}  // namespace daybook
