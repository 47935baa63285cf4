// Running logs: what ends up in the store, and that it is the same however it got there.
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "daybook/aggregates/app.h"
#include "daybook/core/codec.h"
#include "daybook/core/open.h"
#include "daybook/testkit/status_matchers.h"
#include "generate.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "loan_application.h"
#include "loan_views.h"
#include "loans_app.h"
#include "report.h"
#include "run_log.h"
#include "temp_dir.h"
#include "view_tables.h"

namespace loans {
namespace {

using daybook::Aggregate;
using daybook::App;
using daybook::Async;
using daybook::HasPayload;
using daybook::Inline;
using daybook::IsOk;
using daybook::StatusIs;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

// The same views under other names, to be kept beside them.
struct AsyncApplicationsByState : ApplicationsByState {
  static constexpr absl::string_view kName = "AsyncApplicationsByState";
};
struct AsyncWorkItemsPerEmployee : WorkItemsPerEmployee {
  static constexpr absl::string_view kName = "AsyncWorkItemsPerEmployee";
};
struct AsyncOffersPerApplication : OffersPerApplication {
  static constexpr absl::string_view kName = "AsyncOffersPerApplication";
};
struct AsyncDailyIntake : DailyIntake {
  static constexpr absl::string_view kName = "AsyncDailyIntake";
};
struct AsyncApprovedPerMonth : ApprovedPerMonth {
  static constexpr absl::string_view kName = "AsyncApprovedPerMonth";
};

// The rows of the table whose name starts with "view/<view>/", as they are stored.
std::map<std::string, std::string> StoredRows(const daybook::EventStore& store,
                                              absl::string_view view) {
  std::map<std::string, std::string> rows;
  const std::string prefix = absl::StrCat("view/", view, "/");
  const auto reader = store.Reader();
  for (const auto& [name, table] : store.Tables()) {
    if (name.compare(0, prefix.size(), prefix) != 0) continue;
    EXPECT_THAT(reader->ScanRows(table, {},
                                 [&rows](absl::string_view key, absl::string_view value) {
                                   rows.emplace(key, value);
                                   return true;
                                 }),
                IsOk());
  }
  return rows;
}

App OpenInMemory() {
  auto store = daybook::OpenMemoryStore();
  EXPECT_THAT(store, IsOk());
  auto app = App::Open(*std::move(store), LoansOptions(), Aggregate<LoanApplication>(),
                       Inline<ApplicationsByState>(), Inline<WorkItemsPerEmployee>(),
                       Inline<OffersPerApplication>(), Inline<DailyIntake>(),
                       Inline<ApprovedPerMonth>(), Async<AsyncApplicationsByState>(),
                       Async<AsyncWorkItemsPerEmployee>(), Async<AsyncOffersPerApplication>(),
                       Async<AsyncDailyIntake>(), Async<AsyncApprovedPerMonth>());
  EXPECT_THAT(app, IsOk());
  return *std::move(app);
}

template <typename InlineView, typename AsyncView>
void ExpectSameBytes(const App& app) {
  daybook::RangeOptions covered;
  covered.at_least = daybook::Token(app.store().Tip());
  covered.timeout = absl::Seconds(120);
  ASSERT_THAT(app.Range<AsyncView>(covered), IsOk());
  ASSERT_THAT(app.Range<InlineView>(covered), IsOk());
  const auto rows = StoredRows(app.store(), InlineView::kName);
  EXPECT_THAT(rows, Not(testing::IsEmpty())) << InlineView::kName;
  EXPECT_TRUE(rows == StoredRows(app.store(), AsyncView::kName)) << InlineView::kName;
}

// Whichever builds of the two answer.
template <typename InlineView, typename AsyncView>
void ExpectRebuiltEqual(const App& app) {
  daybook::RangeOptions covered;
  covered.at_least = daybook::Token(app.store().Tip());
  covered.timeout = absl::Seconds(120);
  std::map<std::string, std::string> in_commits;
  std::map<std::string, std::string> behind;
  ASSERT_THAT(app.Scan<InlineView>(covered,
                                   [&](absl::string_view key, const auto& row) {
                                     in_commits.emplace(key, daybook::EncodeMessage(row));
                                     return true;
                                   }),
              IsOk());
  ASSERT_THAT(app.Scan<AsyncView>(covered,
                                  [&](absl::string_view key, const auto& row) {
                                    behind.emplace(key, daybook::EncodeMessage(row));
                                    return true;
                                  }),
              IsOk());
  EXPECT_THAT(in_commits, Not(testing::IsEmpty())) << InlineView::kName;
  EXPECT_TRUE(in_commits == behind) << InlineView::kName;
}

void ExpectInlineEqualsAsync(const App& app) {
  ExpectSameBytes<ApplicationsByState, AsyncApplicationsByState>(app);
  ExpectSameBytes<WorkItemsPerEmployee, AsyncWorkItemsPerEmployee>(app);
  ExpectSameBytes<OffersPerApplication, AsyncOffersPerApplication>(app);
  ExpectSameBytes<DailyIntake, AsyncDailyIntake>(app);
  ExpectSameBytes<ApprovedPerMonth, AsyncApprovedPerMonth>(app);
}

std::string WithoutSpeed(const absl::StatusOr<Report>& report) {
  if (!report.ok()) return report.status().ToString();
  Report figures = *report;
  figures.events_per_second = 0;
  return ToJson(figures);
}

std::string AllTables(const App& app) {
  const auto tables = ReadTables(app);
  if (!tables.ok()) return tables.status().ToString();
  std::string text;
  for (const Table& table : *tables) text += ToTsv(table);
  return text;
}

class LoansRun : public testing::Test {
 protected:
  CheckedLog Generated(uint64_t rows, uint64_t seed) {
    const std::string path = dir_.Path(absl::StrCat("log", seed, ".csv"));
    EXPECT_THAT(GenerateLog({.rows = rows, .seed = seed}, path), IsOk());
    const auto log = CheckLog(path);
    EXPECT_THAT(log, IsOk());
    return *log;
  }
  // The first `rows` rows of it: what a run of it had done that was killed there.
  CheckedLog Beginning(const CheckedLog& log, uint64_t rows) {
    std::string text = ReadFile(log.path);
    size_t end = 0;
    for (uint64_t line = 0; line <= rows; ++line) end = text.find('\n', end) + 1;
    return {dir_.Write("beginning.csv", text.substr(0, end)), rows, log.run};
  }

