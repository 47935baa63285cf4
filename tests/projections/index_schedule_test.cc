// Views with indexes in schedules drawn from a seed: one thread, every task a step at a time,
// builds begun, given up and gone back to, engines closed and power cut at any moment. At every
// moment the entries of each build are those of its rows.
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "daybook/core/runtime.h"
#include "daybook/testkit/fake_clock.h"
#include "engine.h"
#include "memory_kv.h"
#include "recovery.h"
#include "tasks.h"
#include "view_tables.h"

namespace daybook {
namespace {

using tasks::AsyncTasks;
using tasks::EntriesOf;
using tasks::StoredEntries;
using tasks::Tasks;
using tasks::TaskSet;

class IndexSchedule {
 public:
  explicit IndexSchedule(uint64_t seed)
      : random_(seed), with_inline_(seed % 2 == 0), runtime_(MakeStepRuntime(seed)) {
    OpenTheStore();
    Reopen();
  }
  ~IndexSchedule() {
    views_.reset();
    store_.reset();
  }

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
  uint64_t Draw(uint64_t below) { return random_() % below; }

  void Steps(uint64_t most) {
    Latch never;
    runtime_->Await(never, absl::Microseconds(1 + static_cast<int64_t>(Draw(most))));
  }

  void OpenTheStore() {
    auto mark = internal::ProveTail(*kv_, internal::WitnessContent(), ++openings_);
    ASSERT_THAT(mark, IsOk());
    internal::KvBatch batch;
    batch.Put(internal::Family::kMeta, internal::kGroupKey, mark->Encode());
    ASSERT_THAT(kv_->Write(batch), IsOk());
    ASSERT_THAT(kv_->SyncLog(), IsOk());
    internal::EngineParts parts;
    parts.kv = kv_;
    StoreOptions options;
    options.runtime = runtime_.get();
    auto store = internal::Engine::Open(std::move(parts), options);
    ASSERT_THAT(store, IsOk());
    store_ = *std::move(store);
  }

  void CutPower() {
    kv_->FailAfter(1 + static_cast<int>(Draw(4)), absl::UnavailableError("no power"));
    AppendSome();
    Steps(30);
    views_.reset();
    store_.reset();
    kv_->Crash(Draw(kv_->unsynced() + 1));
    OpenTheStore();
    Reopen();
  }

  void Reopen() {
    views_.reset();
    ProjectionOptions options;
    options.clock = &clock_;
    options.flush_events = 1 + Draw(50);
    options.row_cache_bytes = Draw(2) == 0 ? 1 : 1 << 20;
    options.fold_workers = 1 + Draw(3);
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

  std::mt19937_64 random_;
  const bool with_inline_;
  FakeClock clock_;
  std::unique_ptr<Runtime> runtime_;
  const std::shared_ptr<internal::MemoryKv> kv_ = internal::MemoryKv::Make();
  uint64_t openings_ = 0;
  std::unique_ptr<EventStore> store_;
  std::unique_ptr<ProjectionEngine> views_;
  uint64_t checked_ = 0;
  uint64_t dropped_ = 0;
};

TEST(IndexScheduleTest, EntriesAreThoseOfTheRowsInEverySchedule) {
  uint64_t checked = 0;
  uint64_t dropped = 0;
  for (uint64_t seed = 1; seed <= 80; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    IndexSchedule schedule(seed);
    schedule.Run();
    checked += schedule.checked();
    dropped += schedule.dropped();
    ASSERT_FALSE(testing::Test::HasFailure());
  }
  // Otherwise the schedules did not reach what they are for.
  EXPECT_GT(checked, 5'000u);
  EXPECT_GT(dropped, 50u);
}

}  // namespace
}  // namespace daybook
