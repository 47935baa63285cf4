// Events that an async view cannot take: parked, with the rest of their key, and later replayed.
#include <algorithm>
#include <string>
#include <vector>

#include "daybook/core/errors.h"
#include "daybook/projections/parked.h"
#include "daybook/projections/row_history.h"
#include "fragile.h"
#include "views_test.h"

namespace daybook {
namespace {

using shop::AsyncBalances;
using shop::AsyncLabels;
using shop::Balances;
using shop::BalancesByHand;
using shop::Close;
using shop::Deposit;
using shop::LabelsByHand;
using shop::Note;
using shop::Withdraw;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Property;
using testing::SizeIs;

constexpr absl::string_view kLabels = "AsyncLabel";
constexpr FailureOptions kSkipAtOnce = {.policy = FailurePolicy::kSkip, .retry = {.attempts = 1}};

class Parking : public ViewsTest {
 protected:
  void SetUp() override {
    FragileBalances::Break();
    FragileLabels::mended = false;
    ViewsTest::SetUp();
  }
  void OpenFragile(const FailureOptions& failures = kParkAtOnce,
                   const ProjectionOptions& options = {}) {
    OpenViews({Async<FragileBalances>(failures), Async<AsyncLabels>(kParkAtOnce)}, options);
  }
  // Until the view has passed all that there is.
  template <typename P = FragileBalances>
  void CatchUp() {
    ASSERT_THAT(views_->Range<P>({.at_least = Tip()}), IsOk());
  }
  std::vector<std::string> ParkedKeysOf(absl::string_view view = kBalances) {
    auto parked = views_->ListParked(view);
    EXPECT_THAT(parked, IsOk());
    std::vector<std::string> keys;
    if (parked.ok()) {
      for (const ParkedKey& key : *parked) keys.push_back(key.key);
    }
    return keys;
  }
  std::vector<Position> EventsOf(absl::string_view key, absl::string_view view = kBalances) {
    auto shown = views_->ShowParked(view, key);
    EXPECT_THAT(shown, IsOk());
    std::vector<Position> positions;
    if (shown.ok()) {
      for (const ParkedEvent& event : shown->events) positions.push_back(event.position);
    }
    return positions;
  }
  // What stands in the table of parked events, of whatever view.
  size_t Entries() {
    size_t entries = 0;
    EXPECT_THAT(store_->Reader()->ScanRows(*store_->OpenTable("$parked"), {},
                                           [&](absl::string_view, absl::string_view) {
                                             ++entries;
                                             return true;
                                           }),
                IsOk());
    return entries;
  }
};

TEST_P(Parking, ParksAnEventAndItsSequenceAndTheOtherKeysGoOn) {
  OpenFragile();
  Append("account-1", {Deposit(50)});
  const Token bad = Append("account-1", {Deposit(13)});
  Append("account-2", {Deposit(7)});
  Append("account-1", {Deposit(5)});
  Append("note-1", {Note("1", "one"), Note("2", "two")});
  CatchUp();
  EXPECT_EQ(RowsOf<FragileBalances>(), BalancesWithout(*store_->Reader(), {{"1", bad.position()}}));
  EXPECT_EQ(views_->Get<FragileBalances>("1")->balance(), 50);

  auto parked = views_->ListParked(kBalances);
  ASSERT_THAT(parked, IsOk());
  ASSERT_THAT(*parked, SizeIs(1));
  EXPECT_EQ(parked->front().key, "1");
  EXPECT_EQ(parked->front().position, bad.position());
  EXPECT_EQ(parked->front().attempts, 1u);
  EXPECT_THAT(parked->front().error, StatusIs(absl::StatusCode::kInvalidArgument, "no 13"));
  auto shown = views_->ShowParked(kBalances, "1");
  ASSERT_THAT(shown, IsOk());
  EXPECT_FALSE(shown->more);
  ASSERT_THAT(shown->events, SizeIs(3));
  EXPECT_EQ(shown->events[0].stream, "account-1");
  EXPECT_EQ(shown->events[0].version, 1u);
  EXPECT_EQ(shown->events[0].type, "shop.Deposited");
  EXPECT_EQ(shown->events[2].stream, "note-1");
  EXPECT_TRUE(views_->ShowParked(kBalances, "1", 2)->more);

  const ViewStatus status = StatusOf<FragileBalances>();
  EXPECT_EQ(status.state, ViewState::kLive);
  EXPECT_EQ(status.checkpoint, store_->Tip());
  EXPECT_EQ(status.failures.parked_keys, 1u);
  EXPECT_EQ(status.failures.parked_events, 3u);
  EXPECT_EQ(status.failures.retrying_keys, 0u);
  EXPECT_GT(status.failures.parked_bytes, 0u);
  EXPECT_EQ(status.generations[0].parked_keys, 1u);
  // The other view has no part in it.
  EXPECT_EQ(StatusOf<AsyncLabels>().failures.parked_keys, 0u);
  EXPECT_THAT(ParkedKeysOf(kLabels), IsEmpty());
}

TEST_P(Parking, WhoWaitsForAParkedRowHearsWhy) {
  OpenFragile();
  const Token before = Append("account-1", {Deposit(50)});
  const Token bad = Append("account-1", {Deposit(13)});
  const Token later = Append("account-2", {Deposit(7)});
  CatchUp();
  EXPECT_THAT(views_->Get<FragileBalances>("1", {.at_least = before}), IsOk());
  for (const Token& token : {bad, later}) {
    EXPECT_THAT(views_->Get<FragileBalances>("1", {.at_least = token}),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("\"1\" of view AsyncBalance "
                                                                       "is parked from position 2 "
                                                                       "on: no 13")));
  }
  EXPECT_THAT(views_->Get<FragileBalances>("2", {.at_least = later}), IsOk());
}

TEST_P(Parking, ParkedKeysSurviveARestart) {
  OpenFragile();
  Append("account-1", {Deposit(50), Deposit(13), Deposit(1)});
  Append("account-2", {Deposit(113)});
  CatchUp();
  Restart();
  OpenFragile();
  EXPECT_THAT(ParkedKeysOf(), ElementsAre("1", "2"));
  // Also where the code could take it now: nothing is out of order.
  FragileBalances::Mend();
  Append("account-1", {Deposit(2)});
  Append("account-3", {Deposit(3)});
  CatchUp();
  EXPECT_THAT(EventsOf("1"), ElementsAre(Position(2), Position(3), Position(5)));
  EXPECT_EQ(views_->Get<FragileBalances>("1")->balance(), 50);
  EXPECT_EQ(views_->Get<FragileBalances>("3")->balance(), 3);
  EXPECT_EQ(StatusOf<FragileBalances>().failures.parked_keys, 2u);
  EXPECT_EQ(StatusOf<FragileBalances>().failures.parked_events, 4u);
}

TEST_P(Parking, AReplayAfterTheMendGivesTheRowsThatTheLogGives) {
  OpenFragile();
  for (int i = 0; i < 40; ++i) {
    Append(absl::StrCat("account-", i % 5), {Deposit(i), Withdraw(1), Deposit(i % 10)});
    if (i == 20) Append("account-3", {Close()});
    Append("note-1", {Note(absl::StrCat(i % 5), "text")});
  }
  CatchUp();
  EXPECT_THAT(ParkedKeysOf(), ElementsAre("3"));
  FragileBalances::Mend();
  auto replayed = views_->ReplayParked(kBalances, "3");
  ASSERT_THAT(replayed, IsOk());
  EXPECT_EQ(replayed->freed_keys, 1u);
  EXPECT_GT(replayed->taken_events, 20u);
  EXPECT_EQ(replayed->parked_keys, 0u);
  EXPECT_THAT(replayed->error, IsOk());
  // What the call promises is there: stored, and seen by who asks now.
  EXPECT_EQ(RowsOf<FragileBalances>(), BalancesByHand(*store_->Reader()));
  EXPECT_EQ(Entries(), 0u);
  EXPECT_EQ(StatusOf<FragileBalances>().failures.parked_events, 0u);
  Append("account-3", {Deposit(9)});
  EXPECT_EQ(RowsOf<FragileBalances>(Tip()), BalancesByHand(*store_->Reader()));
  EXPECT_THAT(views_->ReplayParked(kBalances, "3"),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("no parked key \"3\"")));
}

