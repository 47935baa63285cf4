// Views folded by several threads.
#include <random>

#include "views_test.h"

namespace daybook {
namespace {

using shop::AsyncBalances;
using shop::AsyncLabels;
using shop::Deposit;
using testing::HasSubstr;

class FoldWorkers : public ViewsTest {
 protected:
  // Commits of some events each, of all types, drawn from `seed`.
  void Fill(uint64_t seed, int commits) {
    std::mt19937_64 random(seed);
    for (int i = 0; i < commits; ++i) {
      Commit commit;
      for (uint64_t stream = 0; stream < 20; ++stream) {
        std::vector<Event> events;
        for (uint64_t n = random() % 4; n > 0; --n) {
          const auto amount = static_cast<int64_t>(random() % 12);
          const std::string label = absl::StrCat("l", random() % 9);
          const uint64_t kind = random() % 9;
          events.push_back(kind == 0   ? shop::Close()
                           : kind == 1 ? shop::View()
                           : kind < 4  ? shop::Withdraw(amount, label)
                                       : Deposit(amount, {label, "all"}));
        }
        if (events.empty()) continue;
        commit.appends.push_back({absl::StrCat("account-", random() % 20, "-", stream),
                                  ExpectedVersion::Any(), std::move(events)});
      }
      commit.appends.push_back({"note-1",
                                ExpectedVersion::Any(),
                                {shop::Note(absl::StrCat(random() % 20, "-3"), "text")}});
      ASSERT_THAT(store_->Append(std::move(commit)), IsOk());
    }
  }
  static ProjectionOptions Workers(size_t workers) {
    ProjectionOptions options;
    options.fold_workers = workers;
    options.flush_events = 5'000;
    return options;
  }
};

TEST_P(FoldWorkers, AnyNumberGivesTheSameBytes) {
  constexpr uint64_t kSeed = 20;
  SCOPED_TRACE(absl::StrCat("seed ", kSeed));
  Fill(kSeed, 400);
  const Rows balances = shop::BalancesByHand(*store_->Reader());
  const Rows labels = shop::LabelsByHand(*store_->Reader());
  for (const size_t workers : {2, 1, 5}) {
    SCOPED_TRACE(absl::StrCat(workers, " workers"));
    OpenViews({Async<AsyncBalances>(), Async<AsyncLabels>()}, Workers(workers));
    EXPECT_EQ(RowsOf<AsyncBalances>(Tip()), balances);
    EXPECT_EQ(RowsOf<AsyncLabels>(Tip()), labels);
    // The next number folds the whole log, and is compared with this one.
    auto rebuild = views_->Rebuild<AsyncBalances>();
    ASSERT_THAT(rebuild, IsOk());
    auto report = rebuild->Wait(absl::Seconds(60));
    ASSERT_THAT(report, IsOk());
    EXPECT_EQ(report->rows_different, 0u);
    EXPECT_EQ(RowsOf<AsyncBalances>(Tip()), balances);
  }
}

TEST_P(FoldWorkers, AnEventThatOneCannotTakeStopsAllBeforeIt) {
  Fill(21, 100);
  const Position before = store_->Tip();
  Append("account-1", {shop::Withdraw(13, "l1")});
  Fill(22, 100);
  OpenViews({Async<AsyncLabels>({.policy = FailurePolicy::kStop}), Async<AsyncBalances>()},
            Workers(3));
  EXPECT_THAT(views_->Get<AsyncLabels>("all", {.at_least = Tip()}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("thirteen")));
  EXPECT_EQ(StatusOf<AsyncLabels>().checkpoint, before);
  EXPECT_EQ(RowsOf<AsyncLabels>(), shop::LabelsByHand(*store_->Reader(), before));
  EXPECT_EQ(RowsOf<AsyncBalances>(Tip()), shop::BalancesByHand(*store_->Reader()));
}

TEST_P(FoldWorkers, TheirNumberIsBounded) {
  for (const size_t workers : {0, 65}) {
    EXPECT_THAT(ProjectionEngine::Open(store_.get(), {}, Workers(workers)),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("fold_workers")));
  }
}

INSTANTIATE_TEST_SUITE_P(Stores, FoldWorkers, testing::ValuesIn(StoreKinds()),
                         [](const auto& kind) { return std::string(kind.param.name); });

}  // namespace
}  // namespace daybook
