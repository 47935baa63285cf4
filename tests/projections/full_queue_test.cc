// What views do when the store's queue is full: nothing is left half done, and nobody asks again
// before there is room. One thread, and a store that refuses what the test says.
#include <algorithm>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "daybook/core/runtime.h"
#include "forwarding_store.h"
#include "shop.h"

namespace daybook {
namespace {

using shop::AsyncBalances;
using testing::ElementsAre;
using testing::Field;
using testing::SizeIs;

class NarrowStore : public ForwardingStore {
 public:
  using ForwardingStore::ForwardingStore;

  void AppendAsync(Commit commit, AppendCallback done) override {
    if (refuses_ == nullptr || !refuses_(commit)) {
      return ForwardingStore::AppendAsync(std::move(commit), std::move(done));
    }
    ++refused_;
    std::move(done)(absl::ResourceExhaustedError("full"));
  }
  void WhenRoom(absl::AnyInvocable<void() &&> wake) override {
    if (refuses_ == nullptr) return std::move(wake)();
    waiting_.push_back(std::move(wake));
  }

  void Refuse(std::function<bool(const Commit&)> refuses) {
    refuses_ = std::move(refuses);
    refused_ = 0;
  }
  void RefuseAllAfter(int commits) {
    Refuse([commits](const Commit&) mutable { return commits-- <= 0; });
  }
  void RefuseAll() { RefuseAllAfter(0); }
  void MakeRoom() {
    refuses_ = nullptr;
    for (auto& wake : std::exchange(waiting_, {})) std::move(wake)();
  }
  int refused() const { return refused_; }

 private:
  std::function<bool(const Commit&)> refuses_;
  std::vector<absl::AnyInvocable<void() &&>> waiting_;
  int refused_ = 0;
};

class FullQueueTest : public testing::Test {
 protected:
  FullQueueTest() {
    StoreOptions options;
    options.runtime = runtime_.get();
    auto store = OpenMemoryStore(options);
    EXPECT_THAT(store, IsOk());
    behind_ = *std::move(store);
    store_ = std::make_unique<NarrowStore>(behind_.get());
    for (int i = 0; i < 3; ++i) {
      EXPECT_THAT(
          behind_->Append(absl::StrCat("account-", i), ExpectedVersion::Any(), {shop::Deposit(10)}),
          IsOk());
    }
    Reopen();
  }

  void Reopen() {
    views_.reset();
    auto views = ProjectionEngine::Open(store_.get(), {Async<AsyncBalances>()});
    ASSERT_THAT(views, IsOk());
    views_ = *std::move(views);
    RunUntilIdle();
  }
  // A task that never rests would make a thousand steps.
  void RunUntilIdle() {
    Latch never;
    runtime_->Await(never, absl::Milliseconds(1));
  }
  // Has generation 2 answer, and generation 1 kept.
  void BuildAnew() {
    auto handle = views_->Rebuild<AsyncBalances>();
    ASSERT_THAT(handle, IsOk());
    ExpectServing(*handle, 2);
    RunUntilIdle();
  }
  static void ExpectServing(const RebuildHandle& handle, uint32_t generation) {
    auto report = handle.Wait(absl::Seconds(1));
    ASSERT_THAT(report, IsOk());
    EXPECT_TRUE(report->serving);
    EXPECT_EQ(report->new_generation, generation);
  }
  uint32_t Serving() { return views_->StatusOf<AsyncBalances>()->generation; }