TEST_P(Parking, WhatFailsAgainStaysParkedWithItsNewErrorAndWhatCameBeforeIsTaken) {
  OpenFragile();
  Append("account-1", {Deposit(1), Deposit(13), Deposit(2), Deposit(113), Deposit(3)});
  Append("account-2", {Deposit(113)});
  CatchUp();
  auto replayed = views_->ReplayParked(kBalances);
  ASSERT_THAT(replayed, IsOk());
  EXPECT_EQ(replayed->parked_keys, 2u);
  EXPECT_EQ(replayed->taken_events, 0u);
  EXPECT_EQ(views_->ListParked(kBalances)->front().attempts, 2u);

  FragileBalances::refuses_from = 100;  // mended in part
  replayed = views_->ReplayParked(kBalances, "1");
  ASSERT_THAT(replayed, IsOk());
  EXPECT_EQ(replayed->freed_keys, 0u);
  EXPECT_EQ(replayed->taken_events, 2u);
  EXPECT_EQ(replayed->parked_keys, 1u);
  EXPECT_THAT(replayed->error, StatusIs(absl::StatusCode::kInvalidArgument, "no 113"));
  EXPECT_THAT(EventsOf("1"), ElementsAre(Position(4), Position(5)));
  EXPECT_EQ(views_->ListParked(kBalances)->front().error.message(), "no 113");
  EXPECT_EQ(views_->Get<FragileBalances>("1")->balance(), 16);

  FragileBalances::Mend();
  Restart();
  OpenFragile();
  replayed = views_->ReplayParked(kBalances);
  ASSERT_THAT(replayed, IsOk());
  EXPECT_EQ(replayed->freed_keys, 2u);
  EXPECT_EQ(RowsOf<FragileBalances>(), BalancesByHand(*store_->Reader()));
  EXPECT_EQ(Entries(), 0u);
}

