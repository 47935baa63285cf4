// Views built anew, compared, taken over and gone back from.
#include "daybook/projections/rebuild.h"

#include <atomic>
#include <thread>
#include <vector>

#include "daybook/testkit/fake_clock.h"
#include "daybook/v1/view.pb.h"
#include "view_tables.h"
#include "views_test.h"

namespace daybook {
namespace {

using shop::AsyncBalances;
using shop::AsyncLabels;
using shop::Balances;
using shop::BalancesByHand;
using shop::Deposit;
using shop::Withdraw;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// Balances as they were before a mistake was mended: a withdrawal of 7 was not seen.
struct WrongBalances : AsyncBalances {
  using Balances::On;
  static void On(Row& row, const shop::Withdrawn& event) {
    if (event.amount() != 7) Balances::On(row, event);
  }
};

// Labels that took what they cannot take today.
struct TolerantLabels : AsyncLabels {
  using Labels::On;
  static absl::Status On(Row& row, const shop::Withdrawn& event) {
    row.set_sum(row.sum() - event.amount());
    return absl::OkStatus();
  }
};

// Balances that are folded when the test says so.
struct HeldBalances : AsyncBalances {
  static Gate& gate() {
    static Gate& gate = *new Gate();
    return gate;
  }
  using Balances::On;
  static void On(Row& row, const shop::Deposited& event) {
    gate().Pass();
    Balances::On(row, event);
  }
};

class Rebuilds : public ViewsTest {
 protected:
  void Fill(int commits) {
    for (int i = 0; i < commits; ++i) {
      Append(absl::StrCat("account-", i % 7), {Deposit(i, {"a"}), Withdraw(1, "b")});
    }
  }
  template <typename P>
  RebuildHandle Begin(const RebuildOptions& options = {}) {
    auto handle = views_->Rebuild<P>(options);
    EXPECT_THAT(handle, IsOk());
    return *handle;
  }
  // Begins one that is paused before it has caught up.
  RebuildHandle BeginPaused(const RebuildOptions& options) {
    HeldBalances::gate().Close();
    RebuildHandle handle = Begin<HeldBalances>(options);
    HeldBalances::gate().Await();
    handle.Pause();
    HeldBalances::gate().Open();
    const absl::Time deadline = absl::Now() + absl::Seconds(60);
    while (absl::Now() < deadline && handle.Progress().phase == RebuildPhase::kBuilding) {
      absl::SleepFor(absl::Milliseconds(1));
    }
    EXPECT_EQ(handle.Progress().phase, RebuildPhase::kPaused);
    return handle;
  }
  static RebuildReport Report(const RebuildHandle& handle) {
    auto report = handle.Wait(absl::Seconds(60));
    EXPECT_THAT(report, IsOk());
    return report.value_or(RebuildReport());
  }
  template <typename P>
  void WaitForState(uint32_t generation, GenerationState state) {
    const absl::Time deadline = absl::Now() + absl::Seconds(60);
    while (absl::Now() < deadline) {
      for (const GenerationStatus& known : StatusOf<P>().generations) {
        if (known.number == generation && known.state == state) return;
      }
      absl::SleepFor(absl::Milliseconds(1));
    }
    FAIL() << "generation " << generation << " is not " << GenerationStateName(state);
  }
  template <typename P>
  void WaitUntilGone(uint32_t generation) {
    const absl::Time deadline = absl::Now() + absl::Seconds(60);
    while (absl::Now() < deadline) {
      bool there = false;
      for (const GenerationStatus& known : StatusOf<P>().generations) {
        there |= known.number == generation;
      }
      if (!there) return;
      absl::SleepFor(absl::Milliseconds(1));
    }
    FAIL() << "generation " << generation << " is still there";
  }
};

TEST_P(Rebuilds, AnAsyncViewIsBuiltAnewComparedAndTakesOver) {
  OpenViews({Async<AsyncBalances>()});
  Fill(100);
  RowsOf<AsyncBalances>(Tip());
  const RebuildHandle handle = Begin<AsyncBalances>();
  const RebuildReport report = Report(handle);
  EXPECT_EQ(report.old_generation, 1u);
  EXPECT_EQ(report.new_generation, 2u);
  EXPECT_EQ(report.compared_at, store_->Tip());
  EXPECT_EQ(report.rows_compared, 7u);
  EXPECT_EQ(report.rows_different, 0u);
  EXPECT_TRUE(report.serving);
  EXPECT_EQ(handle.Progress().phase, RebuildPhase::kServing);
  EXPECT_EQ(StatusOf<AsyncBalances>().generation, 2u);
  Append("account-1", {Deposit(5)});
  EXPECT_EQ(RowsOf<AsyncBalances>(Tip()), BalancesByHand(*store_->Reader()));
  // The old one was left where it stood.
  EXPECT_EQ(shop::StoredRows(*store_, *store_->Reader(), "AsyncBalance", 1),
            BalancesByHand(*store_->Reader(), *report.compared_at));
}

TEST_P(Rebuilds, AnInlineViewIsPromotedAndTakesOverWithoutAnotherEvent) {
  OpenViews({Inline<Balances>(), Inline<shop::Labels>()});
  Fill(50);
  const RebuildReport report = Report(Begin<Balances>());
  EXPECT_TRUE(report.serving);
  EXPECT_EQ(report.compared_at, store_->Tip());
  EXPECT_EQ(report.rows_different, 0u);
  EXPECT_EQ(StatusOf<Balances>().state, ViewState::kPromoted);
  EXPECT_EQ(StatusOf<Balances>().generation, 2u);
  const Token token = Append("account-1", {Deposit(5)});
  EXPECT_EQ(StatusOf<Balances>().checkpoint, token.position());
  EXPECT_EQ(RowsOf<Balances>(token), BalancesByHand(*store_->Reader()));
  Restart();
  OpenViews({Inline<Balances>(), Inline<shop::Labels>()});
  EXPECT_EQ(StatusOf<Balances>().generation, 2u);
  Append("account-1", {Deposit(5)});
  EXPECT_EQ(RowsOf<Balances>(Tip()), BalancesByHand(*store_->Reader()));
}

TEST_P(Rebuilds, WhatAnOldBuildDidWrongIsNamedWithItsEvent) {
  OpenViews({Async<WrongBalances>()});
  Append("account-1", {Deposit(10), Withdraw(2)});
  const Token wrong = Append("account-1", {Withdraw(7)});
  Append("account-1", {Deposit(100)});
  Append("account-2", {Deposit(1)});
  ASSERT_THAT(views_->Get<WrongBalances>("1", {.at_least = Tip()}), IsOk());
  Restart();
  OpenViews({Async<AsyncBalances>()});
  RebuildHandle handle = Begin<AsyncBalances>();
  RebuildReport report = Report(handle);
  EXPECT_FALSE(report.serving);
  EXPECT_EQ(handle.Progress().phase, RebuildPhase::kBuilt);
  EXPECT_EQ(report.rows_compared, 2u);
  EXPECT_EQ(report.rows_different, 1u);
  ASSERT_THAT(report.differences, SizeIs(1));
  const RowDifference& row = report.differences[0];
  EXPECT_EQ(row.key, "1");
  EXPECT_FALSE(row.only_before);
  EXPECT_FALSE(row.only_now);
  ASSERT_THAT(row.fields, SizeIs(2));
  EXPECT_EQ(row.fields[0].field, "balance");
  EXPECT_EQ(row.fields[0].before, "108");
  EXPECT_EQ(row.fields[0].now, "101");
  EXPECT_EQ(row.fields[1].field, "events");
  ASSERT_TRUE(row.origin.has_value());
  EXPECT_EQ(row.origin->position, wrong.position());
  EXPECT_EQ(row.origin->stream, "account-1");
  EXPECT_EQ(row.origin->version, 2u);
  EXPECT_EQ(row.origin->type, "shop.Withdrawn");
  EXPECT_EQ(row.origin->what, "the old build left it out");
  // Until it is told to, the old one answers; both follow the log.
  EXPECT_EQ(StatusOf<AsyncBalances>().generation, 1u);
  handle.TakeOver();
  report = Report(handle);
  EXPECT_TRUE(report.serving);
  EXPECT_EQ(views_->Get<AsyncBalances>("1")->balance(), 101);
}

TEST_P(Rebuilds, ARowThatOnlyOneBuildHasIsNamed) {
  OpenViews({Async<AsyncBalances>()});
  Append("account-1", {Deposit(10)});
  Append("account-2", {Deposit(20), Deposit(5)});
  RowsOf<AsyncBalances>(Tip());
  const TableId rows = *store_->OpenTable("view/AsyncBalance/1");
  Commit damage;
  damage.writes.push_back({rows, "1", std::nullopt});
  damage.writes.push_back({rows, "3", EncodeMessage(shop::Balance())});
  ASSERT_THAT(store_->Append(std::move(damage)), IsOk());
  const RebuildReport report = Report(Begin<AsyncBalances>());
  EXPECT_EQ(report.rows_compared, 3u);
  EXPECT_EQ(report.rows_different, 2u);
  EXPECT_THAT(report.differences,
              ElementsAre(testing::AllOf(Field(&RowDifference::key, "1"),
                                         Field(&RowDifference::only_now, true)),
                          testing::AllOf(Field(&RowDifference::key, "3"),
                                         Field(&RowDifference::only_before, true))));
}

TEST_P(Rebuilds, ARollbackCatchesUpBeforeItAnswers) {
  for (const bool is_inline : {false, true}) {
    SCOPED_TRACE(is_inline);
    OpenViews({Async<AsyncBalances>(), Inline<Balances>()});
    Fill(20);
    RowsOf<AsyncBalances>(Tip());
    ASSERT_TRUE(is_inline ? Report(Begin<Balances>()).serving
                          : Report(Begin<AsyncBalances>()).serving);
    Fill(30);
    auto back = is_inline ? views_->Rollback<Balances>() : views_->Rollback<AsyncBalances>();
    ASSERT_THAT(back, IsOk());
    const RebuildReport report = Report(*back);
    EXPECT_TRUE(report.serving);
    EXPECT_EQ(report.new_generation, 1u);
    EXPECT_FALSE(report.compared_at.has_value());
    const Token token = Append("account-3", {Deposit(1)});
    const Rows expected = BalancesByHand(*store_->Reader());
    EXPECT_EQ(is_inline ? RowsOf<Balances>(token) : RowsOf<AsyncBalances>(token), expected);
    EXPECT_EQ(is_inline ? StatusOf<Balances>().generation : StatusOf<AsyncBalances>().generation,
              1u);
    // And forth again.
    auto forth = is_inline ? views_->Rollback<Balances>() : views_->Rollback<AsyncBalances>();
    ASSERT_THAT(forth, IsOk());
    EXPECT_EQ(Report(*forth).new_generation, 2u);
    EXPECT_EQ(is_inline ? RowsOf<Balances>(token) : RowsOf<AsyncBalances>(token), expected);
  }
}

TEST_P(Rebuilds, WithoutAKeptBuildThereIsNoWayBack) {
  OpenViews({Async<AsyncBalances>()});
  EXPECT_THAT(views_->Rollback<AsyncBalances>(), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(views_->Rollback<Balances>(),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("Balance is not")));
  RebuildOptions many;
  many.max_differences = 10'001;
  EXPECT_THAT(views_->Rebuild<AsyncBalances>(many),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("max_differences")));
}

TEST_P(Rebuilds, AKeptBuildIsDroppedSomeRowsAtATime) {
  OpenViews({Async<AsyncBalances>()});
  for (int i = 0; i < 25; ++i) {
    Commit commit;
    for (int j = 0; j < 100; ++j) {
      commit.appends.push_back(
          {absl::StrCat("account-", i, "-", j), ExpectedVersion::Any(), {Deposit(1)}});
    }
    ASSERT_THAT(store_->Append(std::move(commit)), IsOk());
  }
  ASSERT_TRUE(Report(Begin<AsyncBalances>()).serving);
  EXPECT_THAT(views_->DropGeneration<AsyncBalances>(2),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("answers queries")));
  EXPECT_THAT(views_->DropGeneration<AsyncBalances>(3), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(shop::StoredRows(*store_, *store_->Reader(), "AsyncBalance", 1), SizeIs(2500));
  ASSERT_THAT(views_->DropGeneration<AsyncBalances>(1), IsOk());
  WaitUntilGone<AsyncBalances>(1);
  EXPECT_THAT(shop::StoredRows(*store_, *store_->Reader(), "AsyncBalance", 1), IsEmpty());
  EXPECT_THAT(RowsOf<AsyncBalances>(), SizeIs(2500));
  EXPECT_THAT(views_->Rollback<AsyncBalances>(), StatusIs(absl::StatusCode::kNotFound));
}

TEST_P(Rebuilds, OneOldBuildIsKept) {
  OpenViews({Async<AsyncBalances>()});
  Fill(10);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(Report(Begin<AsyncBalances>()).serving);
  WaitUntilGone<AsyncBalances>(1);
  WaitUntilGone<AsyncBalances>(2);
  EXPECT_THAT(
      StatusOf<AsyncBalances>().generations,
      ElementsAre(Field(&GenerationStatus::number, 3), Field(&GenerationStatus::number, 4)));
}

TEST_P(Rebuilds, ABuildThatIsGivenUpGoes) {
  OpenViews({Async<AsyncBalances>()});
  Fill(10);
  RebuildHandle handle = Begin<AsyncBalances>({.flip = Flip::kOnRequest});
  EXPECT_FALSE(Report(handle).serving);
  handle.Cancel();
  EXPECT_THAT(handle.Wait(absl::Seconds(60)), StatusIs(absl::StatusCode::kCancelled));
  WaitUntilGone<AsyncBalances>(2);
}

TEST_P(Rebuilds, APauseHoldsOverARestart) {
  OpenViews({Async<HeldBalances>()});
  Fill(10);
  RowsOf<HeldBalances>(Tip());
  const RebuildHandle paused = BeginPaused({.flip = Flip::kOnRequest});
  Restart();
  EXPECT_THAT(paused.Wait(absl::ZeroDuration()), StatusIs(absl::StatusCode::kUnavailable));
  OpenViews({Async<AsyncBalances>()});
  Fill(10);
  RowsOf<AsyncBalances>(Tip());
  WaitForState<AsyncBalances>(2, GenerationState::kPaused);
  RebuildHandle again = Begin<AsyncBalances>();
  EXPECT_THAT(again.Wait(absl::Milliseconds(20)), StatusIs(absl::StatusCode::kDeadlineExceeded));
  EXPECT_EQ(again.Progress().phase, RebuildPhase::kPaused);
  again.Resume();
  again.TakeOver();
  const RebuildReport report = Report(again);
  EXPECT_TRUE(report.serving);
  EXPECT_EQ(report.new_generation, 2u);
  EXPECT_EQ(RowsOf<AsyncBalances>(Tip()), BalancesByHand(*store_->Reader()));
}

TEST_P(Rebuilds, OneThatIsHeldWaitsForWhoJoinsIt) {
  const ProjectionOptions held = {.hold_rebuilds = true};
  const RebuildOptions at_once = {.compare = false, .flip = Flip::kAlways};
  OpenViews({Async<AsyncBalances>()});
  Fill(10);
  EXPECT_FALSE(Report(Begin<AsyncBalances>({.flip = Flip::kOnRequest})).serving);
  for (int round = 0; round < 2; ++round) {
    Restart();
    OpenViews({Async<AsyncBalances>()}, held);
    Fill(10);
    RowsOf<AsyncBalances>(Tip());
    // In the second round it was told before to answer as soon as it can.
    EXPECT_EQ(StatusOf<AsyncBalances>().generation, 1u);
    const RebuildHandle joined = Begin<AsyncBalances>(at_once);
    EXPECT_THAT(joined.Wait(absl::Milliseconds(20)), StatusIs(absl::StatusCode::kDeadlineExceeded));
    EXPECT_EQ(joined.Progress().phase, RebuildPhase::kPaused);
  }
  RebuildHandle handle = Begin<AsyncBalances>(at_once);
  handle.Resume();
  const RebuildReport report = Report(handle);
  EXPECT_TRUE(report.serving);
  EXPECT_EQ(report.new_generation, 2u);
  EXPECT_EQ(RowsOf<AsyncBalances>(Tip()), BalancesByHand(*store_->Reader()));
}

TEST_P(Rebuilds, OneThatWasNotComparedGoesOnWithTheOptionsOfTheLastCall) {
  OpenViews({Async<WrongBalances>()});
  Append("account-1", {Deposit(10), Withdraw(7)});
  RowsOf<WrongBalances>(Tip());
  Restart();
  OpenViews({Async<HeldBalances>()});
  BeginPaused({.compare = false, .flip = Flip::kAlways});
  Begin<HeldBalances>();
  // They are stored, too.
  for (int round = 0; round < 2; ++round) {
    auto tables = internal::ViewTables::Open(store_.get());
    ASSERT_THAT(tables, IsOk());
    auto known = internal::ReadGenerations(*store_->Reader(), *tables, "AsyncBalance");
    ASSERT_THAT(known, IsOk());
    ASSERT_TRUE(known->has_value());
    const v1::ViewGeneration* stored = internal::FindGeneration(**known, 2);
    ASSERT_NE(stored, nullptr);
    EXPECT_TRUE(stored->compare());
    EXPECT_TRUE(stored->paused());
    EXPECT_EQ(stored->flip(), v1::ViewGeneration::FLIP_WHEN_EQUAL);
    Restart();
    OpenViews({Async<HeldBalances>()});
  }
  RebuildHandle handle = Begin<HeldBalances>();
  handle.Resume();
  RebuildReport report = Report(handle);
  EXPECT_FALSE(report.serving);
  EXPECT_EQ(report.compared_at, store_->Tip());
  EXPECT_EQ(report.rows_different, 1u);
  // Now it was compared.
  report = Report(Begin<HeldBalances>({.compare = false, .flip = Flip::kAlways}));
  EXPECT_FALSE(report.serving);
  EXPECT_EQ(report.rows_different, 1u);
  EXPECT_EQ(StatusOf<HeldBalances>().generation, 1u);
}

TEST_P(Rebuilds, OneThatWaitsWithoutAComparisonIsComparedWhenAskedTo) {
  OpenViews({Async<AsyncBalances>(), Inline<Balances>()});
  Fill(10);
  RowsOf<AsyncBalances>(Tip());
  for (const absl::string_view view : {"AsyncBalance", "Balance"}) {
    SCOPED_TRACE(view);
    auto uncompared = views_->Rebuild(view, {.compare = false, .flip = Flip::kOnRequest});
    ASSERT_THAT(uncompared, IsOk());
    EXPECT_FALSE(Report(*uncompared).compared_at.has_value());
    auto joined = views_->Rebuild(view);
    ASSERT_THAT(joined, IsOk());
    const RebuildReport report = Report(*joined);
    EXPECT_TRUE(report.serving);
    EXPECT_EQ(report.compared_at, store_->Tip());
    EXPECT_EQ(report.rows_compared, 7u);
    EXPECT_EQ(report.new_generation, 2u);
  }
}

TEST_P(Rebuilds, AHandleThatIsKeptLongerThanTheApplicationWaitsForNothing) {
  OpenViews({Async<AsyncBalances>()});
  Fill(10);
  std::vector<RebuildHandle> handles;
  for (int i = 0; i < 3; ++i) {
    handles.push_back(Begin<AsyncBalances>({.flip = Flip::kOnRequest}));
    EXPECT_FALSE(Report(handles.back()).serving);
    views_.reset();
    if (i < 2) OpenViews({Async<AsyncBalances>()});
  }
  // What it came to is still said; what it is told now is not done by anybody.
  EXPECT_EQ(Report(handles[0]).rows_compared, 7u);
  handles[0].Pause();
  EXPECT_EQ(Report(handles[0]).rows_compared, 7u);
  handles[1].TakeOver();
  handles[2].Cancel();
  for (const size_t told : {1, 2}) {
    EXPECT_THAT(handles[told].Wait(absl::Seconds(5)), StatusIs(absl::StatusCode::kUnavailable));
  }
}

// The first rows are on their way to the store when it is given up, in some step of these.
TEST(RebuildsStepByStep, OfABuildThatIsGivenUpNoRowIsLeft) {
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    for (int64_t steps = 1; steps <= 12; ++steps) {
      SCOPED_TRACE(absl::StrCat("seed ", seed, ", ", steps, " steps"));
      const std::unique_ptr<Runtime> runtime = MakeStepRuntime(seed);
      StoreOptions options;
      options.runtime = runtime.get();
      auto store = OpenMemoryStore(options);
      ASSERT_THAT(store, IsOk());
      ASSERT_THAT((*store)->Append("account-1", ExpectedVersion::Any(), {Deposit(10)}), IsOk());
      auto views =
          ProjectionEngine::Open(store->get(), {Async<AsyncBalances>(), Inline<Balances>()});
      ASSERT_THAT(views, IsOk());
      Latch never;
      runtime->Await(never, absl::Seconds(1));
      for (const absl::string_view view : {"AsyncBalance", "Balance"}) {
        auto handle = (*views)->Rebuild(view, {.flip = Flip::kOnRequest});
        ASSERT_THAT(handle, IsOk());
        runtime->Await(never, absl::Microseconds(steps));
        handle->Cancel();
        EXPECT_THAT(handle->Wait(absl::Seconds(1)), StatusIs(absl::StatusCode::kCancelled));
      }
      runtime->Await(never, absl::Seconds(1));
      EXPECT_THAT((*views)->StatusOf<AsyncBalances>()->generations, SizeIs(1));
      EXPECT_THAT((*views)->StatusOf<Balances>()->generations, SizeIs(1));
      for (const absl::string_view view : {"AsyncBalance", "Balance"}) {
        EXPECT_THAT(shop::StoredRows(**store, *(*store)->Reader(), view, 2), IsEmpty()) << view;
      }
    }
  }
}

