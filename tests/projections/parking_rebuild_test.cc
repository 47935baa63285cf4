// Builds of a view of which events are parked: each has its own, and they go with it.
#include <string>
#include <vector>

#include "daybook/projections/rebuild.h"
#include "fragile.h"
#include "views_test.h"

namespace daybook {
namespace {

using shop::BalancesByHand;
using shop::Deposit;
using testing::ElementsAre;
using testing::Field;
using testing::SizeIs;

// Another definition, of which more is refused.
struct RevisedFragile : FragileBalances {
  static constexpr uint32_t kRevision = FragileBalances::kRevision + 1;
};

class ParkingRebuilds : public ViewsTest {
 protected:
  void SetUp() override {
    FragileBalances::Break();
    ViewsTest::SetUp();
    OpenFragile();
    Append("account-1", {Deposit(50), Deposit(13), Deposit(1)});
    Append("account-2", {Deposit(2)});
    ASSERT_THAT(views_->Range<FragileBalances>({.at_least = Tip()}), IsOk());
  }
  void OpenFragile() { OpenViews({Async<FragileBalances>(kParkAtOnce)}); }
  static RebuildReport Report(const RebuildHandle& handle) {
    auto report = handle.Wait(absl::Seconds(60));
    EXPECT_THAT(report, IsOk());
    return report.value_or(RebuildReport());
  }
  size_t ParkedOf(uint32_t generation) {
    auto parked = views_->ListParked(kBalances, {}, generation);
    EXPECT_THAT(parked, IsOk());
    return parked.ok() ? parked->size() : 0;
  }
  void WaitUntilGone(uint32_t generation) {
    const absl::Time deadline = absl::Now() + absl::Seconds(60);
    while (absl::Now() < deadline) {
      bool there = false;
      for (const GenerationStatus& known : StatusOf<FragileBalances>().generations) {
        there |= known.number == generation;
      }
      if (!there) return;
      absl::SleepFor(absl::Milliseconds(1));
    }
    FAIL() << "generation " << generation << " is still there";
  }
};

TEST_P(ParkingRebuilds, ABuildByCodeThatTakesItHasNothingParkedAndSaysWhatTheOldOneHad) {
  FragileBalances::Mend();
  auto rebuild = views_->Rebuild<FragileBalances>();
  ASSERT_THAT(rebuild, IsOk());
  RebuildReport report = Report(*rebuild);
  EXPECT_FALSE(report.serving);
  EXPECT_EQ(report.old_parked, 1u);
  EXPECT_EQ(report.new_parked, 0u);
  EXPECT_THAT(report.differences, ElementsAre(Field(&RowDifference::key, "1")));
  rebuild->TakeOver();
  report = Report(*rebuild);
  EXPECT_TRUE(report.serving);
  EXPECT_EQ(RowsOf<FragileBalances>(Tip()), BalancesByHand(*store_->Reader()));
  EXPECT_EQ(ParkedOf(1), 1u);
  EXPECT_EQ(ParkedOf(2), 0u);
  EXPECT_EQ(StatusOf<FragileBalances>().failures.parked_keys, 0u);

  // Gone back to, it has them still; nothing of it is hidden by who goes back.
  auto back = views_->Rollback<FragileBalances>();
  ASSERT_THAT(back, IsOk());
  EXPECT_FALSE(Report(*back).serving);
  EXPECT_EQ(Report(*back).new_parked, 1u);
  back->TakeOver({.with_parked = true});
  EXPECT_TRUE(Report(*back).serving);
  EXPECT_EQ(StatusOf<FragileBalances>().failures.parked_keys, 1u);
  EXPECT_THAT(views_->ReplayParked(kBalances), IsOk());
  EXPECT_EQ(RowsOf<FragileBalances>(Tip()), BalancesByHand(*store_->Reader()));
}

TEST_P(ParkingRebuilds, ABuildThatParksDoesNotTakeOverUntilItIsReplayedOrForced) {
  auto rebuild = views_->Rebuild<FragileBalances>({.flip = Flip::kAlways});
  ASSERT_THAT(rebuild, IsOk());
  RebuildReport report = Report(*rebuild);
  EXPECT_FALSE(report.serving);
  EXPECT_EQ(report.rows_different, 0u);
  EXPECT_EQ(report.new_parked, 1u);
  rebuild->TakeOver();
  report = Report(*rebuild);
  EXPECT_FALSE(report.serving);
  EXPECT_EQ(StatusOf<FragileBalances>().generation, 1u);
  EXPECT_EQ(ParkedOf(2), 1u);

  FragileBalances::Mend();
  auto replayed = views_->ReplayParked(kBalances, "1", 2);
  ASSERT_THAT(replayed, IsOk());
  EXPECT_EQ(replayed->freed_keys, 1u);
  const absl::Time deadline = absl::Now() + absl::Seconds(60);
  while (absl::Now() < deadline && StatusOf<FragileBalances>().generation != 2) {
    absl::SleepFor(absl::Milliseconds(1));
  }
  EXPECT_TRUE(Report(*rebuild).serving);
  EXPECT_EQ(RowsOf<FragileBalances>(Tip()), BalancesByHand(*store_->Reader()));
}

TEST_P(ParkingRebuilds, ABuildThatIsGivenUpOrDroppedTakesItsEntriesWithIt) {
  auto rebuild = views_->Rebuild<FragileBalances>({.flip = Flip::kOnRequest});
  ASSERT_THAT(rebuild, IsOk());
  Report(*rebuild);
  EXPECT_EQ(ParkedOf(2), 1u);
  rebuild->Cancel();
  WaitUntilGone(2);
  EXPECT_EQ(ParkedOf(2), 0u);
  EXPECT_EQ(ParkedOf(1), 1u);

  rebuild = views_->Rebuild<FragileBalances>({.flip = Flip::kAlways});
  ASSERT_THAT(rebuild, IsOk());
  rebuild->TakeOver({.with_parked = true});
  EXPECT_TRUE(Report(*rebuild).serving);
  EXPECT_THAT(views_->DropGeneration<FragileBalances>(1), IsOk());
  WaitUntilGone(1);
  EXPECT_EQ(ParkedOf(1), 0u);
  EXPECT_EQ(ParkedOf(3), 1u);
}

TEST_P(ParkingRebuilds, TheOldDefinitionAnswersWhileOfTheNewOneEventsAreParked) {
  Restart();
  OpenViews({Async<RevisedFragile>(kParkAtOnce)});
  const absl::Time deadline = absl::Now() + absl::Seconds(60);
  while (absl::Now() < deadline && StatusOf<RevisedFragile>().generations[1].parked_keys == 0) {
    absl::SleepFor(absl::Milliseconds(1));
  }
  EXPECT_EQ(StatusOf<RevisedFragile>().state, ViewState::kStale);
  EXPECT_THAT(views_->ReplayParked(kBalances),
              StatusIs(absl::StatusCode::kFailedPrecondition, testing::HasSubstr("generation 1")));
  FragileBalances::Mend();
  EXPECT_THAT(views_->ReplayParked(kBalances, std::nullopt, 2), IsOk());
  while (absl::Now() < deadline && StatusOf<RevisedFragile>().generation != 2) {
    absl::SleepFor(absl::Milliseconds(1));
  }
  EXPECT_EQ(RowsOf<RevisedFragile>(Tip()), BalancesByHand(*store_->Reader()));
}

INSTANTIATE_TEST_SUITE_P(Stores, ParkingRebuilds, testing::ValuesIn(StoreKinds()),
                         [](const auto& kind) { return std::string(kind.param.name); });

}  // namespace
}  // namespace daybook