TEST_P(Parking, MoreEventsThanAStepReplaysAreReplayedInSteps) {
  OpenFragile();
  Append("account-1", {Deposit(13)});
  for (int i = 0; i < 30; ++i) {
    Append("account-1", std::vector<Event>(50, Deposit(i)));
    Append("account-2", {Deposit(1)});
  }
  CatchUp();
  EXPECT_EQ(StatusOf<FragileBalances>().failures.parked_events, 1501u);
  FragileBalances::Mend();
  auto replayed = views_->ReplayParked(kBalances, "1");
  ASSERT_THAT(replayed, IsOk());
  EXPECT_EQ(replayed->taken_events, 1501u);
  EXPECT_EQ(RowsOf<FragileBalances>(), BalancesByHand(*store_->Reader()));
  EXPECT_EQ(Entries(), 0u);
}

TEST_P(Parking, ADropDiscardsWhatIsParkedAndIsCounted) {
  OpenFragile();
  Append("account-1", {Deposit(50), Deposit(13), Deposit(1)});
  Append("account-2", {Deposit(13)});
  CatchUp();
  EXPECT_THAT(views_->DropParked(kBalances, "1"), IsOkAndHolds(2u));
  EXPECT_THAT(ParkedKeysOf(), ElementsAre("2"));
  Append("account-1", {Deposit(4)});
  CatchUp();
  EXPECT_EQ(views_->Get<FragileBalances>("1", {.at_least = Tip()})->balance(), 54);
  EXPECT_THAT(views_->DropParked(kBalances, "1"), StatusIs(absl::StatusCode::kNotFound));
  Restart();
  OpenFragile();
  const ViewFailures failures = StatusOf<FragileBalances>().failures;
  EXPECT_EQ(failures.dropped_events, 2u);
  EXPECT_EQ(failures.parked_keys, 1u);
  EXPECT_EQ(failures.parked_events, 1u);
  EXPECT_EQ(failures.skipped_events, 0u);
}

