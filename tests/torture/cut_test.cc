// The power is cut before every operation on a file, RocksDB's and our own, while a store is made,
// appended to, flushed, compacted, closed and opened again: whatever then stands on the medium
// opens, has all that was acknowledged, each commit as a whole, and goes on.
//
// DAYBOOK_SEED repeats a run; DAYBOOK_CUTS says how many cuts the random workloads have.
#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <iostream>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "commit_workload.h"
#include "daybook/core/mutex.h"
#include "daybook/core/open.h"
#include "daybook/testkit/status_matchers.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "open_rocks.h"
#include "power_cut.h"
#include "store_files.h"
#include "temp_directory.h"
#include "torture_run.h"

namespace daybook {
namespace {

using internal::PowerCut;
using internal::Tear;

constexpr std::pair<Tear, absl::string_view> kTears[] = {{Tear::kDrop, "drop"},
                                                         {Tear::kPrefix, "prefix"},
                                                         {Tear::kPages, "pages"},
                                                         {Tear::kSectors, "sectors"}};

// A store as a cut left it.
struct Cut {
  std::string name;
  std::string path;
  uint64_t acknowledged = 0;  // the commits from the first on that were, when the power was cut
  uint64_t handed_over = 0;   // those that may be there
};

class EveryCutTest : public testing::Test {
 protected:
  // One pool of threads flushes and compacts for all stores of a process. Those of the workload
  // wait there for the checkers, which must not wait for them.
  EveryCutTest() {
    for (const auto priority : {rocksdb::Env::HIGH, rocksdb::Env::LOW}) {
      rocksdb::Env::Default()->SetBackgroundThreads(8, priority);
    }
  }

  struct Plan {
    uint64_t seed = 0;
    uint64_t commits = 50;
    uint64_t large_every = 3;
    Durability durability = Durability::kStrict;
    // Which tears operation `n` of the plan, from 1, is cut with; `made`: there is a store by then.
    std::function<std::vector<size_t>(uint64_t n, bool made)> tears;
  };

  static StoreOptions Options(FileSystem* files) {
    StoreOptions options;
    options.witness_bytes = size_t{1} << 20;
    options.files = files;
    return options;
  }

  // Makes the store, appends one by one and in groups, closes it, opens it again, appends, closes.
  void Run(const Plan& plan) {
    const CommitWorkload workload(plan.seed, plan.large_every);
    const TempDirectory directory;
    const std::string path = directory / "store";
    std::atomic<uint64_t> operations{0};
    std::atomic<uint64_t> deleted{0};
    acknowledged_ = handed_over_ = 0;
    std::atomic<PowerCut*> medium{nullptr};
    PowerCut power([&](PowerCut::Operation operation) {
      if (operation == PowerCut::Operation::kDelete) ++deleted;
      const uint64_t n = ++operations;
      const bool made = std::filesystem::exists(path + "/witness") &&
                        !std::filesystem::exists(internal::StoreFiles{path}.making());
      for (const size_t tear : plan.tears(n, made)) {
        Cut cut{absl::StrCat("seed ", plan.seed, ", operation ", n, ", ", kTears[tear].second)};
        cut.path = directory / absl::StrCat("cut-", n, "-", tear);
        // In this order: what is acknowledged meanwhile may be on the medium or not.
        cut.acknowledged = acknowledged_;
        medium.load()->CopyTo(path, cut.path, plan.seed * 7919 + n * 4 + tear, kTears[tear].first);
        cut.handed_over = handed_over_;
        Hand(std::move(cut));
      }
    });
    medium = &power;
    std::vector<std::thread> checkers;
    {
      MutexLock lock(&mutex_);
      done_ = false;
    }
    for (int i = 0; i < 2; ++i) checkers.emplace_back([&] { CheckAll(workload); });
    const auto append = [&](uint64_t until) {
      auto store = internal::OpenRocksStore(path, OptionsOf(plan, &power), power.env());
      ASSERT_THAT(store, IsOk());
      auto tables = CommitWorkload::Open(store->get());
      ASSERT_THAT(tables, IsOk());
      AppendUntil(store->get(), workload, *tables, until);
      // The compaction that the flushes made due: its end deletes what it read.
      for (int i = 0; plan.commits >= 40 && deleted == 0 && i < 1000; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
      }
      (*store)->RemoveParticipant(tables->counts.get());
    };
    append(plan.commits * 4 / 5);
    append(plan.commits);
    NoMore();
    for (std::thread& checker : checkers) checker.join();
    operations_ += operations;
    if (plan.commits >= 40) {
      EXPECT_GT(deleted, 0u) << "nothing was compacted";
    }
  }

  static StoreOptions OptionsOf(const Plan& plan, PowerCut* power) {
    StoreOptions options = Options(power->files());
    options.durability = plan.durability;
    return options;
  }

  // In turns one by one and some at once.
  void AppendUntil(EventStore* store, const CommitWorkload& workload,
                   const CommitWorkload::Tables& tables, uint64_t until) {
    while (handed_over_ < until && !HasFailure()) {
      const uint64_t first = handed_over_ + 1;
      const uint64_t count =
          std::min(first % 3 == 0 ? uint64_t{5} : uint64_t{1}, until - handed_over_);
      handed_over_ += count;  // before: the sequencer is quick
      std::atomic<uint64_t> done{0};
      for (uint64_t n = first; n < first + count; ++n) {
        store->AppendAsync(workload.Of(n, tables), [&](absl::StatusOr<AppendResult> result) {
          EXPECT_THAT(result, IsOk());
          ++acknowledged_;
          ++done;
        });
      }
      while (done < count) std::this_thread::yield();
    }
  }

