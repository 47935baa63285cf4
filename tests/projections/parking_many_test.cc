// A view that cannot take one event in a hundred: what is in the rows and what is parked are
// together the log, and after the mend the rows are the log.
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "fragile.h"
#include "views_test.h"

namespace daybook {
namespace {

using shop::BalancesByHand;
using shop::Deposit;

class ParkingOfMany : public ViewsTest {
 protected:
  void SetUp() override {
    FragileBalances::Break();
    ViewsTest::SetUp();
  }
  // 20,000 events of 1,000 accounts, of which one in a hundred is refused.
  void Fill(uint64_t seed) {
    std::mt19937_64 random(seed);
    for (int i = 0; i < 40; ++i) {
      Commit commit;
      std::map<std::string, std::vector<Event>> streams;
      for (int n = 0; n < 500; ++n) {
        const bool refused = random() % 100 == 0;
        const auto amount = static_cast<int64_t>(random() % 12);
        streams[absl::StrCat("account-", random() % 1'000)].push_back(refused ? Deposit(13)
                                                                      : random() % 4 == 0
                                                                          ? shop::Withdraw(amount)
                                                                          : Deposit(amount));
      }
      for (auto& [stream, events] : streams) {
        commit.appends.push_back({stream, ExpectedVersion::Any(), std::move(events)});
      }
      ASSERT_THAT(store_->Append(std::move(commit)), IsOk());
    }
  }
};

TEST_P(ParkingOfMany, ThoseOfOneInAHundredAreParkedAndTheirReplayGivesTheSameBytes) {
  constexpr uint64_t kSeed = 41;
  SCOPED_TRACE(absl::StrCat("seed ", kSeed));
  Fill(kSeed);
  const shop::Rows expected = BalancesByHand(*store_->Reader());
  size_t parked_before = 0;
  for (const size_t workers : {1, 3}) {
    SCOPED_TRACE(absl::StrCat(workers, " workers"));
    FragileBalances::Break();
    ProjectionOptions options;
    options.fold_workers = workers;
    options.flush_events = 3'000;
    OpenViews({Async<FragileBalances>(kParkAtOnce)}, options);
    if (workers > 1) {
      auto rebuild = views_->Rebuild<FragileBalances>();
      ASSERT_THAT(rebuild, IsOk());
      rebuild->TakeOver({.with_parked = true});
      ASSERT_THAT(rebuild->Wait(absl::Seconds(60)), IsOk());
    }
    ASSERT_THAT(views_->Range<FragileBalances>({.at_least = Tip()}), IsOk());
    std::map<std::string, Position> parked;
    auto list = views_->ListParked(kBalances, {.limit = 10'000});
    ASSERT_THAT(list, IsOk());
    for (const ParkedKey& key : *list) parked[key.key] = key.position;
    EXPECT_GT(parked.size(), 100u);
    EXPECT_LT(parked.size(), 300u);
    EXPECT_EQ(RowsOf<FragileBalances>(), BalancesWithout(*store_->Reader(), parked));
    if (workers > 1) {
      EXPECT_EQ(parked.size(), parked_before);
    }
    parked_before = parked.size();

    FragileBalances::Mend();
    auto replayed = views_->ReplayParked(kBalances);
    ASSERT_THAT(replayed, IsOk());
    EXPECT_EQ(replayed->freed_keys, parked.size());
    EXPECT_EQ(replayed->parked_keys, 0u);
    EXPECT_EQ(RowsOf<FragileBalances>(), expected);
    EXPECT_EQ(StatusOf<FragileBalances>().failures.parked_events, 0u);
  }
}

INSTANTIATE_TEST_SUITE_P(Stores, ParkingOfMany, testing::ValuesIn(StoreKinds()),
                         [](const auto& kind) { return std::string(kind.param.name); });

}  // namespace
}  // namespace daybook
