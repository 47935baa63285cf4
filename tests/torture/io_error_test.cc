// Every operation on a file fails in its turn, RocksDB's and our own, once or from then on: each
// error is told by a status, nothing acknowledged is lost, and a retry with the same ids resolves
// what was left open.
//
// DAYBOOK_SEED repeats a run; DAYBOOK_IO_WORKLOADS=n tries each kind of fault in both forms with n
// workloads. Otherwise it is one workload, and three kinds in one form each; where the store is
// made, one kind after the other.
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <iostream>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "commit_workload.h"
#include "daybook/core/open.h"
#include "daybook/testkit/status_matchers.h"
#include "fault_env.h"
#include "fault_file_system.h"
#include "fault_plan.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "open_rocks.h"
#include "temp_directory.h"
#include "torture_run.h"

namespace daybook {
namespace {

namespace fs = std::filesystem;
using internal::FaultEnv;

constexpr std::pair<Fault, absl::string_view> kFaults[] = {{Fault::kError, "error"},
                                                           {Fault::kNoSpace, "no space"},
                                                           {Fault::kShort, "short write"},
                                                           {Fault::kRetryable, "retryable error"}};

// What an operation that failed may say.
bool IsTyped(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnknown:
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kInternal:
      return !status.message().empty();
    default:
      return false;
  }
}

// One store, on a medium that fails by the plan.
class FailingStore {
 public:
  FailingStore(std::string path, const CommitWorkload* workload)
      : path_(std::move(path)), workload_(workload) {}

  void FailAt(uint64_t n, Fault fault, bool persistent) { plan_.FailAt(n, fault, persistent); }
  void Heal() { plan_.Heal(); }
  std::vector<FaultSite> operations() const { return plan_.operations(); }
  uint64_t failed() const { return plan_.failed(); }

  // Opens, appends all up to commit `last` that are not acknowledged, reads, closes.
  void Use(uint64_t last) {
    auto store = internal::OpenRocksStore(path_, Options(), env_.get());
    if (!store.ok()) return ExpectTyped(store.status(), "opening");
    auto tables = CommitWorkload::Open(store->get());
    if (!tables.ok()) return ExpectTyped(tables.status(), "opening the tables");
    for (uint64_t n = 1; n <= last;) {
      std::atomic<uint64_t> done{0};
      uint64_t begun = 0;
      const uint64_t group = n + (n % 3 == 0 ? 4 : 1);
      Mutex mutex;
      for (; n < group && n <= last; ++n) {
        if (acknowledged_.contains(n)) continue;
        ++begun;
        (*store)->AppendAsync(workload_->Of(n, *tables),
                              [&, n](absl::StatusOr<AppendResult> result) {
                                {
                                  MutexLock lock(&mutex);
                                  outcomes_[n] = result.status();
                                }
                                ++done;
                              });
      }
      while (done < begun) std::this_thread::yield();
      MutexLock lock(&mutex);
      for (const auto& [number, outcome] : outcomes_) {
        if (outcome.ok()) {
          acknowledged_.insert(number);
        } else {
          ExpectTyped(outcome, absl::StrCat("commit ", number));
          if (absl::IsUnknown(outcome)) {
            EXPECT_FALSE((*store)->Stats().stopped.ok()) << "it goes on after an unknown outcome";
          }
        }
      }
      outcomes_.clear();
      Read(**store);
    }
    (*store)->RemoveParticipant(tables->counts.get());
  }

  // What readers saw is there, and what was acknowledged; nothing twice, nothing half.
  void ExpectWhole() {
    auto store = internal::OpenRocksStore(path_, Options(), env_.get());
    ASSERT_THAT(store, IsOk());
    const auto found = workload_->Find(**store);
    ASSERT_THAT(found, IsOk());
    const std::set<uint64_t> is(found->begin(), found->end());
    for (const uint64_t n : acknowledged_) ASSERT_TRUE(is.contains(n)) << "lost commit " << n;
    for (const uint64_t n : seen_) ASSERT_TRUE(is.contains(n)) << "a reader saw commit " << n;
  }
  const std::set<uint64_t>& acknowledged() const { return acknowledged_; }

  StoreOptions Options() {
    StoreOptions options;
    options.witness_bytes = size_t{1} << 20;
    options.files = &files_;
    return options;
  }

 private:
  void Read(const EventStore& store) {
    const auto found = workload_->Find(store);
    if (!found.ok()) {
      // Only while the medium fails: what is read is right, or not read.
      EXPECT_GT(plan_.failed(), 0u);
      return ExpectTyped(found.status(), "reading");
    }
    const std::set<uint64_t> now(found->begin(), found->end());
    for (const uint64_t n : acknowledged_) EXPECT_TRUE(now.contains(n)) << "not read: commit " << n;
    seen_.insert(now.begin(), now.end());
  }
  static void ExpectTyped(const absl::Status& status, absl::string_view what) {
    EXPECT_TRUE(IsTyped(status)) << what << ": " << status;
  }