// Of what was folded nothing is stored when it rests, so it goes on from the start.
TEST(RebuildsStepByStep, TheRateIsOfWhatIsFoldedSinceItWentOn) {
  const std::unique_ptr<Runtime> runtime = MakeStepRuntime(1);
  StoreOptions options;
  options.runtime = runtime.get();
  auto store = OpenMemoryStore(options);
  ASSERT_THAT(store, IsOk());
  for (int i = 0; i < 30; ++i) {
    ASSERT_THAT(
        (*store)->Append("account-1", ExpectedVersion::Any(), std::vector<Event>(1000, Deposit(1))),
        IsOk());
  }
  FakeClock clock;
  ProjectionOptions slow;
  slow.clock = &clock;
  auto views = ProjectionEngine::Open(store->get(), {Async<AsyncBalances>()}, slow);
  ASSERT_THAT(views, IsOk());
  Latch never;
  runtime->Await(never, absl::Seconds(1));
  auto handle = (*views)->Rebuild<AsyncBalances>();
  ASSERT_THAT(handle, IsOk());
  while (handle->Progress().position < Position(10'000)) {
    ASSERT_EQ(handle->Progress().phase, RebuildPhase::kBuilding);
    clock.Advance(absl::Milliseconds(1));
    runtime->Await(never, absl::Microseconds(1));
  }
  handle->Pause();
  runtime->Await(never, absl::Seconds(1));
  ASSERT_EQ(handle->Progress().phase, RebuildPhase::kPaused);
  handle->Resume();
  bool went_on = false;
  for (int i = 0; i < 1000 && handle->Progress().phase != RebuildPhase::kServing; ++i) {
    clock.Advance(absl::Milliseconds(1));
    runtime->Await(never, absl::Microseconds(1));
    const RebuildProgress progress = handle->Progress();
    went_on |= progress.events_per_second > 0;
    ASSERT_LE(progress.events_per_second, 30'000 / 0.001);
  }
  EXPECT_TRUE(went_on);
  EXPECT_EQ(handle->Progress().phase, RebuildPhase::kServing);
}

TEST_P(Rebuilds, ABuildThatStopsLeavesTheOldOneAnswering) {
  OpenViews({Async<TolerantLabels>()});
  Append("account-1", {Deposit(50, {"a"})});
  Append("account-1", {Withdraw(13, "a")});
  RowsOf<TolerantLabels>(Tip());
  Restart();
  OpenViews({Async<AsyncLabels>({.policy = FailurePolicy::kStop})});
  RebuildHandle handle = Begin<AsyncLabels>();
  EXPECT_THAT(
      handle.Wait(absl::Seconds(60)),
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("AsyncLabel stopped at position 2")));
  EXPECT_EQ(handle.Progress().phase, RebuildPhase::kFailed);
  const Token token = Append("account-1", {Deposit(1, {"a"})});
  auto row = views_->Get<AsyncLabels>("a", {.at_least = token});
  ASSERT_THAT(row, IsOk());
  EXPECT_EQ(row->sum(), 38);
  handle.Cancel();
  WaitUntilGone<AsyncLabels>(2);
}

TEST_P(Rebuilds, QueriesGoOnWithoutAnErrorWhileViewsAreRebuiltUnderLoad) {
  OpenViews({Async<AsyncBalances>(), Inline<Balances>()});
  Fill(300);
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    for (int i = 0; !stop.load(); ++i) {
      ASSERT_THAT(TryAppend(absl::StrCat("account-", i % 7), {Deposit(1), Withdraw(1)}), IsOk());
    }
  });
  std::atomic<int> queries{0};
  std::thread reader([&] {
    // What a caller has seen never goes back.
    uint64_t async_events = 0;
    uint64_t inline_events = 0;
    while (!stop.load()) {
      auto late = views_->Get<AsyncBalances>("1");
      ASSERT_THAT(late, IsOk());
      ASSERT_GE(late->events(), async_events);
      async_events = late->events();
      auto at_once = views_->Get<Balances>("1");
      ASSERT_THAT(at_once, IsOk());
      ASSERT_GE(at_once->events(), inline_events);
      inline_events = at_once->events();
      ASSERT_THAT(views_->Get<AsyncBalances>("2", {.at_least = Tip()}), IsOk());
      ++queries;
    }
  });
  const auto wait_for_queries = [&queries](int more) {
    const int until = queries.load() + more;
    while (queries.load() < until && !HasFailure()) absl::SleepFor(absl::Milliseconds(1));
  };
  for (int round = 0; round < 3; ++round) {
    wait_for_queries(3);
    const RebuildReport async = Report(Begin<AsyncBalances>());
    EXPECT_TRUE(async.serving);
    EXPECT_EQ(async.rows_different, 0u);
    const RebuildReport in_commits = Report(Begin<Balances>());
    EXPECT_TRUE(in_commits.serving);
    EXPECT_EQ(in_commits.rows_different, 0u);
    auto back = views_->Rollback<AsyncBalances>();
    ASSERT_THAT(back, IsOk());
    EXPECT_TRUE(Report(*back).serving);
    back = views_->Rollback<Balances>();
    ASSERT_THAT(back, IsOk());
    EXPECT_TRUE(Report(*back).serving);
    wait_for_queries(3);
  }
  stop = true;
  writer.join();
  reader.join();
  const Rows expected = BalancesByHand(*store_->Reader());
  EXPECT_EQ(RowsOf<AsyncBalances>(Tip()), expected);
  EXPECT_EQ(RowsOf<Balances>(Tip()), expected);
}