  TempDir dir_;
};

TEST_F(LoansRun, InlineAndAsyncViewsAreEqualByteForByte) {
  App app = OpenInMemory();
  const CheckedLog log = Generated(8000, 11);
  const auto run = RunLog(app, log);
  ASSERT_THAT(run, IsOk());
  for (const uint64_t rejected : run->rejections) EXPECT_GT(rejected, 0u);
  ExpectInlineEqualsAsync(app);
}

TEST_F(LoansRun, EachViewIsRebuiltUnderLoadAndIsEqual) {
  App app = OpenInMemory();
  const CheckedLog log = Generated(8000, 16);
  std::thread commands([&] { ASSERT_THAT(RunLog(app, log), IsOk()); });
  const auto rebuild = [&app]<typename... View>(daybook::TypeList<View...>) {
    (
        [&app] {
          SCOPED_TRACE(std::string(View::kName));
          auto handle = app.Rebuild<View>();
          ASSERT_THAT(handle, IsOk());
          const auto report = handle->Wait(absl::Seconds(120));
          ASSERT_THAT(report, IsOk());
          EXPECT_TRUE(report->compared_at.has_value());
          EXPECT_EQ(report->rows_different, 0u);
          EXPECT_TRUE(report->serving);
        }(),
        ...);
  };
  rebuild(Views());
  rebuild(daybook::TypeList<AsyncApplicationsByState, AsyncWorkItemsPerEmployee>());
  commands.join();
  // Once more at rest, as a mended view would be.
  rebuild(Views());
  ExpectRebuiltEqual<ApplicationsByState, AsyncApplicationsByState>(app);
  ExpectRebuiltEqual<WorkItemsPerEmployee, AsyncWorkItemsPerEmployee>(app);
  ExpectRebuiltEqual<OffersPerApplication, AsyncOffersPerApplication>(app);
  ExpectRebuiltEqual<DailyIntake, AsyncDailyIntake>(app);
  ExpectRebuiltEqual<ApprovedPerMonth, AsyncApprovedPerMonth>(app);
}

TEST_F(LoansRun, TheSameLogTwiceChangesNothing) {
  App app = OpenInMemory();
  const CheckedLog log = Generated(4000, 12);
  const auto first = RunLog(app, log);
  ASSERT_THAT(first, IsOk());
  EXPECT_EQ(first->repeated, 0u);
  const std::string report = WithoutSpeed(MakeReport(app, *first));
  const std::string tables = AllTables(app);

  const auto second = RunLog(app, log);
  ASSERT_THAT(second, IsOk());
  EXPECT_EQ(second->repeated, second->accepted);
  EXPECT_EQ(WithoutSpeed(MakeReport(app, *second)), report);
  EXPECT_EQ(AllTables(app), tables);
}

TEST_F(LoansRun, GoesOnFromAnyRowWithAnyNumberUnderWay) {
  const CheckedLog log = Generated(2500, 13);
  App whole = OpenInMemory();
  const auto run = RunLog(whole, log);
  ASSERT_THAT(run, IsOk());
  const std::string report = WithoutSpeed(MakeReport(whole, *run));
  for (const uint64_t rows : {0, 1, 1249, 2499}) {
    App app = OpenInMemory();
    ASSERT_THAT(RunLog(app, Beginning(log, rows), {.in_flight = 1 + rows % 7}), IsOk());
    const auto rest = RunLog(app, log);
    ASSERT_THAT(rest, IsOk());
    EXPECT_EQ(WithoutSpeed(MakeReport(app, *rest)), report) << "from row " << rows;
    EXPECT_EQ(AllTables(app), AllTables(whole)) << "from row " << rows;
  }
}

TEST_F(LoansRun, RefusesAnotherLogInTheSameStore) {
  App app = OpenInMemory();
  ASSERT_THAT(RunLog(app, Generated(500, 14)), IsOk());
  const auto tip = app.store().Tip();
  EXPECT_THAT(RunLog(app, Generated(500, 15)),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("this store holds the run of another input")));
  // Rows that happen to be alike are repeated; nothing is executed under the id of another.
  const auto again = RunLog(app, Generated(500, 14));
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(app.store().Tip(), tip);
}

// Of the same shape: each row is of the same application and the same kind of command.
TEST_F(LoansRun, RefusesALogOfTheSameShapeInTheSameStore) {
  const CheckedLog log = Generated(500, 16);
  std::string text = ReadFile(log.path);
  const std::string amount = text.substr(text.find('\n') + 1);
  const size_t digit = text.find('\n') + 1 + amount.find(',') + 1;
  ASSERT_TRUE(text[digit] >= '1' && text[digit] <= '9') << text.substr(0, 200);
  text[digit] = text[digit] == '9' ? '8' : '9';
  const auto other = CheckLog(dir_.Write("other.csv", text));
  ASSERT_THAT(other, IsOk());
  App app = OpenInMemory();
  ASSERT_THAT(RunLog(app, log), IsOk());
  EXPECT_THAT(RunLog(app, *other),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("this store holds the run of another input")));
  EXPECT_EQ(app.Stats().repeated, 0u);
}

