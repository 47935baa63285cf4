// Random operations on a store, in memory and on RocksDB, each answer held against a model that
// fits on a page. Where they differ, the operations are shrunk to the few that matter.
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "operations.h"
#include "random_operations.h"
#include "reference_model.h"
#include "shrink.h"
#include "store_under_test.h"
#include "temp_directory.h"
#include "torture_run.h"

namespace daybook {
namespace {

using operation::Operation;
using Operations = std::vector<Operation>;
using MakeModel = std::function<std::unique_ptr<ReferenceModel>()>;

template <typename Model>
MakeModel Maker() {
  return [] { return std::make_unique<Model>(); };
}

// A new store and a new draw for each: what fails is found in few operations, and again by one
// seed.
constexpr uint64_t kOperationsOfARound = 2'000;
constexpr uint64_t kReopenEach = 250;
constexpr size_t kMostRuns = 10'000;

// What ended a run: the operations up to the one that differs, and how it does.
struct Mismatch {
  Operations operations;
  std::string difference;
};

class ModelTest : public testing::Test {
 protected:
  std::string NewPlace() { return absl::StrCat(directory_ / "store", ++places_); }

  // nullopt: the store did as the model says, to the end.
  std::optional<Mismatch> Repeat(Engine engine, const MakeModel& make,
                                 const Operations& operations) {
    StoreUnderTest store(engine, NewPlace(), make());
    for (size_t i = 0; i < operations.size(); ++i) {
      std::string difference = store.Run(operations[i]);
      if (difference.empty()) continue;
      return Mismatch{{operations.begin(), operations.begin() + static_cast<std::ptrdiff_t>(i) + 1},
                      std::move(difference)};
    }
    return std::nullopt;
  }

  std::optional<Mismatch> RunRound(Engine engine, const MakeModel& make, uint64_t seed,
                                   uint64_t count) {
    StoreUnderTest store(engine, NewPlace(), make());
    RandomOperations random(seed, engine == Engine::kRocks ? kReopenEach : 0);
    Operations done;
    const Operations last = RandomOperations::Last();
    std::optional<Mismatch> mismatch;
    for (uint64_t i = 0; i < count + last.size() && !mismatch.has_value(); ++i) {
      done.push_back(i < count ? random.Next(store.model()) : last[i - count]);
      std::string difference = store.Run(done.back());
      if (!difference.empty()) mismatch = Mismatch{std::move(done), std::move(difference)};
    }
    for (const auto& [outcome, times] : store.outcomes()) outcomes_[outcome] += times;
    return mismatch;
  }

  Mismatch Shrunk(Engine engine, const MakeModel& make, Mismatch mismatch) {
    const auto fails = [&](const Operations& operations) {
      std::optional<Mismatch> again = Repeat(engine, make, operations);
      if (!again.has_value()) return false;
      mismatch = *std::move(again);
      return true;
    };
    const auto lower = [](const Operation& o) { return operation::Lowered(o, false); };
    const auto lower_all = [](const Operation& o) { return operation::Lowered(o, true); };
    const auto lower_twice = [lower](const Operation& o) { return lower(lower(o)); };
    Shrinker<Operation>(fails, operation::Simpler, kMostRuns, {lower, lower_all, lower_twice})
        .Shrink(mismatch.operations);
    return mismatch;
  }

  // As many operations as DAYBOOK_OPERATIONS says, or `otherwise`, or as fit into `most`.
  void RunRounds(Engine engine, uint64_t otherwise, std::chrono::seconds most) {
    const MakeModel make = Maker<ReferenceModel>();
    const bool told = FromEnvironment("DAYBOOK_OPERATIONS", 0) > 0;
    const uint64_t operations = FromEnvironment("DAYBOOK_OPERATIONS", otherwise);
    const uint64_t seed = SeedOfRun();
    std::printf("DAYBOOK_SEED=%llu DAYBOOK_OPERATIONS=%llu\n",
                static_cast<unsigned long long>(seed), static_cast<unsigned long long>(operations));
    const auto start = std::chrono::steady_clock::now();
    uint64_t done = 0;
    for (uint64_t round = 0; done < operations; ++round) {
      if (!told && std::chrono::steady_clock::now() - start > most) break;
      const uint64_t count = std::min(kOperationsOfARound, operations - done);
      std::optional<Mismatch> mismatch = RunRound(engine, make, seed + round, count);
      done += count;
      if (!mismatch.has_value()) continue;
      const size_t length = mismatch->operations.size();
      const Mismatch shrunk = Shrunk(engine, make, *std::move(mismatch));
      FAIL() << "after " << length << " operations the store differs from the model.\n"
             << "The least of them that show it:\n"
             << operation::ToText(shrunk.operations) << "There " << shrunk.difference
             << "\nAll of them again: "
             << ReplayCommand(
                    absl::StrCat("DAYBOOK_SEED=", seed + round, " DAYBOOK_OPERATIONS=", count),
                    "build/dev/bin/torture_model_test");
    }
    PrintCount("operations", done);
  }