TEST_P(Parking, ASkippedEventIsCountedAndNamed) {
  OpenFragile(kSkipAtOnce);
  Append("account-1", {Deposit(50), Deposit(13), Deposit(1)});
  const Token last = Append("account-2", {Deposit(113), Deposit(2)});
  CatchUp();
  EXPECT_EQ(views_->Get<FragileBalances>("1", {.at_least = last})->balance(), 51);
  EXPECT_EQ(views_->Get<FragileBalances>("2", {.at_least = last})->balance(), 2);
  for (int openings = 0; openings < 2; ++openings) {
    const ViewFailures failures = StatusOf<FragileBalances>().failures;
    EXPECT_EQ(failures.skipped_events, 2u);
    EXPECT_EQ(failures.last_skipped, Position(4));
    EXPECT_THAT(failures.skip_error,
                StatusIs(absl::StatusCode::kInvalidArgument, "position 4 for \"2\": no 113"));
    EXPECT_EQ(failures.parked_keys, 0u);
    Restart();
    OpenFragile(kSkipAtOnce);
  }
}

TEST_P(Parking, AnotherPolicyLeavesParkedWhatIs) {
  OpenFragile();
  Append("account-1", {Deposit(50), Deposit(13)});
  CatchUp();
  Restart();
  OpenFragile(kSkipAtOnce);
  Append("account-1", {Deposit(1)});
  Append("account-2", {Deposit(13), Deposit(2)});
  CatchUp();
  EXPECT_THAT(ParkedKeysOf(), ElementsAre("1"));
  EXPECT_EQ(views_->Get<FragileBalances>("2")->balance(), 2);
  Restart();
  OpenFragile({.policy = FailurePolicy::kStop, .retry = {.attempts = 1}});
  Append("account-1", {Deposit(2), Deposit(13)});
  CatchUp();
  EXPECT_THAT(EventsOf("1"), SizeIs(4));
  const Position before = store_->Tip();
  const Token bad = Append("account-3", {Deposit(13)});
  EXPECT_THAT(views_->Range<FragileBalances>({.at_least = bad}),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("AsyncBalance stopped at position 8")));
  EXPECT_EQ(StatusOf<FragileBalances>().checkpoint, before);
  EXPECT_EQ(StatusOf<FragileBalances>().failures.parked_events, 4u);
  EXPECT_THAT(views_->ReplayParked(kBalances),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("stopped at position 8")));
}

TEST_P(Parking, AnEventOfSeveralKeysIsParkedForTheRowThatRefusesIt) {
  OpenFragile();
  Append("account-1", {Deposit(1000, {"a", "full"})});
  Append("account-1", {Deposit(1, {"a", "full", "full"}), Deposit(2, {"full", "b"})});
  CatchUp<AsyncLabels>();
  EXPECT_THAT(ParkedKeysOf(kLabels), ElementsAre("full"));
  EXPECT_THAT(EventsOf("full", kLabels), ElementsAre(Position(2), Position(3)));
  EXPECT_EQ(views_->Get<AsyncLabels>("a")->sum(), 1001);
  EXPECT_EQ(views_->Get<AsyncLabels>("b")->sum(), 2);
  EXPECT_EQ(views_->Get<AsyncLabels>("full")->sum(), 1000);
  // Its row alone goes on where it was left.
  EXPECT_THAT(views_->DropParked(kLabels, "full"), IsOkAndHolds(2u));
  EXPECT_EQ(RowsOf<AsyncLabels>().size(), 3u);
}

