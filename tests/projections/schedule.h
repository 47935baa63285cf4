// What the tests of schedules share: one thread, every task a step at a time, the order drawn from
// a seed, so that a seed that fails does so again.
#ifndef DAYBOOK_TESTS_PROJECTIONS_SCHEDULE_H_
#define DAYBOOK_TESTS_PROJECTIONS_SCHEDULE_H_

#include <cstdint>
#include <memory>
#include <random>

#include "absl/strings/str_cat.h"
#include "daybook/core/event_store.h"
#include "daybook/core/runtime.h"
#include "daybook/projections/projection_engine.h"
#include "memory_kv.h"
#include "shop.h"

namespace daybook {

class Schedule {
 public:
  Schedule(const Schedule&) = delete;
  Schedule& operator=(const Schedule&) = delete;

 protected:
  explicit Schedule(uint64_t seed);
  ~Schedule();

  uint64_t Draw(uint64_t below) { return random_() % below; }
  // Lets up to `most` steps be made.
  void Steps(uint64_t most);

  // As on RocksDB: commits that came through a crash without being acknowledged are kept.
  void OpenStore();
  // The next writes fail while `append_some` appends, what runs on the store ends, and of what was
  // not synced a part is lost. The store is open again then, the views are not.
  template <typename AppendSome>
  void CutPower(AppendSome append_some) {
    kv_->FailAfter(1 + static_cast<int>(Draw(4)), absl::UnavailableError("no power"));
    append_some();
    Steps(30);
    views_.reset();
    store_.reset();
    kv_->Crash(Draw(kv_->unsynced() + 1));
    OpenStore();
  }
  // Options of an engine, drawn: small batches and large ones, a row cache with and without room.
  ProjectionOptions DrawOptions();

 private:
  std::mt19937_64 random_;
  const std::unique_ptr<Runtime> runtime_;
  const std::shared_ptr<internal::MemoryKv> kv_ = internal::MemoryKv::Make();
  uint64_t openings_ = 0;

 protected:
  std::unique_ptr<EventStore> store_;
  std::unique_ptr<ProjectionEngine> views_;
};

// How many schedules are run of `whole`. Sanitizers take ten times as long for each, and what they
// look for depends on the code that runs, hardly on its order: a third is enough for them.
constexpr uint64_t CountOfSchedules(uint64_t whole) {
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
  return whole / 3;
#endif
#endif
  return whole;
}

// Runs schedules of the seeds 1 to `count` until one fails; `add` sees each that was run.
template <typename S, typename Add>
void RunSchedules(uint64_t count, Add add) {
  for (uint64_t seed = 1; seed <= count; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    S schedule(seed);
    schedule.Run();
    add(schedule);
    ASSERT_FALSE(testing::Test::HasFailure());
  }
}

}  // namespace daybook

#endif  // DAYBOOK_TESTS_PROJECTIONS_SCHEDULE_H_
