// The code of docs/guides/rebuild.md.
#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bank.h"
#include "daybook/core/open.h"
#include "daybook/testkit/status_matchers.h"

namespace daybook {
namespace {

//! [rebuild]
// Lines for the operator: what the old build of the balances had wrong.
absl::StatusOr<std::vector<std::string>> RebuildBalances(App& app) {
  DAYBOOK_ASSIGN_OR_RETURN(RebuildHandle rebuild, app.Rebuild<Balances>());
  DAYBOOK_ASSIGN_OR_RETURN(const RebuildReport report, rebuild.Wait());
  std::vector<std::string> lines;
  for (const RowDifference& row : report.differences) {
    for (const FieldDifference& field : row.fields) {
      lines.push_back(
          absl::StrCat(row.key, ".", field.field, ": ", field.before, " -> ", field.now));
    }
    if (row.origin.has_value()) {
      lines.push_back(
          absl::StrCat("position ", row.origin->position.ToString(), ": ", row.origin->what));
    }
  }
  if (!report.serving) rebuild.TakeOver();  // having looked at the lines
  return lines;
}
//! [rebuild]

// The balances before a mistake was mended.
struct WrongBalances : Balances {
  static absl::Status On(Row& row, const bank::Deposited& event) {
    row.set_amount(row.amount() + (event.amount() == 13 ? 0 : event.amount()));
    return absl::OkStatus();
  }
  static void On(Row& row, const bank::Withdrawn& event) { Balances::On(row, event); }
};

TEST(RebuildGuide, FindsWhatWasWrongTakesOverAndGoesBack) {
  auto store = OpenMemoryStore();
  ASSERT_THAT(store, IsOk());
  EventStore* const kept = store->get();
  {
    auto views = ProjectionEngine::Open(kept, {Async<WrongBalances>()});
    ASSERT_THAT(views, IsOk());
    Event event;
    event.type = std::string(MessageTraits<bank::Deposited>::kTypeName);
    for (const int amount : {30, 13, 4}) {
      event.payload = EncodeMessage(Make<bank::Deposited>({.amount = amount}));
      ASSERT_THAT(kept->Append("account-7", ExpectedVersion::Any(), {event}), IsOk());
    }
    ASSERT_THAT((*views)->Get<WrongBalances>("7", {.at_least = Token(kept->Tip())}), IsOk());
  }
  auto app = App::Open(*std::move(store), AppOptions(), Aggregate<Account>(), Async<Balances>());
  ASSERT_THAT(app, IsOk());
  EXPECT_THAT(RebuildBalances(*app),
              IsOkAndHolds(testing::ElementsAre("7.amount: 34 -> 47",
                                                "position 2: the old build left it out")));
  auto rebuild = app->Rebuild<Balances>();  // joins it, or finds it done and begins the next
  ASSERT_THAT(rebuild, IsOk());
  rebuild->TakeOver();
  ASSERT_THAT(rebuild->Wait(), IsOk());
  EXPECT_EQ(app->Get<Balances>("7")->amount(), 47);

  //! [rollback]
  auto rollback = app->Rollback<Balances>();
  EXPECT_THAT(rollback->Wait(), IsOk());  // the build before answers, as of now
  //! [rollback]
  const auto status = app->views().StatusOf<Balances>();
  ASSERT_THAT(status, IsOk());
  // Two builds, or three where the rebuild above was not joined but begun.
  const auto kept_build =
      std::find_if(status->generations.begin(), status->generations.end(),
                   [](const auto& build) { return build.state == GenerationState::kKept; });
  ASSERT_NE(kept_build, status->generations.end());
  const uint32_t before = kept_build->number;

  //! [drop]
  EXPECT_THAT(app->DropGeneration<Balances>(before), IsOk());
  //! [drop]
  app->Close();
  EXPECT_THAT(app->Rebuild<Balances>(), StatusIs(absl::StatusCode::kUnavailable));
}

}  // namespace
}  // namespace daybook