TEST_P(Parking, AnEventThatCannotBeDecodedIsParkedWhereItsStreamTellsTheRow) {
  Event torn = Deposit(1);
  torn.payload = "\xff";
  OpenFragile();
  Append("account-1", {Deposit(50)});
  Append("account-1", {torn});
  Append("account-1", {Deposit(5)});
  Append("account-2", {Deposit(2)});
  CatchUp();
  auto parked = views_->ListParked(kBalances);
  ASSERT_THAT(parked, IsOkAndHolds(SizeIs(1)));
  EXPECT_EQ(parked->front().position, Position(2));
  EXPECT_THAT(parked->front().error, StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_EQ(views_->Get<FragileBalances>("2")->balance(), 2);
  auto replayed = views_->ReplayParked(kBalances, "1");
  ASSERT_THAT(replayed, IsOk());
  EXPECT_THAT(replayed->error, StatusIs(absl::StatusCode::kDataLoss));
  // The history of other rows goes past it.
  EXPECT_THAT(GetAt<FragileBalances>(*store_->Reader(), "2", store_->Tip()), IsOk());
  EXPECT_THAT(GetAt<FragileBalances>(*store_->Reader(), "1", store_->Tip()),
              StatusIs(absl::StatusCode::kDataLoss));
  // The rows of labels are named by what cannot be read: there the view stops.
  EXPECT_THAT(views_->Range<AsyncLabels>({.at_least = Tip()}),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("AsyncLabel stopped at position 2")));
  EXPECT_EQ(StatusOf<AsyncLabels>().checkpoint, Position(1));
}

TEST_P(Parking, AnEventWhoseRowIsNotKnownIsSkippedWhereThatIsTheRule) {
  Event torn = Deposit(1);
  torn.payload = "\xff";
  OpenViews({Async<AsyncLabels>(kSkipAtOnce)});
  Append("account-1", {Deposit(50, {"a"}), torn, Deposit(5, {"a"})});
  EXPECT_EQ(views_->Get<AsyncLabels>("a", {.at_least = Tip()})->sum(), 55);
  EXPECT_EQ(StatusOf<AsyncLabels>().failures.skipped_events, 1u);
  EXPECT_THAT(StatusOf<AsyncLabels>().failures.skip_error,
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("position 2: ")));
}

TEST_P(Parking, TooManyParkedKeysStopTheView) {
  FailureOptions few = kParkAtOnce;
  few.max_parked_keys = 3;
  OpenFragile(few);
  for (int i = 0; i < 3; ++i) Append(absl::StrCat("account-", i), {Deposit(13)});
  CatchUp();
  EXPECT_THAT(StatusOf<FragileBalances>().error, IsOk());
  Append("account-3", {Deposit(13)});
  Append("account-4", {Deposit(1)});
  // It stands where its rows are: at the event, or past more that were read with it.
  const absl::Time deadline = absl::Now() + absl::Seconds(60);
  while (absl::Now() < deadline && StatusOf<FragileBalances>().error.ok()) {
    absl::SleepFor(absl::Milliseconds(1));
  }
  EXPECT_THAT(StatusOf<FragileBalances>().error,
              StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("more than 3 keys")));
  EXPECT_THAT(ParkedKeysOf(), ElementsAre("0", "1", "2", "3"));
  // Opened again, it goes on as long as nothing more is parked, so that this can be mended.
  Restart();
  FragileBalances::Mend();
  OpenFragile(few);
  CatchUp();
  ASSERT_THAT(views_->ReplayParked(kBalances), IsOk());
  EXPECT_EQ(RowsOf<FragileBalances>(Tip()), BalancesByHand(*store_->Reader()));
}

