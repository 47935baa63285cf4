// The code of docs/guides/parking.md.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bank.h"
#include "daybook/core/open.h"
#include "daybook/testkit/status_matchers.h"

namespace daybook {
namespace {

//! [look]
// Lines for the operator: what the balances could not take.
absl::StatusOr<std::vector<std::string>> WhatIsParked(const App& app) {
  DAYBOOK_ASSIGN_OR_RETURN(const std::vector<ParkedKey> parked, app.ListParked(Balances::kName));
  std::vector<std::string> lines;
  for (const ParkedKey& key : parked) {
    lines.push_back(absl::StrCat(key.key, " from position ", key.position.ToString(),
                                 " on: ", key.error.message()));
  }
  return lines;
}
//! [look]

// The balances once they are mended, of which nothing else changed.
struct MendedBalances : Balances {
  static absl::Status On(Row& row, const Deposited& e) {
    row.set_amount(row.amount() + e.amount());
    return absl::OkStatus();
  }
  static void On(Row& row, const Withdrawn& e) { Balances::On(row, e); }
};

TEST(ParkingGuide, ParksReplaysAndDrops) {
  auto opened = OpenMemoryStore();
  ASSERT_THAT(opened, IsOk());
  std::unique_ptr<EventStore> store = *std::move(opened);
  for (const int amount : {30, 666, 4}) {
    ASSERT_THAT(store->Append("account-7", ExpectedVersion::Any(), {OutsideDeposit(amount)}),
                IsOk());
  }
  ASSERT_THAT(store->Append("account-8", ExpectedVersion::Any(), {OutsideDeposit(666)}), IsOk());
  EventStore* const kept = store.get();
  {
    //! [register]
    auto app = App::Open(
        std::move(store), AppOptions(), Aggregate<Account>(),
        Async<Balances>({.policy = FailurePolicy::kPark,
                         .retry = {.attempts = 2, .first_backoff = absl::Milliseconds(1)}}));
    //! [register]
    ASSERT_THAT(app, IsOk());
    EXPECT_THAT(app->Get<Balances>("7", {.at_least = Token(kept->Tip())}),
                StatusIs(absl::StatusCode::kOutOfRange));
    EXPECT_EQ(app->Get<Balances>("7")->amount(), 30);
    EXPECT_THAT(WhatIsParked(*app),
                IsOkAndHolds(testing::ElementsAre("7 from position 2 on: the view takes no 666",
                                                  "8 from position 4 on: the view takes no 666")));
    EXPECT_EQ(app->ShowParked(Balances::kName, "7")->events.size(), 2u);
    //! [drop]
    const auto dropped = app->DropParked(Balances::kName, "8");  // how many events these were
    //! [drop]
    EXPECT_THAT(dropped, IsOkAndHolds(1u));
    EXPECT_THAT(app->ReplayParked(Balances::kName), IsOk());
    app->Close();
    EXPECT_THAT(app->ListParked(Balances::kName), StatusIs(absl::StatusCode::kUnavailable));
    EXPECT_THAT(app->ShowParked(Balances::kName, "7"), StatusIs(absl::StatusCode::kUnavailable));
    EXPECT_THAT(app->ReplayParked(Balances::kName), StatusIs(absl::StatusCode::kUnavailable));
    EXPECT_THAT(app->DropParked(Balances::kName, "7"), StatusIs(absl::StatusCode::kUnavailable));
  }
}

TEST(ParkingGuide, TheMendedCodeTakesWhatWasParked) {
  auto store = OpenMemoryStore();
  ASSERT_THAT(store, IsOk());
  EventStore* const kept = store->get();
  for (const int amount : {30, 666, 4}) {
    ASSERT_THAT(kept->Append("account-7", ExpectedVersion::Any(), {OutsideDeposit(amount)}),
                IsOk());
  }
  {
    auto views = ProjectionEngine::Open(kept, {Async<Balances>({.retry = {.attempts = 1}})});
    ASSERT_THAT(views, IsOk());
    ASSERT_THAT((*views)->Range<Balances>({.at_least = Token(kept->Tip())}), IsOk());
  }
  auto app = App::Open(*std::move(store), AppOptions(), Aggregate<Account>(),
                       Async<MendedBalances>({.retry = {.attempts = 1}}));
  ASSERT_THAT(app, IsOk());
  //! [replay]
  const auto replay = app->ReplayParked(MendedBalances::kName);
  if (replay.ok() && replay->parked_keys > 0) {
    // These failed again: replay->error says how the last one did.
  }
  //! [replay]
  ASSERT_THAT(replay, IsOk());
  EXPECT_EQ(replay->freed_keys, 1u);
  EXPECT_EQ(replay->parked_keys, 0u);
  EXPECT_EQ(app->Get<MendedBalances>("7")->amount(), 700);
}

}  // namespace
}  // namespace daybook
