// The past of ledgers whose events are of the past: told and folded as today's.
#include "daybook/projections/stored_view.h"
#include "daybook/testkit/proto_matchers.h"
#include "ledger_fixture.h"

namespace daybook {
namespace {

namespace old = ledger::v1;
namespace today = ledger::v2;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class UpcastHistoryTest : public LedgerTest {
 protected:
  void SetUp() override {
    WriteWithTheOldBuild();
    ReopenWith(Aggregate<today::Ledger>(), Inline<today::Balances>());
    ASSERT_THAT(app_->Execute(Make<today::Deposit>({.ledger = "7", .cents = 5})), IsOk());
  }
  static std::vector<std::string> StoryOf(const today::LedgerState& state) {
    return {state.story().begin(), state.story().end()};
  }
};

TEST_P(UpcastHistoryTest, AStateOfThePastIsFoldedFromTheEventsOfToday) {
  // How much of the story each version ends with: 2 is a split, 4 was dropped, 5 has three.
  const std::vector<size_t> ends = {1, 2, 4, 5, 5, 8, 8, 9};
  std::vector<std::string> story = StoryOfTheOldBuild();
  story.push_back("+5 EUR");
  for (uint64_t version = 0; version < ends.size(); ++version) {
    const auto by_version = app_->LoadAt<today::Ledger>("7", Version{version});
    ASSERT_THAT(by_version, IsOk());
    EXPECT_EQ(by_version->version, version);
    EXPECT_EQ(StoryOf(by_version->state),
              std::vector<std::string>(story.begin(), story.begin() + ends[version]));
    const auto by_position = app_->LoadAt<today::Ledger>("7", Position(version + 1));
    ASSERT_THAT(by_position, IsOk());
    EXPECT_THAT(by_position->state, EqualsProto(by_version->state));
  }
}

TEST_P(UpcastHistoryTest, ARowOfThePastIsFoldedFromTheEventsOfToday) {
  const auto reader = app_->store().Reader();
  for (uint64_t position = 2; position <= app_->store().Tip().sequence(); ++position) {
    const auto row = app_->GetAt<today::Balances>("7", Position(position));
    ASSERT_THAT(row, IsOk());
    EXPECT_THAT(*row, EqualsProto(FoldedByHand<today::Balances>(*reader, Position(position))["7"]));
  }
  // The view ignores what the first event is today.
  EXPECT_THAT(app_->GetAt<today::Balances>("7", Position(1)),
              StatusIs(absl::StatusCode::kNotFound));
}

TEST_P(UpcastHistoryTest, WhyTellsASplitAsOneStepUnderItsRecordedType) {
  const auto states = app_->Why<today::Ledger>("7");
  ASSERT_THAT(states, IsOkAndHolds(SizeIs(8)));
  const Change<today::LedgerState>& split = (*states)[2];
  EXPECT_EQ(split.event.type, "ledger.paid");
  EXPECT_EQ(split.event.version, 2u);
  EXPECT_THAT(StoryOf(*split.before), ElementsAre("opened by ann", "+3000 CHF"));
  EXPECT_THAT(StoryOf(*split.after), ElementsAre("opened by ann", "+3000 CHF", "-500", "fee 100"));

  const auto rows = app_->Why<today::Balances>("7");
  ASSERT_THAT(rows, IsOk());
  // Neither what the view ignores, nor what was dropped, nor a split into nothing touched the row.
  std::vector<uint64_t> positions;
  for (const auto& change : *rows) positions.push_back(change.event.position.sequence());
  EXPECT_THAT(positions, ElementsAre(2, 3, 4, 6, 8));
  EXPECT_EQ((*rows)[1].before->cents(), 3000);
  EXPECT_EQ((*rows)[1].after->cents(), 2500);
  EXPECT_EQ((*rows)[1].after->fees(), 100);
}

TEST_P(UpcastHistoryTest, BisectLooksBehindAllPartsOfASplit) {
  const auto fee = app_->Bisect<today::Ledger>(
      "7", [](const today::LedgerState& state) { return state.fees() > 0; });
  ASSERT_THAT(fee, IsOk());
  ASSERT_TRUE(fee->has_value());
  EXPECT_EQ((*fee)->event.version, 2u);
  // Between the parts of the split of version 5 there is a moment with 2,700 cents and one with
  // 2,400; it was never the state.
  const auto between = app_->Bisect<today::Balances>(
      "7", [](const today::Balance& row) { return row.cents() == 2700 || row.cents() == 2400; });
  ASSERT_THAT(between, IsOk());
  EXPECT_FALSE(between->has_value());
}

TEST_P(UpcastHistoryTest, WhatIsNotKnownIsRefusedByName) {
  Event event;
  event.type = "ledger.paid";
  event.schema_version = 2;
  ReopenWith(Aggregate<today::Ledger>());
  ASSERT_THAT(AppendRaw({event}), IsOk());
  const uint64_t position = app_->store().Tip().sequence();
  const auto is_unknown = IsUnknown("ledger.paid", 2, position);
  EXPECT_THAT(app_->LoadAt<today::Ledger>("7", Version{8}), is_unknown);
  EXPECT_THAT(app_->LoadAt<today::Ledger>("7", Version{7}), IsOk());
  EXPECT_THAT(app_->Why<today::Ledger>("7"), is_unknown);
  EXPECT_THAT(app_->Why<today::Balances>("7"), is_unknown);
  EXPECT_THAT(app_->GetAt<today::Balances>("7", Position(position)), is_unknown);
  EXPECT_THAT(app_->GetAt<today::Balances>("7", Position(position - 1)), IsOk());
}

TEST_P(UpcastHistoryTest, WhatAStoredViewWillStopAtIsFoldedFromTheEventsOfToday) {
  ASSERT_THAT(app_->Get<today::Balances>("7", {.at_least = Token(app_->store().Tip())}), IsOk());
  ReopenWith(Aggregate<today::Ledger>());
  ASSERT_THAT(AppendRaw({EventOf(Make<old::Paid>({.francs = 1, .fee = 2})),
                         EventOf(Make<old::Paid>({.francs = 1, .fee = 13}))}),
              IsOk());
  const auto definition = internal::DefinitionOf<today::Balances>();
  const auto reader = app_->store().Reader();
  const auto view = FindStoredView(app_->store(), *reader, *definition);
  ASSERT_THAT(view, IsOk());
  EXPECT_TRUE(view->current);
  EXPECT_EQ(view->checkpoint, Position(8));
  const auto pending = TryPendingEvents(*reader, *definition, *view);
  ASSERT_THAT(pending, IsOk());
  EXPECT_EQ(pending->events, 2u);
  EXPECT_THAT(pending->stops, StatusIs(absl::StatusCode::kOutOfRange, HasSubstr("position 10")));
}

INSTANTIATE_TEST_SUITE_P(Disks, UpcastHistoryTest, testing::ValuesIn(DiskKinds()), DiskKindName);

}  // namespace
}  // namespace daybook
