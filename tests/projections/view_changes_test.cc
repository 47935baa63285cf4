// Views whose definition changes, that meet an event of the past that they cannot take, that are
// promoted while many threads append, and calls that are refused.
#include <atomic>
#include <functional>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "forwarding_store.h"
#include "view_tables.h"
#include "views_test.h"

namespace daybook {
namespace {

using shop::AsyncBalances;
using shop::Balances;
using shop::Labels;
using ViewChanges = ViewsTest;

struct RevisedBalances : Balances {
  static constexpr uint32_t kRevision = Balances::kRevision + 1;
  static Gate& gate() {
    static Gate& gate = *new Gate();
    return gate;
  }
  static void On(Row& row, const shop::Deposited& event) {
    gate().Pass();
    row.set_balance(2 * event.amount());
  }
  static void On(Row&, const shop::Withdrawn&) {}
  static void On(Row&, const shop::Closed&) {}
  static void On(Row&, const shop::Noted&) {}
};

TEST_P(ViewChanges, AChangedDefinitionIsBuiltWhileTheOldRowsAnswer) {
  OpenViews({Inline<Balances>()});
  const Token before = Append("account-1", {shop::Deposit(10), shop::Deposit(20)});
  const Rows old = RowsOf<Balances>(Tip());
  EXPECT_EQ(StatusOf<Balances>().generation, 1u);

  Restart();
  RevisedBalances::gate().Close();
  OpenViews({Inline<RevisedBalances>()});
  RevisedBalances::gate().Await();
  // What comes now is seen by the new one alone.
  const Token token = Append("account-1", {shop::Deposit(50)});
  ViewStatus status = StatusOf<RevisedBalances>();
  EXPECT_EQ(status.state, ViewState::kStale);
  EXPECT_EQ(ViewStateName(status.state), "stale");
  EXPECT_EQ(status.generation, 1u);
  EXPECT_EQ(status.checkpoint, before.position());
  EXPECT_EQ(status.lag_events, 1u);
  EXPECT_EQ(views_->Get<RevisedBalances>("1", {.at_least = before})->balance(), 30);
  EXPECT_THAT(
      views_->Get<RevisedBalances>("1", {.at_least = token, .timeout = absl::Milliseconds(20)}),
      StatusIs(absl::StatusCode::kDeadlineExceeded));

  RevisedBalances::gate().Open();
  auto row = views_->Get<RevisedBalances>("1", {.at_least = token});
  ASSERT_THAT(row, IsOk());
  EXPECT_EQ(row->balance(), 100);
  status = StatusOf<RevisedBalances>();
  EXPECT_EQ(status.generation, 2u);
  EXPECT_NE(status.state, ViewState::kStale);
  ASSERT_EQ(status.generations.size(), 2u);
  EXPECT_EQ(status.generations[0].state, GenerationState::kKept);
  EXPECT_EQ(shop::StoredRows(*store_, *store_->Reader(), "Balance", 1), old);

  // The same definition again goes on where it was.
  Restart();
  OpenViews({Async<RevisedBalances>()});
  EXPECT_EQ(StatusOf<RevisedBalances>().generation, 2u);
}

// The same view, as if its rows were of another message.
template <typename P, typename OtherRow>
ProjectionRegistration WithRow(ProjectionRegistration of) {
  const ProjectionDefinition& definition = *of.definition;
  of.definition = std::make_shared<const ProjectionDefinition>(
      definition.name(), P::kRevision, definition.categories(), definition.handled(),
      definition.past(), OtherRow::descriptor(), []() -> std::unique_ptr<internal::RowFold> {
        return std::make_unique<internal::TypedRowFold<P>>();
      });
  return of;
}

TEST_P(ViewChanges, OneBuildIsKeptWhereTheOldRowsCannotBeReadToo) {
  using testing::AllOf;
  using testing::ElementsAre;
  using testing::Field;
  Append("account-1", {shop::Deposit(10)});
  OpenViews({Async<AsyncBalances>()});
  RowsOf<AsyncBalances>(Tip());
  Restart();
  OpenViews({WithRow<AsyncBalances, shop::Label>(Async<AsyncBalances>())});
  RowsOf<AsyncBalances>(Tip());
  Restart();
  OpenViews({WithRow<AsyncBalances, shop::Entry>(Async<AsyncBalances>())});
  RowsOf<AsyncBalances>(Tip());
  const absl::Time deadline = absl::Now() + absl::Seconds(60);
  while (absl::Now() < deadline && StatusOf<AsyncBalances>().generations.size() > 2) {
    absl::SleepFor(absl::Milliseconds(1));
  }
  EXPECT_THAT(StatusOf<AsyncBalances>().generations,
              ElementsAre(AllOf(Field(&GenerationStatus::number, 2),
                                Field(&GenerationStatus::state, GenerationState::kKept)),
                          AllOf(Field(&GenerationStatus::number, 3),
                                Field(&GenerationStatus::state, GenerationState::kServing))));
  EXPECT_THAT(shop::StoredRows(*store_, *store_->Reader(), "AsyncBalance", 1), testing::IsEmpty());
}

// A rollback was paused, and then the application opened with the definition that it goes back
// from.
TEST_P(ViewChanges, ABuildThatIsGivenUpIsNotPausedWhenItIsTakenUpAgain) {
  Append("account-1", {shop::Deposit(10)});
  OpenViews({Async<Balances>()});
  RowsOf<Balances>(Tip());
  Restart();
  OpenViews({Async<RevisedBalances>()});
  const absl::Time deadline = absl::Now() + absl::Seconds(60);
  while (absl::Now() < deadline && StatusOf<RevisedBalances>().generation != 2) {
    absl::SleepFor(absl::Milliseconds(1));
  }
  ASSERT_EQ(StatusOf<RevisedBalances>().generation, 2u);
  Restart();
  auto tables = internal::ViewTables::Open(store_.get());
  ASSERT_THAT(tables, IsOk());
  auto stored = internal::ReadGenerations(*store_->Reader(), *tables, Balances::kName);
  ASSERT_THAT(stored, IsOk());
  v1::ViewGenerations paused = stored->value();
  v1::ViewGeneration* first = internal::FindGeneration(paused, 1);
  ASSERT_NE(first, nullptr);
  first->set_state(v1::ViewGeneration::STATE_BUILDING);
  first->set_paused(true);
  Commit commit;
  commit.writes.push_back(internal::WriteGenerations(*tables, Balances::kName, paused));
  ASSERT_THAT(store_->Append(std::move(commit)), IsOk());

  OpenViews({Async<RevisedBalances>()});
  EXPECT_EQ(StatusOf<RevisedBalances>().generations[0].state, GenerationState::kKept);
  Restart();
  OpenViews({Async<Balances>()});
  const Token token = Append("account-1", {shop::Deposit(20)});
  EXPECT_EQ(RowsOf<Balances>(token), shop::BalancesByHand(*store_->Reader()));
  EXPECT_EQ(StatusOf<Balances>().generation, 1u);
}

TEST_P(ViewChanges, AnInlineViewThatCannotTakeThePastStopsThereAndRefusesNobody) {
  Append("account-1", {shop::Deposit(10, {"a", "b"}), shop::Withdraw(13, "a")});
  OpenViews({Inline<Labels>(), Inline<Balances>()});
  const Token token = Append("account-1", {shop::Deposit(1, {"a"})});
  EXPECT_THAT(views_->Get<Labels>("a", {.at_least = token}),
              StatusIs(absl::StatusCode::kInvalidArgument, testing::HasSubstr("thirteen")));
  const ViewStatus status = StatusOf<Labels>();
  EXPECT_EQ(status.state, ViewState::kStopped);
  EXPECT_EQ(status.checkpoint, Position(1));
  EXPECT_EQ(status.lag_events, 2u);
  EXPECT_THAT(status.error, StatusIs(absl::StatusCode::kInvalidArgument,
                                     testing::HasSubstr("Label stopped at position 2")));
  // What it holds is the fold up to there, and the other view is not disturbed.
  EXPECT_EQ(RowsOf<Labels>(), shop::LabelsByHand(*store_->Reader(), Position(1)));
  EXPECT_EQ(RowsOf<Balances>(token), shop::BalancesByHand(*store_->Reader()));
}

TEST_P(ViewChanges, AnEventOfSeveralKeysIsTakenWhollyOrNotAtAll) {
  OpenViews({Async<Labels>({.policy = FailurePolicy::kStop})});
  Append("account-1", {shop::Deposit(1000, {"a", "full"})});
  const Token token = Append("account-1", {shop::Deposit(1, {"a", "full"})});
  EXPECT_THAT(views_->Get<Labels>("a", {.at_least = token}),
              StatusIs(absl::StatusCode::kOutOfRange, testing::HasSubstr("full")));
  EXPECT_EQ(RowsOf<Labels>(), shop::LabelsByHand(*store_->Reader(), Position(1)));
}

TEST_P(ViewChanges, AViewIsPromotedWhileManyThreadsAppend) {
  Append("account-0", {shop::Deposit(1, {"a"})});
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([this, &stop, t] {
      for (int i = 0; !stop.load(); ++i) {
        const std::string stream = absl::StrCat("account-", (t + i) % 7);
        ASSERT_THAT(TryAppend(stream, {shop::Deposit(i % 50, {"a", "b"}), shop::Withdraw(1, "c")}),
                    IsOk());
      }
    });
  }
  for (int round = 0; round < 3; ++round) {
    OpenViews({Inline<Balances>(), Async<AsyncBalances>(), Inline<Labels>()});
    const absl::Time deadline = absl::Now() + absl::Seconds(60);
    while (absl::Now() < deadline && (StatusOf<Balances>().state != ViewState::kPromoted ||
                                      StatusOf<Labels>().state != ViewState::kPromoted)) {
      absl::SleepFor(absl::Milliseconds(1));
    }
    EXPECT_EQ(StatusOf<Balances>().state, ViewState::kPromoted);
    EXPECT_EQ(StatusOf<Labels>().state, ViewState::kPromoted);
    // The next round begins behind: the log went on without the views.
    views_.reset();
    Append("account-0", {shop::Deposit(1, {"a"})});
  }
  OpenViews({Inline<Balances>(), Async<AsyncBalances>(), Inline<Labels>()});
  stop = true;
  for (std::thread& thread : threads) thread.join();
  const Rows balances = shop::BalancesByHand(*store_->Reader());
  EXPECT_EQ(RowsOf<Balances>(Tip()), balances);
  EXPECT_EQ(RowsOf<AsyncBalances>(Tip()), balances);
  EXPECT_EQ(RowsOf<Labels>(Tip()), shop::LabelsByHand(*store_->Reader()));
}

// The queue is full of rows, so that the tip does not move when it empties: the view must hear of
// it otherwise. Whether it meets the full queue is for the seed to say.
TEST(FullQueue, AFlushThatIsRefusedIsWrittenWhenThereIsRoom) {
  for (uint64_t seed = 1; seed <= 16; ++seed) {
    SCOPED_TRACE(seed);
    const std::unique_ptr<Runtime> runtime = MakeStepRuntime(seed);
    StoreOptions options;
    options.runtime = runtime.get();
    options.queue_bytes = size_t{1} << 20;
    auto store = OpenMemoryStore(options);
    ASSERT_THAT(store, IsOk());
    const TableId table = *(*store)->OpenTable("rows");
    ASSERT_THAT((*store)->Append("account-1", ExpectedVersion::Any(), {shop::Deposit(10)}), IsOk());
    auto views = ProjectionEngine::Open(store->get(), {Async<AsyncBalances>()});
    ASSERT_THAT(views, IsOk());
    for (const size_t bytes : {100'000, 1}) {
      for (bool full = false; !full;) {
        Commit commit;
        commit.writes.push_back({table, "row", std::string(bytes, 'x')});
        (*store)->AppendAsync(std::move(commit), [&full](absl::StatusOr<AppendResult> result) {
          if (absl::IsResourceExhausted(result.status())) full = true;
        });
      }
    }
    Latch never;
    EXPECT_FALSE(runtime->Await(never, absl::Seconds(1)));
    EXPECT_EQ((*views)->StatusOf<AsyncBalances>()->checkpoint, Position(1));
    EXPECT_THAT((*views)->Get<AsyncBalances>("1"), IsOk());
  }
}

// Does something else when a query is about to take its reader.
class InterruptedStore : public ForwardingStore {
 public:
  using ForwardingStore::ForwardingStore;
  std::shared_ptr<const StoreReader> Reader() const override {
    if (std::this_thread::get_id() == asker_) {
      asker_ = std::thread::id();
      meanwhile_();
    }
    return ForwardingStore::Reader();
  }
  // The next time that this thread asks.
  void Meanwhile(std::function<void()> what) {
    asker_ = std::this_thread::get_id();
    meanwhile_ = std::move(what);
  }

 private:
  mutable std::atomic<std::thread::id> asker_{};
  std::function<void()> meanwhile_;
};

TEST_P(ViewChanges, AQueryThatMeetsABuildThatWentAsksTheOneThatAnswers) {
  InterruptedStore interrupted(store_.get());
  auto views = ProjectionEngine::Open(&interrupted, {Inline<Balances>()});
  ASSERT_THAT(views, IsOk());
  const Token token = Append("account-1", {shop::Deposit(10)});
  interrupted.Meanwhile([&] {
    auto handle = (*views)->Rebuild<Balances>();
    ASSERT_THAT(handle, IsOk());
    auto report = handle->Wait(absl::Seconds(60));
    ASSERT_THAT(report, IsOk());
    ASSERT_TRUE(report->serving);
    ASSERT_THAT((*views)->DropGeneration<Balances>(1), IsOk());
    while ((*views)->StatusOf<Balances>()->generations.size() > 1) {
      absl::SleepFor(absl::Milliseconds(1));
    }
  });
  auto row = (*views)->Get<Balances>("1", {.at_least = token});
  ASSERT_THAT(row, IsOk());
  EXPECT_EQ(row->balance(), 10);
  EXPECT_EQ((*views)->StatusOf<Balances>()->generation, 2u);
}

TEST_P(ViewChanges, AWaitThatIsTooLongNamesTheViewAndItsCheckpoint) {
  OpenViews({Inline<Balances>(), Async<AsyncBalances>()});
  const Token token = Append("account-1", {shop::Deposit(10)});
  ASSERT_THAT(views_->Get<Balances>("1", {.at_least = token}), IsOk());
  ASSERT_THAT(views_->Get<AsyncBalances>("1", {.at_least = token}), IsOk());
  const GetOptions later{.at_least = Token(Position(2)), .timeout = absl::Milliseconds(20)};
  EXPECT_THAT(views_->Get<Balances>("1", later),
              StatusIs(absl::StatusCode::kDeadlineExceeded,
                       testing::HasSubstr("view Balance is at position 1, not at 2")));
  EXPECT_THAT(views_->Get<AsyncBalances>("1", later),
              StatusIs(absl::StatusCode::kDeadlineExceeded,
                       testing::HasSubstr("view AsyncBalance is at position 1, not at 2")));
}

TEST_P(ViewChanges, WrongCallsAreRefusedByName) {
  EXPECT_THAT(ProjectionEngine::Open(store_.get(), {Inline<Balances>(), Async<Balances>()}),
              StatusIs(absl::StatusCode::kInvalidArgument, testing::HasSubstr("Balance")));
  ProjectionOptions slow;
  slow.flush_interval = absl::Seconds(2);
  EXPECT_THAT(ProjectionEngine::Open(store_.get(), {}, slow),
              StatusIs(absl::StatusCode::kInvalidArgument, testing::HasSubstr("flush_interval")));
  OpenViews({Async<AsyncBalances>()});
  EXPECT_THAT(views_->Get<Balances>("1"),
              StatusIs(absl::StatusCode::kInvalidArgument, testing::HasSubstr("Balance is not")));
  EXPECT_THAT(views_->Get<AsyncBalances>("1"), StatusIs(absl::StatusCode::kNotFound));
}

INSTANTIATE_TEST_SUITE_P(Stores, ViewChanges, testing::ValuesIn(StoreKinds()),
                         [](const auto& kind) { return std::string(kind.param.name); });

}  // namespace
}  // namespace daybook
