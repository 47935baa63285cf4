// The power is cut before a sync, at any of them: what was acknowledged by then is in the store.
#include "power_cut.h"

#include <atomic>
#include <filesystem>
#include <iostream>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "daybook/core/open.h"
#include "daybook/testkit/status_matchers.h"
#include "gtest/gtest.h"
#include "open_rocks.h"
#include "temp_directory.h"

namespace daybook {
namespace {

constexpr int kEvents = 160;

// Large enough that the ring of 1 MiB goes round and flushes come in between.
std::string Payload(uint64_t number) {
  return absl::StrCat("event ", number, " ", std::string(number % 9 == 0 ? 60'000 : 300, 'p'));
}

struct Picture {
  std::string path;
  uint64_t acknowledged;  // at least these many events when the power was cut
};

class PowerCutTest : public testing::Test {
 protected:
  StoreOptions Options() {
    StoreOptions options;
    options.witness_bytes = size_t{1} << 20;
    options.files = power_.files();
    options.durability = durability_;
    return options;
  }

  void BeforeSync() {
    const uint64_t acknowledged = acknowledged_;
    const uint64_t sync = ++syncs_;
    if (!watching_ || sync % every_ != seed_ % every_) return;
    Picture picture{directory_ / absl::StrCat("cut", sync), acknowledged};
    power_.CopyTo(path_, picture.path, seed_ + sync);
    MutexLock lock(&mutex_);
    pictures_.push_back(std::move(picture));
  }

  // One event a commit, in order; up to `in_flight` of them wait together.
  void Append(EventStore* store, int in_flight) {
    std::atomic<uint64_t> done{0};
    for (uint64_t number = 1; number <= kEvents; ++number) {
      Commit commit;
      commit.appends.push_back({absl::StrCat("s-", number % 5),
                                ExpectedVersion::Any(),
                                {Event{.type = "T", .payload = Payload(number)}}});
      store->AppendAsync(std::move(commit), [&](absl::StatusOr<AppendResult> result) {
        EXPECT_THAT(result, IsOk());
        ++acknowledged_;
        ++done;
      });
      while (done + static_cast<uint64_t>(in_flight) <= number) std::this_thread::yield();
    }
    while (done < kEvents) std::this_thread::yield();
  }

  // Every event from the first on is what was appended, up to at least the last acknowledged.
  void Check(const Picture& picture) {
    SCOPED_TRACE(picture.path);
    if (log_is_lost_) {
      for (const auto& entry : std::filesystem::directory_iterator(picture.path + "/db")) {
        if (entry.path().extension() == ".log") std::filesystem::resize_file(entry.path(), 0);
      }
    }
    auto store = OpenStore(picture.path, [] {
      StoreOptions options;
      options.witness_bytes = size_t{1} << 20;
      return options;
    }());
    ASSERT_THAT(store, IsOk());
    EXPECT_GE((*store)->Tip().sequence(), picture.acknowledged);
    auto batch = (*store)->Reader()->ReadLog({.limit = kEvents + 1, .max_bytes = 1 << 30});
    ASSERT_THAT(batch, IsOk());
    ASSERT_EQ(batch->size(), (*store)->Tip().sequence());
    uint64_t number = 0;
    for (const RecordedEvent& event : *batch) {
      ++number;
      EXPECT_EQ(event.position, Position(number));
      EXPECT_EQ(event.payload, Payload(number));
      EXPECT_EQ(event.stream, absl::StrCat("s-", number % 5));
    }
    EXPECT_THAT((*store)->Append("s-1", ExpectedVersion::Any(), {Event{.type = "T"}}), IsOk());
    store->reset();
    EXPECT_THAT(VerifyStore(picture.path), IsOk());
    std::filesystem::remove_all(picture.path);
  }

  void Run(int in_flight, uint64_t every) {
    every_ = every;
    {
      auto store = internal::OpenRocksStore(path_, Options(), power_.env());
      ASSERT_THAT(store, IsOk());
      watching_ = true;
      Append(store->get(), in_flight);
    }
    watching_ = false;
    std::cout << "seed " << seed_ << ", " << syncs_ << " syncs, " << pictures_.size() << " cuts\n";
    ASSERT_GT(pictures_.size(), 5u);
    for (const Picture& picture : pictures_) {
      Check(picture);
      if (HasFailure()) return;
    }
  }

  const uint64_t seed_ = std::random_device()();
  const TempDirectory directory_;
  const std::string path_ = directory_ / "store";
  std::atomic<uint64_t> acknowledged_{0};
  std::atomic<uint64_t> syncs_{0};
  std::atomic<bool> watching_{false};
  Durability durability_ = Durability::kStrict;
  uint64_t every_ = 1;
  bool log_is_lost_ = false;
  Mutex mutex_;
  std::vector<Picture> pictures_;
  internal::PowerCut power_{[this] { BeforeSync(); }};
};

TEST_F(PowerCutTest, KeepsWhatWasAcknowledgedOneByOne) {
  Run(1, 13);
}

TEST_F(PowerCutTest, KeepsWhatWasAcknowledgedInGroups) {
  Run(16, 2);
}

// The witness lets nothing go before it is in a table file.
TEST_F(PowerCutTest, KeepsWhatWasAcknowledgedThoughTheLogIsLost) {
  log_is_lost_ = true;
  Run(16, 2);
}

// The log alone is synced before the answer: a cut, which damages nothing, loses no answer either.
TEST_F(PowerCutTest, KeepsWhatWasAcknowledgedInRelaxedMode) {
  durability_ = Durability::kRelaxed;
  Run(16, 2);
}

}  // namespace
}  // namespace daybook