  TempDirectory directory_;
  StoreUnderTest::Outcomes outcomes_;  // of all rounds

 private:
  int places_ = 0;
};

TEST_F(ModelTest, InMemory) {
  RunRounds(Engine::kMemory, 1'000'000, std::chrono::hours(1));
}

TEST_F(ModelTest, OnRocksDb) {
  RunRounds(Engine::kRocks, 1'000'000, std::chrono::seconds(45));
}

// A workload that never gets somewhere finds nothing there.
TEST_F(ModelTest, TheOperationsGoEverywhere) {
  const uint64_t seed = SeedOfRun();
  std::printf("DAYBOOK_SEED=%llu\n", static_cast<unsigned long long>(seed));
  for (const Engine engine : {Engine::kMemory, Engine::kRocks}) {
    for (uint64_t round = 0; round < 5; ++round) {
      ASSERT_FALSE(
          RunRound(engine, Maker<ReferenceModel>(), seed + round, kOperationsOfARound).has_value());
    }
  }
  for (const auto& [outcome, times] : outcomes_) {
    std::printf("%8llu %s\n", static_cast<unsigned long long>(times), outcome.c_str());
  }
  for (const char* outcome : {"appended",
                              "appended before",
                              "several streams",
                              "rows alone",
                              "version conflict",
                              "condition failed",
                              "claim conflict",
                              "broken chain",
                              "invalid commit",
                              "invalid commit.appends.events.id",
                              "invalid commit.conditions[0].after",
                              "invalid commit.claims[0].table",
                              "invalid commit.claims[1].key",
                              "event read",
                              "row read",
                              "events delivered",
                              "opened again",
                              "invalid commit.appends.events.payload.deleted_before",
                              "stream has a tombstone",
                              "limits set",
                              "invalid limits.max_count",
                              "deleted",
                              "tombstone set",
                              "life after a deletion",
                              "stream cut short",
                              "scavenge finished",
                              "scavenge stopped",
                              "removed event read"}) {
    EXPECT_GE(outcomes_[outcome], 3u) << outcome;
  }
}

// ---- Models that are wrong in one way each: the runs notice, and the shrinker finds the few
// operations that it takes.

class TakesAnyVersion : public ReferenceModel {
  bool Holds(const ExpectedVersion& expected, std::optional<uint64_t> actual) const override {
    return expected.exact().has_value() ? actual.has_value() : expected.Matches(actual);
  }
};

class OneTagIsEnough : public ReferenceModel {
  bool HasTags(const Event& event, const std::vector<std::string>& tags) const override {
    return tags.empty() || std::any_of(tags.begin(), tags.end(), [&](const std::string& tag) {
             return ReferenceModel::HasTags(event, {tag});
           });
  }
};

class ConditionsCountTheLastSeen : public ReferenceModel {
  bool IsAfter(uint64_t position, Position after) const override {
    return position >= std::max<uint64_t>(after.sequence(), 1);
  }
};

class KeepsDeletedRows : public ReferenceModel {
  void Write(const TableWrite& write) override {
    if (write.value.has_value()) ReferenceModel::Write(write);
  }
};

class BackwardsMissesTheNewest : public ReferenceModel {
  absl::StatusOr<Batch> ReadLog(uint64_t tip, const ReadLogOptions& options) const override {
    ReadLogOptions other = options;
    const bool from_end = options.from.sequence() > tip && tip > 0;
    if (options.direction == Direction::kBackwards && from_end) other.from = Position(tip);
    return ReferenceModel::ReadLog(tip, other);
  }
};

class ScansOneTooMany : public ReferenceModel {
  std::vector<std::pair<std::string, std::string>> ScanRows(
      const Rows& rows, TableId table, const ScanOptions& options) const override {
    ScanOptions other = options;
    if (options.limit < 10) ++other.limit;
    return ReferenceModel::ScanRows(rows, table, other);
  }
};

class StreamsBeginAtOne : public ReferenceModel {
  absl::StatusOr<Batch> ReadStream(const Moment& moment, absl::string_view stream,
                                   const ReadStreamOptions& options) const override {
    ReadStreamOptions other = options;
    if (options.direction == Direction::kForwards && options.from == 0) other.from = 1;
    return ReferenceModel::ReadStream(moment, stream, other);
  }
};

class DeletedStreamsStay : public ReferenceModel {
  bool IsThere(const v1::StreamMetadata& metadata, uint64_t) const override {
    return !metadata.tombstoned();
  }
};

class DeletedStreamsAreNotScavenged : public ReferenceModel {
  StreamStart FindStart(const Moment& moment, absl::string_view stream) const override {
    StreamStart start = ReferenceModel::FindStart(moment, stream);
    if (!StreamVersion(moment.tip, stream).has_value()) start.first = 0;
    return start;
  }
};

class CountsOneTooMany : public ReferenceModel {
  StreamStart FindStart(const Moment& moment, absl::string_view stream) const override {
    StreamStart start = ReferenceModel::FindStart(moment, stream);
    if (MetadataOf(moment.tip, stream).has_max_count() && start.first > start.began) --start.first;
    return start;
  }
};

struct Planted {
  const char* name;
  MakeModel make;
};

TEST_F(ModelTest, AWrongModelIsShrunkToAFewOperations) {
  const std::vector<Planted> all = {
      {"takes any version", Maker<TakesAnyVersion>()},
      {"one tag is enough", Maker<OneTagIsEnough>()},
      {"conditions count the last seen", Maker<ConditionsCountTheLastSeen>()},
      {"keeps deleted rows", Maker<KeepsDeletedRows>()},
      {"backwards misses the newest", Maker<BackwardsMissesTheNewest>()},
      {"scans one too many", Maker<ScansOneTooMany>()},
      {"streams begin at one", Maker<StreamsBeginAtOne>()},
      {"deleted streams stay", Maker<DeletedStreamsStay>()},
      {"deleted streams are not scavenged", Maker<DeletedStreamsAreNotScavenged>()},
      {"counts one too many", Maker<CountsOneTooMany>()},
  };
  const uint64_t seed = SeedOfRun();
  std::printf("DAYBOOK_SEED=%llu\n", static_cast<unsigned long long>(seed));
  for (const Planted& planted : all) {
    SCOPED_TRACE(planted.name);
    std::optional<Mismatch> mismatch;
    for (uint64_t round = 0; round < 100 && !mismatch.has_value(); ++round) {
      mismatch = RunRound(Engine::kMemory, planted.make, seed + round, 200);
    }
    ASSERT_TRUE(mismatch.has_value()) << "was not noticed";
    const size_t length = mismatch->operations.size();
    const Mismatch shrunk = Shrunk(Engine::kMemory, planted.make, *std::move(mismatch));
    std::printf("%s: %zu operations shrunk to\n%sthere %s\n", planted.name, length,
                operation::ToText(shrunk.operations).c_str(), shrunk.difference.c_str());
    EXPECT_LE(shrunk.operations.size(), 5u);
    // With the right model nothing is wrong about them.
    EXPECT_FALSE(Repeat(Engine::kMemory, Maker<ReferenceModel>(), shrunk.operations).has_value());
  }
}

// ---- The shrinker alone.

using Numbers = std::vector<int>;

// The next smaller number.
std::vector<int> OneLess(const int& n) {
  return n > 0 ? std::vector<int>{n - 1} : std::vector<int>{};
}

TEST(Shrink, LeavesWhatItTakesAndNoMore) {
  Numbers numbers;
  for (int i = 0; i < 1'000; ++i) numbers.push_back(i % 100);
  // A 70 with something of at least 20 somewhere behind it.
  const auto fails = [](const Numbers& steps) {
    const auto first = std::find(steps.begin(), steps.end(), 70);
    return first != steps.end() &&
           std::any_of(first + 1, steps.end(), [](int n) { return n >= 20; });
  };
  EXPECT_THAT(Shrinker<int>(fails, OneLess, 100'000).Shrink(numbers), testing::ElementsAre(70, 20));
}

TEST(Shrink, StopsWhenItsRunsAreUsedUp) {
  size_t runs = 0;
  const auto fails = [&runs](const Numbers&) { return ++runs > 0; };
  const Numbers numbers(1'000, 7);
  EXPECT_LT(Shrinker<int>(fails, OneLess, 3).Shrink(numbers).size(), numbers.size());
  EXPECT_EQ(runs, 3u);
}

TEST(Shrink, KeepsWhatCannotBeLess) {
  const auto fails = [](const Numbers& steps) { return steps == Numbers{1, 2, 3}; };
  EXPECT_THAT(Shrinker<int>(fails, OneLess, 1'000).Shrink({1, 2, 3}),
              testing::ElementsAre(1, 2, 3));
}

// Either of two steps alone is of no use without the other.
TEST(Shrink, LeavesOutTwoThatStandApart) {
  const auto fails = [](const Numbers& steps) {
    const auto opened = std::count(steps.begin(), steps.end(), 1);
    return opened == std::count(steps.begin(), steps.end(), 2) && steps.back() == 3;
  };
  const auto simpler = [](const int&) { return Numbers(); };
  EXPECT_THAT(Shrinker<int>(fails, simpler, 1'000).Shrink({1, 1, 0, 2, 0, 2, 3}),
              testing::ElementsAre(3));
}

// Each step names its own place: without the ones before it, it names another.
TEST(Shrink, FitsWhatComesBehind) {
  const auto fails = [](const Numbers& steps) {
    return steps.back() == static_cast<int>(steps.size()) * 2;
  };
  const auto simpler = [](const int&) { return Numbers(); };
  const Numbers numbers = {0, 0, 0, 0, 0, 0, 14};
  EXPECT_EQ(Shrinker<int>(fails, simpler, 1'000).Shrink(numbers).size(), 7u);
  const auto fit = [](const int& n) { return n - 2; };
  EXPECT_THAT(Shrinker<int>(fails, simpler, 1'000, {fit}).Shrink(numbers), testing::ElementsAre(2));
}

}  // namespace
}  // namespace daybook
