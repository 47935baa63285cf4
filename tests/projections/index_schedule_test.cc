// Views with indexes in schedules drawn from a seed: one thread, every task a step at a time,
// builds begun, given up and gone back to, engines closed and power cut at any moment. At every
// moment the entries of each build are those of its rows.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "daybook/testkit/fake_clock.h"
#include "schedule.h"
#include "tasks.h"
#include "view_tables.h"

namespace daybook {
namespace {

using tasks::AsyncTasks;
using tasks::EntriesOf;
using tasks::StoredEntries;
using tasks::Tasks;
using tasks::TaskSet;

class IndexSchedule : public Schedule {
 public:
  explicit IndexSchedule(uint64_t seed) : Schedule(seed), with_inline_(seed % 2 == 0) { Reopen(); }

  void Run() {
    for (int action = 0; action < 150 && !testing::Test::HasFailure(); ++action) {
      switch (Draw(12)) {
        case 0:
          if (Draw(3) == 0) Reopen();
          if (Draw(4) == 0) CutPower();
          break;
        case 1:
        case 2:
        case 3:
        case 4:
          AppendSome();
          break;
        case 5:
          ReplayOrDrop();
          break;
        case 6:
          Rebuild();
          break;
        case 7:
        case 8:
          Check();
          break;
        default:
          Steps(Draw(2) == 0 ? 4 : 60);
      }
    }
    if (testing::Test::HasFailure()) return;
    Steps(1'000);
    Check();
    CheckDropped("AsyncTask");
    if (with_inline_) CheckDropped("Task");
  }

  uint64_t checked() const { return checked_; }
  uint64_t dropped() const { return dropped_; }

 private:
  void CutPower() {
    Schedule::CutPower([this] { AppendSome(); });
    Reopen();
  }

  void Reopen() {
    views_.reset();
    ProjectionOptions options = DrawOptions();
    options.clock = &clock_;
    options.promotion_events = 1 + Draw(8);
    std::vector<ProjectionRegistration> views = {Async<AsyncTasks>({.retry = {.attempts = 1}})};
    if (with_inline_) views.push_back(Inline<Tasks>());
    auto opened = ProjectionEngine::Open(store_.get(), std::move(views), options);
    ASSERT_THAT(opened, IsOk());
    views_ = *std::move(opened);
  }

  void AppendSome() {
    for (uint64_t n = Draw(6); n > 0; --n) {
      const std::string task = absl::StrCat("t", Draw(8));
      std::vector<Event> events;
      for (uint64_t k = Draw(3); k <= 2; ++k) {
        // One in nine has no room for its entry.
        const std::string assignee =
            Draw(9) == 0 ? std::string(1'024, 'a') : absl::StrCat("p", Draw(3));
        events.push_back(Draw(4) == 0 ? tasks::RemoveTask(task)
                                      : tasks::SetTask(Make<TaskSet>(
                                            {.task = task,
                                             .assignee = assignee,
                                             .due = static_cast<int64_t>(Draw(3)) - 1})));
      }
      Commit commit;
      commit.appends.push_back(
          {absl::StrCat("task-", task), ExpectedVersion::Any(), std::move(events)});
      store_->AppendAsync(std::move(commit), [](absl::StatusOr<AppendResult>) {});
      if (Draw(3) == 0) Steps(4);
    }
  }

  // What does not go on now, or is not parked any more, is left alone.
  void ReplayOrDrop() {
    if (Draw(3) == 0) {
      (void)views_->ReplayParked("AsyncTask");
    } else {
      (void)views_->DropParked("AsyncTask", absl::StrCat("t", Draw(8)));
    }
  }

  void Rebuild() {
    const absl::string_view view = with_inline_ && Draw(2) == 0 ? "Task" : "AsyncTask";
    auto handle = Draw(4) == 0 ? views_->Rollback(view) : views_->Rebuild(view);
    if (!handle.ok()) return;  // nothing is kept, or another is under way
    if (Draw(2) == 0) handle->TakeOver({.with_parked = true});
    if (Draw(6) == 0) handle->Cancel();
  }

  void Check() {
    CheckView("AsyncTask");
    if (with_inline_) CheckView("Task");
  }

  void CheckView(absl::string_view view) {
    const std::shared_ptr<const StoreReader> reader = store_->Reader();
    const v1::ViewGenerations builds = BuildsOf(view, *reader);
    for (const v1::ViewGeneration& build : builds.generations()) CheckBuild(*reader, view, build);
  }

  v1::ViewGenerations BuildsOf(absl::string_view view, const StoreReader& reader) {
    auto tables = internal::ViewTables::Open(store_.get());
    EXPECT_THAT(tables, IsOk());
    auto known = internal::ReadGenerations(reader, *tables, view);
    EXPECT_THAT(known, IsOk());
    return known.ok() ? (*known).value_or(v1::ViewGenerations()) : v1::ViewGenerations();
  }

  void CheckBuild(const StoreReader& reader, absl::string_view view,
                  const v1::ViewGeneration& build) {
    SCOPED_TRACE(absl::StrCat(view, " generation ", build.number()));
    // The rows of one that goes are deleted before its entries.
    if (build.state() == v1::ViewGeneration::STATE_DROPPING) return;
    const shop::Rows rows = shop::StoredRows(*store_, reader, view, build.number());
    ASSERT_EQ(StoredEntries(*store_, reader, view, build.number()), EntriesOf<Tasks>(rows));
    checked_ += rows.size();
  }

  void CheckDropped(absl::string_view view) {
    const std::shared_ptr<const StoreReader> reader = store_->Reader();
    v1::ViewGenerations builds = BuildsOf(view, *reader);
    for (uint32_t number = 1; number <= builds.last(); ++number) {
      if (internal::FindGeneration(builds, number) != nullptr) continue;
      ASSERT_TRUE(StoredEntries(*store_, *reader, view, number).empty()) << view << " " << number;
      ++dropped_;
    }
  }

  const bool with_inline_;
  FakeClock clock_;
  uint64_t checked_ = 0;
  uint64_t dropped_ = 0;
};

TEST(IndexScheduleTest, EntriesAreThoseOfTheRowsInEverySchedule) {
  constexpr uint64_t kSchedules = CountOfSchedules(80);
  uint64_t checked = 0;
  uint64_t dropped = 0;
  RunSchedules<IndexSchedule>(kSchedules, [&](const IndexSchedule& schedule) {
    checked += schedule.checked();
    dropped += schedule.dropped();
  });
  // Otherwise the schedules did not reach what they are for.
  EXPECT_GT(checked, 60 * kSchedules);
  EXPECT_GT(dropped, kSchedules / 2);
}

}  // namespace
}  // namespace daybook