  void Hand(Cut cut) {
    MutexLock lock(&mutex_);
    while (cuts_.size() >= kWaiting) changed_.Wait(&mutex_);
    cuts_.push_back(std::move(cut));
    changed_.SignalAll();
  }
  void NoMore() {
    MutexLock lock(&mutex_);
    done_ = true;
    changed_.SignalAll();
  }
  // nullopt: there will be no more.
  std::optional<Cut> Take() {
    MutexLock lock(&mutex_);
    while (cuts_.empty() && !done_) changed_.Wait(&mutex_);
    if (cuts_.empty()) return std::nullopt;
    Cut cut = std::move(cuts_.front());
    cuts_.pop_front();
    changed_.SignalAll();
    return cut;
  }

  void CheckAll(const CommitWorkload& workload) {
    while (const std::optional<Cut> cut = Take()) {
      // After a failure the others are not looked at: its store is left to be.
      if (!HasFailure()) Check(workload, *cut);
      ++checked_;
      if (!HasFailure()) std::filesystem::remove_all(cut->path);
    }
  }

  static void Check(const CommitWorkload& workload, const Cut& cut) {
    SCOPED_TRACE(cut.name);
    // What is synced from now on need not survive.
    PowerCut quick([](PowerCut::Operation) {});
    std::vector<uint64_t> found;
    // What it is appended to then is there at the next opening.
    for (int opening = 0; opening < 2; ++opening) {
      auto store = internal::OpenRocksStore(cut.path, Options(quick.files()), quick.env());
      ASSERT_THAT(store, IsOk()) << "opening " << opening;
      auto holds = workload.Find(**store);
      ASSERT_THAT(holds, IsOk()) << "opening " << opening;
      ASSERT_GE(holds->size(), opening == 0 ? cut.acknowledged : found.size() + 1);
      for (size_t i = 0; i < holds->size(); ++i) ASSERT_EQ((*holds)[i], i + 1) << "out of order";
      if (opening == 0) ASSERT_LE(holds->size(), cut.handed_over);
      found = *std::move(holds);
      if (opening > 0) break;
      auto tables = CommitWorkload::Open(store->get());
      ASSERT_THAT(tables, IsOk());
      EXPECT_THAT((*store)->Append(workload.Of(found.size() + 1, *tables)), IsOk());
      (*store)->RemoveParticipant(tables->counts.get());
    }
    const auto report = VerifyStore(cut.path, Options(nullptr));
    ASSERT_THAT(report, IsOk());
  }

  static constexpr size_t kWaiting = 32;

  std::atomic<uint64_t> acknowledged_{0};
  std::atomic<uint64_t> handed_over_{0};
  Mutex mutex_;
  CondVar changed_;
  std::deque<Cut> cuts_ ABSL_GUARDED_BY(mutex_);
  bool done_ ABSL_GUARDED_BY(mutex_) = false;
  std::atomic<uint64_t> checked_{0};
  uint64_t operations_ = 0;
};

TEST_F(EveryCutTest, BeforeEveryOperationAndWithEveryTear) {
  const uint64_t seed = SeedOfRun();
  std::cout << "DAYBOOK_SEED=" << seed << std::endl;
  Plan plan{.seed = seed};
  std::atomic<uint64_t> expected{0};
  // Of a store that is half made nothing is kept, so one tear after the other will do: to make it
  // anew takes ten times as long as to open it.
  plan.tears = [&](uint64_t n, bool made) {
    const std::vector<size_t> tears =
        made ? std::vector<size_t>{0, 1, 2, 3} : std::vector<size_t>{n % 4};
    expected += tears.size();
    return tears;
  };
  Run(plan);
  std::cout << operations_ << " operations\n";
  PrintCount("cuts", checked_);
  EXPECT_GT(operations_, 300u);
  EXPECT_EQ(checked_, expected);
}

TEST_F(EveryCutTest, RandomWorkloadsAtRandomOperations) {
  const uint64_t seed = SeedOfRun();
  const uint64_t cuts = FromEnvironment("DAYBOOK_CUTS", 100);
  std::cout << "DAYBOOK_SEED=" << seed << " DAYBOOK_CUTS=" << cuts << std::endl;
  std::mt19937_64 random(seed);
  uint64_t workloads = 0;
  while (checked_ < cuts && !HasFailure()) {
    ++workloads;
    Plan plan{.seed = random()};
    plan.commits = 5 + random() % 60;
    plan.large_every = 2 + random() % 8;
    if (random() % 4 == 0) plan.durability = Durability::kRelaxed;
    const uint64_t every = 1 + random() % 20;
    plan.tears = [seed = plan.seed, every](uint64_t n, bool) {
      std::mt19937_64 draw(seed + n);
      return draw() % every != 0 ? std::vector<size_t>() : std::vector<size_t>{draw() % 4};
    };
    Run(plan);
  }
  std::cout << workloads << " workloads, " << operations_ << " operations\n";
  PrintCount("cuts", checked_);
  EXPECT_GE(checked_, cuts);
}

}  // namespace
}  // namespace daybook