TEST_P(Rebuilds, AStoreOfTheFirstFormIsTakenOver) {
  // As written before builds were told apart: the checkpoint under the view's name, and the rows of
  // an earlier build beside those of the last.
  const Token token = Append("account-1", {Deposit(10)});
  Append("account-1", {Deposit(5)});
  v1::ViewCheckpoint checkpoint;
  checkpoint.set_generation(2);
  checkpoint.set_fingerprint(std::string(Async<AsyncBalances>().definition->fingerprint().bytes()));
  checkpoint.set_position(token.position().sequence());
  const std::string row = BalancesByHand(*store_->Reader(), token.position()).at("1");
  Commit commit;
  commit.writes.push_back(
      {*store_->OpenTable("$views"), "AsyncBalance", EncodeMessage(checkpoint)});
  commit.writes.push_back({*store_->OpenTable("view/AsyncBalance/1"), "old", row});
  commit.writes.push_back({*store_->OpenTable("view/AsyncBalance/2"), "1", row});
  ASSERT_THAT(store_->Append(std::move(commit)), IsOk());
  Restart();
  OpenViews({Async<AsyncBalances>()});
  EXPECT_EQ(views_->Get<AsyncBalances>("1", {.at_least = Tip()})->balance(), 15);
  EXPECT_EQ(StatusOf<AsyncBalances>().generation, 2u);
  EXPECT_EQ(StatusOf<AsyncBalances>().rows_written, 1u);  // it went on; it did not begin again
  WaitUntilGone<AsyncBalances>(1);
  EXPECT_THAT(shop::StoredRows(*store_, *store_->Reader(), "AsyncBalance", 1), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Stores, Rebuilds, testing::ValuesIn(StoreKinds()),
                         [](const auto& kind) { return std::string(kind.param.name); });

}  // namespace
}  // namespace daybook