TEST_F(LoansRun, KnowsALogThatWasGzippedSince) {
  const CheckedLog plain = Generated(500, 17);
  const std::string path = dir_.Path("log17.csv.gz");
  ASSERT_THAT(GenerateLog({.rows = 500, .seed = 17}, path), IsOk());
  const auto gzipped = CheckLog(path);
  ASSERT_THAT(gzipped, IsOk());
  EXPECT_EQ(gzipped->run, plain.run);
  EXPECT_NE(Generated(500, 18).run, plain.run);
}

TEST_F(LoansRun, GivesTheFiguresOfTheRealLog) {
  const char* path = std::getenv("LOANS_LOG");
  if (path == nullptr || !std::filesystem::exists(path)) {
    GTEST_SKIP() << "the log of the BPI Challenge 2012 is not there (LOANS_LOG names it)";
  }
  const auto log = CheckLog(path);
  ASSERT_THAT(log, IsOk());
  App app = OpenInMemory();
  const auto run = RunLog(app, *log);
  ASSERT_THAT(run, IsOk());
  const auto report = MakeReport(app, *run);
  ASSERT_THAT(report, IsOk());
  EXPECT_EQ(report->rows, 262'200u);
  EXPECT_EQ(report->events, 261'156u);
  EXPECT_THAT(report->rejections, ElementsAre(0u, 0u, 2u, 1042u));
  EXPECT_EQ(report->cases, 13'087);
  EXPECT_EQ(report->declined, 7'635);
  EXPECT_EQ(report->cancelled, 2'807);
  EXPECT_EQ(report->undecided(), 2'645);
  EXPECT_EQ(report->approved, 2'246);
  EXPECT_EQ(report->approved_amount, 35'290'338);
  EXPECT_EQ(report->open_work_items, 3);
  ExpectInlineEqualsAsync(app);
}

}  // namespace
}  // namespace loans
