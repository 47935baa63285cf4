// Pages by key and by index, and the tokens between them.
#include <set>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "daybook/core/errors.h"
#include "query_token.h"
#include "tasks.h"
#include "views_test.h"

namespace daybook {
namespace {

using tasks::AsyncTasks;
using tasks::SetTask;
using tasks::Tasks;
using tasks::TaskSet;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Pages : public ViewsTest {
 protected:
  void SetUp() override {
    ViewsTest::SetUp();
    OpenAll();
    for (const std::string key : {"d", "a", "c", "e", "b"}) Set(key, "ann");
  }
  void OpenAll() { OpenViews({Inline<Tasks>(), Async<AsyncTasks>()}); }
  void Set(const std::string& task, const std::string& assignee) {
    Append(absl::StrCat("task-", task),
           {SetTask(Make<TaskSet>({.task = task, .assignee = assignee, .due = task[0]}))});
  }
  template <typename P>
  static std::vector<std::string> KeysOf(const absl::StatusOr<ViewPage<P>>& page) {
    EXPECT_THAT(page, IsOk());
    std::vector<std::string> keys;
    if (page.ok()) {
      for (const ViewRow<P>& row : page->rows) keys.push_back(row.key);
    }
    return keys;
  }
  template <typename P>
  static std::string Why(const absl::StatusOr<ViewPage<P>>& page) {
    EXPECT_THAT(page, StatusIs(absl::StatusCode::kInvalidArgument));
    const auto field = ErrorPayload<v1::InvalidField>(page.status());
    EXPECT_TRUE(field.has_value() && field->field() == "page");
    return field.has_value() ? field->rule() : "";
  }
};

TEST_P(Pages, OneAfterTheOther) {
  auto page = views_->Page<Tasks>({.limit = 2});
  EXPECT_THAT(KeysOf(page), ElementsAre("a", "b"));
  page = views_->Page<Tasks>({.limit = 2, .page = page->next});
  EXPECT_THAT(KeysOf(page), ElementsAre("c", "d"));
  page = views_->Page<Tasks>({.limit = 2, .page = page->next});
  EXPECT_THAT(KeysOf(page), ElementsAre("e"));
  EXPECT_THAT(page->next, IsEmpty());
  // The last row there is ends it, too.
  EXPECT_THAT(views_->Page<Tasks>({.limit = 5})->next, IsEmpty());
  EXPECT_THAT(views_->Page<Tasks>({})->next, IsEmpty());
  EXPECT_THAT(views_->Page<Tasks>({.from = "x", .limit = 1})->next, IsEmpty());
  EXPECT_THAT(KeysOf(views_->Page<Tasks>({.from = "b", .until = "d", .limit = 9})),
              ElementsAre("b", "c"));
}

TEST_P(Pages, BackwardsToo) {
  const Direction backwards = Direction::kBackwards;
  auto page = views_->Page<Tasks>({.limit = 2, .direction = backwards});
  EXPECT_THAT(KeysOf(page), ElementsAre("e", "d"));
  const std::string token = page->next;
  // The row that the page ended at goes; one comes before it, one behind it.
  Append("task-d", {tasks::RemoveTask("d")});
  Set("dd", "ann");
  Set("cc", "ann");
  page = views_->Page<Tasks>({.limit = 2, .page = token, .direction = backwards});
  EXPECT_THAT(KeysOf(page), ElementsAre("cc", "c"));
  page = views_->Page<Tasks>({.limit = 2, .page = page->next, .direction = backwards});
  EXPECT_THAT(KeysOf(page), ElementsAre("b", "a"));
  EXPECT_THAT(page->next, IsEmpty());
  auto found = views_->Find<Tasks>(Tasks::ByAssignee("ann"), {.limit = 3, .direction = backwards});
  EXPECT_THAT(KeysOf(found), ElementsAre("e", "dd", "cc"));
  found =
      views_->Find<Tasks>(Tasks::ByAssignee("ann"), {.page = found->next, .direction = backwards});
  EXPECT_THAT(KeysOf(found), ElementsAre("c", "b", "a"));

  const auto other = HasSubstr("of another query");
  EXPECT_THAT(Why(views_->Page<Tasks>({.page = token})), other);
  EXPECT_THAT(Why(views_->Page<Tasks>(
                  {.page = views_->Page<Tasks>({.limit = 1})->next, .direction = backwards})),
              other);
}

TEST_P(Pages, RowsThatComeAndGoBetweenThem) {
  const auto by_key = views_->Page<Tasks>({.limit = 2});
  const auto by_index = views_->Find<Tasks>(Tasks::ByAssignee("ann"), {.limit = 2});
  // The row that the page ended at goes; one comes before it, one behind it.
  Append("task-b", {tasks::RemoveTask("b")});
  Set("aa", "ann");
  Set("bb", "ann");
  EXPECT_THAT(KeysOf(views_->Page<Tasks>({.limit = 2, .page = by_key->next})),
              ElementsAre("bb", "c"));
  EXPECT_THAT(KeysOf(views_->Find<Tasks>(Tasks::ByAssignee("ann"), {.page = by_index->next})),
              ElementsAre("bb", "c", "d", "e"));
}

TEST_P(Pages, ATokenOutlivesARestartAndABuild) {
  const auto by_key = views_->Page<AsyncTasks>({.limit = 2, .at_least = Tip()});
  const auto by_index = views_->Find<AsyncTasks>(Tasks::ByAssignee("ann"), {.limit = 2});
  Restart();
  OpenAll();
  auto rebuild = views_->Rebuild<AsyncTasks>();
  ASSERT_THAT(rebuild, IsOk());
  ASSERT_THAT(rebuild->Wait(), IsOk());
  EXPECT_THAT(KeysOf(views_->Page<AsyncTasks>({.page = by_key->next})), ElementsAre("c", "d", "e"));
  EXPECT_THAT(KeysOf(views_->Find<AsyncTasks>(Tasks::ByAssignee("ann"), {.page = by_index->next})),
              ElementsAre("c", "d", "e"));
}

TEST_P(Pages, RangeAndScanGoOnToo) {
  const auto page = views_->Page<Tasks>({.prefix = "", .limit = 3});
  const auto rows = views_->Range<Tasks>({.limit = 1, .page = page->next});
  ASSERT_THAT(rows, IsOk());
  ASSERT_EQ(rows->size(), 1u);
  EXPECT_EQ(rows->front().key, "d");
  EXPECT_THAT(views_->Range<Tasks>({.page = "x"}), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_P(Pages, ATokenOfSomethingElseIsRefusedByName) {
  const std::string by_key = views_->Page<Tasks>({.limit = 1})->next;
  const std::string by_index = views_->Find<Tasks>(Tasks::ByAssignee("ann"), {.limit = 1})->next;
  EXPECT_THAT(Why(views_->Page<AsyncTasks>({.page = by_key})),
              HasSubstr("of view Task, not of AsyncTask"));
  EXPECT_THAT(Why(views_->Page<Tasks>({.page = by_index})),
              HasSubstr("by index by_assignee, not by key"));
  EXPECT_THAT(Why(views_->Find<Tasks>(Tasks::ByAssignee("ann"), {.page = by_key})),
              HasSubstr("by key, not by index by_assignee"));
  EXPECT_THAT(Why(views_->Find<Tasks>(Tasks::ByKind(), {.page = by_index})),
              HasSubstr("by index by_assignee, not by index by_kind"));
  const auto other = HasSubstr("of another query");
  EXPECT_THAT(Why(views_->Page<Tasks>({.from = "a", .page = by_key})), other);
  EXPECT_THAT(Why(views_->Page<Tasks>({.until = "", .page = by_key})), other);
  EXPECT_THAT(Why(views_->Page<Tasks>({.prefix = "a", .page = by_key})), other);
  EXPECT_THAT(Why(views_->Find<Tasks>(Tasks::ByAssignee(), {.page = by_index})), other);
  EXPECT_THAT(Why(views_->Find<Tasks>(Tasks::ByAssignee("bob"), {.page = by_index})), other);
  EXPECT_THAT(Why(views_->Find<Tasks>(Tasks::ByAssignee("ann").From(0), {.page = by_index})),
              other);
  EXPECT_THAT(Why(views_->Find<Tasks>(Tasks::ByAssignee("ann").Until(0), {.page = by_index})),
              other);
  EXPECT_THAT(Why(views_->Find<Tasks>(Tasks::ByAssignee("ann", 0), {.page = by_index})), other);
  // A page may be of another size.
  EXPECT_THAT(KeysOf(views_->Page<Tasks>({.limit = 3, .page = by_key})),
              ElementsAre("b", "c", "d"));
}

TEST_P(Pages, ADamagedTokenIsRefused) {
  const std::string token = views_->Find<Tasks>(Tasks::ByAssignee("ann"), {.limit = 1})->next;
  for (const char c : token) EXPECT_TRUE(absl::ascii_isalnum(c) || c == '-' || c == '_') << token;
  const auto why = [this](const std::string& text) {
    return Why(views_->Find<Tasks>(Tasks::ByAssignee("ann"), {.page = text}));
  };
  for (size_t i = 0; i < token.size(); ++i) {
    for (const char c : {'A', 'b', '7', '-', '=', ' ', '\0'}) {
      std::string damaged = token;
      if (damaged[i] == c) continue;
      damaged[i] = c;
      ASSERT_THAT(why(damaged), HasSubstr("damaged")) << i;
    }
    ASSERT_THAT(why(token.substr(0, i).empty() ? "1" : token.substr(0, i)), HasSubstr("damaged"));
  }
  EXPECT_THAT(why(token + "="), HasSubstr("damaged"));
  EXPECT_THAT(why(token + token), HasSubstr("damaged"));
  EXPECT_THAT(why("2" + token.substr(1)), HasSubstr("another version"));
  EXPECT_THAT(why(std::string(1'000'000, '1')), HasSubstr("damaged"));
  // One that is made up does not lead out of the query.
  const std::string forged = internal::TokenText(
      {"Task", "", internal::HashOfRows({absl::string_view("b"), "until", "d", ""})}, "");
  EXPECT_THAT(KeysOf(views_->Page<Tasks>({.from = "b", .until = "d", .page = forged})),
              ElementsAre("b", "c"));
}

INSTANTIATE_TEST_SUITE_P(Stores, Pages, testing::ValuesIn(StoreKinds()),
                         [](const auto& kind) { return std::string(kind.param.name); });

}  // namespace
}  // namespace daybook