  const std::string path_;
  const CommitWorkload* const workload_;
  FaultPlan plan_;
  FaultEnv env_{&plan_};
  FaultFileSystem files_{&FileSystem::Posix(), &plan_};
  std::map<uint64_t, absl::Status> outcomes_;
  std::set<uint64_t> acknowledged_;
  std::set<uint64_t> seen_;
};

class IoErrorTest : public testing::Test {
 protected:
  static constexpr uint64_t kCommits = 12;

  // A store that was closed in order, in a few table files: the next one makes a compaction due.
  // "": none, so that it is made.
  void MakeTemplate(const CommitWorkload& workload, const std::string& path) {
    for (int files = 0; files < 3; ++files) {
      FailingStore store(path, &workload);
      store.Use(0);
    }
  }

  struct Case {
    uint64_t n;
    size_t fault;
    bool persistent;
  };

  // The fault-free run, which tells how many operations there are.
  std::vector<FaultSite> Count(const CommitWorkload& workload, const std::string& from) {
    FailingStore store(Copy(from, "counted"), &workload);
    UseTwice(&store);
    EXPECT_EQ(store.acknowledged().size(), kCommits);
    return store.operations();
  }

  std::string Copy(const std::string& from, const std::string& name) {
    const std::string path = directory_ / name;
    if (!from.empty()) fs::copy(from, path, fs::copy_options::recursive);
    return path;
  }

  static void UseTwice(FailingStore* store) {
    store->Use(kCommits * 2 / 3);
    store->Use(kCommits);
  }

  void Try(const CommitWorkload& workload, const std::string& from, const Case& one) {
    SCOPED_TRACE(absl::StrCat(kFaults[one.fault].second, one.persistent ? " from" : " at",
                              " operation ", one.n));
    const std::string path =
        Copy(from, absl::StrCat("store-", one.n, "-", one.fault, "-", one.persistent));
    {
      FailingStore store(path, &workload);
      store.FailAt(one.n, kFaults[one.fault].first, one.persistent);
      UseTwice(&store);
      hit_ += store.failed() > 0 ? 1 : 0;
      store.Heal();
      ASSERT_NO_FATAL_FAILURE(store.ExpectWhole());
      store.Use(kCommits);
      ASSERT_EQ(store.acknowledged().size(), kCommits) << "not all could be retried";
      ASSERT_NO_FATAL_FAILURE(store.ExpectWhole());
    }
    StoreOptions options;
    options.witness_bytes = size_t{1} << 20;
    ASSERT_THAT(VerifyStore(path, options), IsOk());
    fs::remove_all(path);
  }

  void TryAll(uint64_t seed, const std::string& from, bool thorough) {
    const CommitWorkload workload(seed, 5);
    const std::string closed = from.empty() ? "" : directory_ / absl::StrCat(from, seed);
    if (!closed.empty()) MakeTemplate(workload, closed);
    const std::vector<FaultSite> operations = Count(workload, closed);
    fs::remove_all(directory_ / "counted");
    std::vector<Case> cases;
    for (uint64_t n = 1; n <= operations.size(); ++n) {
      for (size_t fault = 0; fault < (thorough ? 4 : 3); ++fault) {
        // To make a store takes ten times as long as to open it.
        if (!thorough && from.empty() && fault != (n + seed) % 3) continue;
        if (!FaultPlan::IsOne(kFaults[fault].first, operations[n - 1])) continue;
        for (const bool persistent : {false, true}) {
          if (thorough || persistent == ((n + fault + seed) % 2 == 0)) {
            cases.push_back({n, fault, persistent});
          }
        }
      }
    }
    operations_ += operations.size();
    cases_ += cases.size();
    std::atomic<size_t> next{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 2; ++i) {
      threads.emplace_back([&] {
        for (size_t at = next++; at < cases.size() && !HasFailure(); at = next++) {
          Try(workload, closed, cases[at]);
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  }

  // `from`: "" makes the store, else it is opened.
  void Run(const std::string& from) {
    const uint64_t seed = SeedOfRun();
    const uint64_t workloads = FromEnvironment("DAYBOOK_IO_WORKLOADS", 0);
    std::cout << "DAYBOOK_SEED=" << seed << " DAYBOOK_IO_WORKLOADS=" << workloads << std::endl;
    for (uint64_t n = 0; n < std::max<uint64_t>(workloads, 1) && !HasFailure(); ++n) {
      TryAll(seed + n, from, workloads > 0);
    }
    std::cout << operations_ << " operations, " << cases_ << " cases, " << hit_
              << " in which an operation failed\n";
    PrintCount("io-errors", hit_);
    EXPECT_GT(operations_, 200u);
    EXPECT_GT(hit_, cases_ * 9 / 10);
  }

  const TempDirectory directory_;
  std::atomic<uint64_t> hit_{0};
  uint64_t operations_ = 0;
  uint64_t cases_ = 0;
};

TEST_F(IoErrorTest, InAStoreThatIsThere) {
  Run("closed");
}

TEST_F(IoErrorTest, InTheMakingOfAStore) {
  Run("");
}

}  // namespace
}  // namespace daybook