  const std::unique_ptr<Runtime> runtime_ = MakeStepRuntime(1);
  std::unique_ptr<EventStore> behind_;
  std::unique_ptr<NarrowStore> store_;
  std::unique_ptr<ProjectionEngine> views_;
};

TEST_F(FullQueueTest, ARollbackIsBegunOrIsNot) {
  BuildAnew();
  uint32_t from = 2;
  for (int taken = 0; taken < 6; ++taken) {
    SCOPED_TRACE(absl::StrCat(taken, " commits are taken"));
    const uint32_t to = 3 - from;
    store_->RefuseAllAfter(taken);
    auto handle = views_->Rollback<AsyncBalances>();
    RunUntilIdle();
    EXPECT_LE(store_->refused(), 2);
    if (handle.ok()) {
      store_->MakeRoom();
      ExpectServing(*handle, to);
    } else {
      EXPECT_THAT(handle, StatusIs(absl::StatusCode::kResourceExhausted));
      store_->MakeRoom();
      // Nothing comes of it by itself, but when it is asked for again.
      Reopen();
      EXPECT_EQ(Serving(), from);
      handle = views_->Rollback<AsyncBalances>();
      ASSERT_THAT(handle, IsOk());
      ExpectServing(*handle, to);
    }
    RunUntilIdle();
    EXPECT_EQ(Serving(), to);
    from = to;
  }
}

TEST_F(FullQueueTest, ARebuildIsBegunOrIsNot) {
  for (int taken = 0; taken < 8; ++taken) {
    SCOPED_TRACE(absl::StrCat(taken, " commits are taken"));
    const uint32_t before = Serving();
    store_->RefuseAllAfter(taken);
    auto handle = views_->Rebuild<AsyncBalances>();
    RunUntilIdle();
    EXPECT_LE(store_->refused(), 2);
    store_->MakeRoom();
    if (!handle.ok()) {
      EXPECT_THAT(handle, StatusIs(absl::StatusCode::kResourceExhausted));
      RunUntilIdle();
      EXPECT_EQ(Serving(), before);
      handle = views_->Rebuild<AsyncBalances>();
      ASSERT_THAT(handle, IsOk());
    }
    ExpectServing(*handle, before + 1);
    RunUntilIdle();
  }
}

TEST_F(FullQueueTest, APauseThatIsTakenBackBeforeItIsStoredChangesNothing) {
  const TableId rows = *behind_->OpenTable("view/AsyncBalance/2");
  // So it is not built before it hears of the pause.
  store_->Refuse([rows](const Commit& commit) {
    return std::any_of(commit.writes.begin(), commit.writes.end(),
                       [rows](const TableWrite& write) { return write.table == rows; });
  });
  auto handle = views_->Rebuild<AsyncBalances>();
  ASSERT_THAT(handle, IsOk());
  RunUntilIdle();
  store_->RefuseAll();
  handle->Pause();
  RunUntilIdle();
  EXPECT_EQ(store_->refused(), 1);
  EXPECT_EQ(handle->Progress().phase, RebuildPhase::kBuilding);
  handle->Resume();
  RunUntilIdle();
  store_->MakeRoom();
  ExpectServing(*handle, 2);
}

TEST_F(FullQueueTest, ABuildThatGoesWaitsForRoom) {
  BuildAnew();
  for (int taken = 1; taken < 4; ++taken) {
    SCOPED_TRACE(absl::StrCat(taken, " commits are taken"));
    const uint32_t serving = Serving();
    store_->RefuseAllAfter(taken);
    ASSERT_THAT(views_->DropGeneration<AsyncBalances>(serving - 1), IsOk());
    RunUntilIdle();
    // Dropped, its rows deleted, forgotten: then nothing is left to refuse.
    EXPECT_EQ(store_->refused(), taken < 3 ? 1 : 0);
    store_->MakeRoom();
    RunUntilIdle();
    EXPECT_THAT(views_->StatusOf<AsyncBalances>()->generations,
                ElementsAre(Field(&GenerationStatus::number, serving)));
    EXPECT_THAT(shop::StoredRows(*behind_, *behind_->Reader(), "AsyncBalance", serving - 1),
                SizeIs(0));
    auto next = views_->Rebuild<AsyncBalances>();
    ASSERT_THAT(next, IsOk());
    ExpectServing(*next, serving + 1);
    RunUntilIdle();
  }
}

}  // namespace
}  // namespace daybook