TEST_P(Parking, TheListIsInPages) {
  const std::string zeros("a\0b", 3);
  const std::vector<std::string> keys = {
      "b", "ab", zeros, "a", std::string(1000, 'x'), std::string(1024, '\0')};
  OpenViews({Async<FragileLabels>(kParkAtOnce)});
  for (const std::string& key : keys) Append("account-1", {Withdraw(13, key), Withdraw(1, key)});
  CatchUp<FragileLabels>();
  std::vector<std::string> listed;
  ParkedListOptions page;
  page.limit = 2;
  for (bool more = true; more;) {
    auto parked = views_->ListParked(kLabels, page);
    ASSERT_THAT(parked, IsOk());
    for (const ParkedKey& key : *parked) listed.push_back(key.key);
    more = parked->size() == 2;
    if (more) page.after = listed.back();
  }
  EXPECT_THAT(listed, testing::UnorderedElementsAreArray(keys));
  for (const std::string& key : keys) EXPECT_THAT(EventsOf(key, kLabels), SizeIs(2)) << key;
  EXPECT_LT(std::find(listed.begin(), listed.end(), "a"),
            std::find(listed.begin(), listed.end(), zeros));
  EXPECT_LT(std::find(listed.begin(), listed.end(), zeros),
            std::find(listed.begin(), listed.end(), "ab"));
  Restart();
  FragileLabels::mended = true;
  OpenViews({Async<FragileLabels>(kParkAtOnce)});
  auto replayed = views_->ReplayParked(kLabels);
  ASSERT_THAT(replayed, IsOk());
  EXPECT_EQ(replayed->freed_keys, keys.size());
  EXPECT_EQ(RowsOf<FragileLabels>(), LabelsByHand(*store_->Reader()));
  EXPECT_EQ(Entries(), 0u);
}

TEST_P(Parking, AViewOfWhichEventsAreParkedDoesNotBecomeInline) {
  OpenFragile();
  Append("account-1", {Deposit(13)});
  CatchUp();
  Restart();
  EXPECT_THAT(
      ProjectionEngine::Open(store_.get(), {Inline<FragileBalances>()}),
      StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("AsyncBalance are parked")));
  OpenFragile();
  EXPECT_THAT(views_->DropParked(kBalances, "1"), IsOkAndHolds(1u));
  Restart();
  OpenViews({Inline<FragileBalances>()});
  Append("account-1", {Deposit(1)});
  CatchUp();
  EXPECT_EQ(StatusOf<FragileBalances>().failures.dropped_events, 1u);
}

TEST_P(Parking, WrongCallsAreRefusedByName) {
  OpenFragile();
  EXPECT_THAT(views_->ListParked("Nothing"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("Nothing is not")));
  EXPECT_THAT(views_->ListParked(kBalances, {.limit = 0}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("limit")));
  EXPECT_THAT(views_->ShowParked(kBalances, "1"), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(views_->ReplayParked(kBalances, "1"), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(views_->DropParked(kBalances, "1"), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(views_->ReplayParked(kBalances), IsOk());
  EXPECT_THAT(views_->ReplayParked(kBalances, std::nullopt, 7),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("generation 7")));
  const auto refused = [this](FailureOptions options) {
    return ProjectionEngine::Open(store_.get(), {Async<AsyncLabels>(options)}).status();
  };
  EXPECT_THAT(refused({.retry = {.attempts = 0}}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("attempts")));
  EXPECT_THAT(refused({.retry = {.first_backoff = absl::ZeroDuration()}}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("first_backoff")));
  EXPECT_THAT(refused({.retry = {.longest_backoff = absl::Hours(25)}}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("longest_backoff")));
  EXPECT_THAT(refused({.max_parked_keys = 0}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("max_parked_keys")));
}

INSTANTIATE_TEST_SUITE_P(Stores, Parking, testing::ValuesIn(StoreKinds()),
                         [](const auto& kind) { return std::string(kind.param.name); });

}  // namespace
}  // namespace daybook
