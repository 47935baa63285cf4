// A store that an older build wrote, read by today's: every reader sees the events of today.
#include <random>

#include "daybook/core/read_event.h"
#include "daybook/snapshots/fingerprint.h"
#include "daybook/testkit/event_matchers.h"
#include "daybook/testkit/proto_matchers.h"
#include "daybook/v1/reply.pb.h"
#include "daybook/v1/snapshot.pb.h"
#include "ledger_fixture.h"

namespace daybook {
namespace {

namespace old = ledger::v1;
namespace today = ledger::v2;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class UpcastingTest : public LedgerTest {
 protected:
  std::vector<std::string> Story() {
    const auto loaded = app_->Load<today::Ledger>("7");
    EXPECT_THAT(loaded, IsOk());
    if (!loaded.ok()) return {};
    return {loaded->state.story().begin(), loaded->state.story().end()};
  }
};

TEST_P(UpcastingTest, AnAggregateFoldsTheEventsOfToday) {
  WriteWithTheOldBuild();
  ReopenWith(Aggregate<today::Ledger>());
  const auto loaded = app_->Load<today::Ledger>("7");
  ASSERT_THAT(loaded, IsOk());
  EXPECT_EQ(loaded->state.owner(), "ann");
  EXPECT_EQ(loaded->state.cents(), 2600);
  EXPECT_EQ(loaded->state.fees(), 100);
  EXPECT_EQ(Story(), StoryOfTheOldBuild());
  // Its version counts what is recorded, not what that is today.
  EXPECT_EQ(loaded->version, 6u);
}

TEST_P(UpcastingTest, ACommandIsDecidedOnTheEventsOfTodayAndEmitsThem) {
  WriteWithTheOldBuild();
  ReopenWith(Aggregate<today::Ledger>());
  const auto done = app_->Execute(Make<today::Deposit>({.ledger = "7", .cents = 5}));
  ASSERT_THAT(done, IsOk());
  EXPECT_EQ(done->version, 7u);
  std::vector<std::string> story = StoryOfTheOldBuild();
  story.push_back("+5 EUR");
  EXPECT_EQ(Story(), story);
  ReadStreamOptions last;
  last.from = 7;
  EXPECT_THAT(
      app_->store().Reader()->ReadStream("ledger-7", last),
      IsOkAndHolds(ElementsAre(IsEvent<today::Deposited>({.cents = 5, .currency = "EUR"}))));
}

TEST_P(UpcastingTest, ASnapshotStandsBetweenRecordedEventsAndIsFoldedOnFrom) {
  WriteWithTheOldBuild();
  ReopenWith(Aggregate<today::Ledger>());
  ASSERT_THAT(app_->Execute(Make<today::Deposit>({.ledger = "7", .cents = 5})), IsOk());
  ASSERT_THAT(
      AppendRaw({EventOf(Make<old::Paid>({.francs = 1, .fee = 2})), EventOf(Make<old::Noticed>())}),
      IsOk());
  ReopenWith(Aggregate<today::Ledger>());
  std::vector<std::string> story = StoryOfTheOldBuild();
  story.insert(story.end(), {"+5 EUR", "-100", "fee 200"});
  EXPECT_EQ(Story(), story);
  EXPECT_EQ(app_->Stats().snapshots.used, 1u);
  EXPECT_EQ(app_->Load<today::Ledger>("7")->version, 9u);
}

TEST_P(UpcastingTest, ASnapshotOfOtherUpcastersIsStale) {
  WriteWithTheOldBuild();
  ReopenWith(Aggregate<today::Ledger>());
  auto snapshots = SnapshotStore::Open(&app_->store());
  ASSERT_THAT(snapshots, IsOk());
  today::LedgerState wrong;
  wrong.set_cents(1);
  const auto& past = AggregateDefinitionOf<today::Ledger>().past_events;
  const auto load_with = [&](const std::string& fingerprint) {
    Commit commit;
    commit.writes.push_back(*(*snapshots)->Write("ledger-7", 6, fingerprint, EncodeMessage(wrong)));
    EXPECT_THAT(app_->store().Append(std::move(commit)), IsOk());
    return app_->Load<today::Ledger>("7")->state.cents();
  };
  const auto* state = today::LedgerState::descriptor();
  EXPECT_EQ(load_with(FingerprintOf(*state, 0, past)), 1) << "the snapshot is not asked";
  EXPECT_EQ(load_with(FingerprintOf(*state, 0)), 2600);
  std::vector<PastEvent> revised(past.begin(), past.end());
  revised[2].upcast_revision = 8;
  EXPECT_EQ(load_with(FingerprintOf(*state, 0, revised)), 2600);
  revised.pop_back();
  revised[2].upcast_revision = 7;
  EXPECT_EQ(load_with(FingerprintOf(*state, 0, revised)), 2600);
  EXPECT_EQ(app_->Stats().snapshots.stale, 3u);
}

TEST_P(UpcastingTest, AViewSeesThePartsOfASplitInOrderAtOnePosition) {
  WriteWithTheOldBuild();
  ReopenWith(Aggregate<today::Ledger>(), Inline<today::Balances>(), Async<today::AsyncBalances>());
  const auto row = app_->Get<today::Balances>("7", {.at_least = Token(app_->store().Tip())});
  ASSERT_THAT(row, IsOk());
  EXPECT_EQ(row->cents(), 2600);
  EXPECT_THAT(row->story(), ElementsAre("2 +3000 CHF", "3 -500", "3 fee 100", "4 -200",
                                        "6 +400 CHF", "6 -300", "6 +200 CHF"));
  EXPECT_EQ(RowsOf<today::AsyncBalances>(), RowsOf<today::Balances>());
}

// A build that still runs, or a repair, may append events of the past to a live store.
TEST_P(UpcastingTest, LiveAndRebuiltViewsAreTheSame) {
  const uint32_t seed = std::random_device()();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937 random(seed);
  const auto number = [&random](int low, int high) {
    return std::uniform_int_distribution<int>(low, high)(random);
  };
  const auto any_event = [&]() -> Event {
    switch (number(0, 7)) {
      case 0:
        return EventOf(Make<old::Opened>({.owner = "ann"}));
      case 1:
        return EventOf(Make<old::Deposited>({.francs = number(0, 9)}));
      case 2:
        return EventOf(Make<old::Paid>({.francs = number(0, 9), .fee = number(0, 2)}));
      case 3:
        return EventOf(Make<old::Noticed>());
      case 4:
        return EventOf(Make<old::Booked>({.francs = {number(-5, 5), number(-5, 5)}}));
      case 5:
        return EventOf(Make<today::Past::DepositedCents>({.cents = number(0, 99)}));
      case 6:
        return EventOf(Make<today::Withdrawn>({.cents = number(0, 99)}));
      default:
        return EventOf(Make<today::FeeCharged>({.cents = number(0, 99)}));
    }
  };
  const auto append = [&](int events) {
    for (int i = 0; i < events; ++i) {
      const std::string stream = absl::StrCat("ledger-", number(1, 3));
      std::vector<Event> commit;
      for (int n = number(1, 3); n > 0; --n) commit.push_back(any_event());
      ASSERT_THAT(app_->store().Append(stream, ExpectedVersion::Any(), std::move(commit)), IsOk());
    }
  };
  append(20);
  ReopenWith(Aggregate<today::Ledger>(), Inline<today::Balances>(), Async<today::AsyncBalances>());
  ASSERT_THAT(app_->Get<today::Balances>("1", {.at_least = Token(app_->store().Tip())}),
              testing::AnyOf(IsOk(), StatusIs(absl::StatusCode::kNotFound)));
  append(40);
  const auto live = RowsOf<today::Balances>();
  EXPECT_EQ(RowsOf<today::AsyncBalances>(), live);
  ReopenWith(Aggregate<today::Ledger>(), Inline<today::Rebuilt>(), Async<today::AsyncRebuilt>());
  EXPECT_EQ(RowsOf<today::Rebuilt>(), live);
  EXPECT_EQ(RowsOf<today::AsyncRebuilt>(), live);
  // And the aggregates fold to the same.
  for (const auto& [key, bytes] : live) {
    today::Balance row;
    ASSERT_TRUE(row.ParseFromString(bytes));
    const auto loaded = app_->Load<today::Ledger>(key);
    ASSERT_THAT(loaded, IsOk());
    EXPECT_EQ(loaded->state.cents(), row.cents());
    EXPECT_EQ(loaded->state.fees(), row.fees());
  }
}

TEST_P(UpcastingTest, AnInlineViewTakesAllPartsOfASplitOrRefusesTheCommit) {
  ReopenWith(Aggregate<today::Ledger>(), Inline<today::Balances>());
  ASSERT_THAT(AppendRaw({EventOf(Make<old::Paid>({.francs = 1, .fee = 2}))}), IsOk());
  const auto before = RowsOf<today::Balances>();
  EXPECT_THAT(AppendRaw({EventOf(Make<old::Paid>({.francs = 1, .fee = 13}))}),
              StatusIs(absl::StatusCode::kOutOfRange, HasSubstr("thirteen")));
  EXPECT_EQ(RowsOf<today::Balances>(), before);
  EXPECT_EQ(app_->store().Tip(), Position(1));
}

TEST_P(UpcastingTest, AnAsyncViewThatCannotTakeAPartStopsBeforeTheWholeEvent) {
  ReopenWith(Aggregate<today::Ledger>());
  ASSERT_THAT(AppendRaw({EventOf(Make<old::Deposited>({.francs = 9})),
                         EventOf(Make<old::Paid>({.francs = 1, .fee = 13}))}),
              IsOk());
  ReopenWith(Aggregate<today::Ledger>(), Async<today::AsyncBalances>(kStopAtOnce));
  EXPECT_THAT(app_->Get<today::AsyncBalances>("7", {.at_least = Token(Position(2))}),
              StatusIs(absl::StatusCode::kOutOfRange, HasSubstr("stopped at position 2")));
  const auto row = app_->Get<today::AsyncBalances>("7");
  ASSERT_THAT(row, IsOk());
  EXPECT_THAT(row->story(), ElementsAre("1 +900 CHF"));
  EXPECT_EQ(row->cents(), 900);
  EXPECT_EQ(app_->views().StatusOf<today::AsyncBalances>()->checkpoint, Position(1));
}

TEST_P(UpcastingTest, ARepeatedReplyTellsTheEventsOfToday) {
  const CommandId paid = CommandId::Random();
  const CommandId noticed = CommandId::Random();
  ReopenWith(Aggregate<old::Ledger>());
  ASSERT_THAT(
      app_->Execute(Make<old::Pay>({.ledger = "7", .francs = 5, .fee = 1}), {.command_id = paid}),
      IsOk());
  ASSERT_THAT(app_->Execute(Make<old::Notice>({.ledger = "7"}), {.command_id = noticed}), IsOk());
  // The command has another full name in v2.proto, which a new build of one contract has not.
  const auto table = app_->store().OpenTable("$replies");
  ASSERT_THAT(table, IsOk());
  for (const CommandId& id : {paid, noticed}) {
    const auto row = app_->store().Reader()->GetRow(*table, id.bytes());
    ASSERT_THAT(row, IsOk());
    v1::StoredReply reply;
    ASSERT_TRUE(reply.ParseFromString(**row));
    reply.set_command_type("ledger.v2.Deposit");
    Commit commit;
    commit.writes.push_back({*table, std::string(id.bytes()), EncodeMessage(reply)});
    ASSERT_THAT(app_->store().Append(std::move(commit)), IsOk());
  }
  ReopenWith(Aggregate<today::Ledger>());
  const auto again = app_->Execute(Make<today::Deposit>({.ledger = "7"}), {.command_id = paid});
  ASSERT_THAT(again, IsOk());
  EXPECT_TRUE(again->repeated);
  ASSERT_EQ(again->events.size(), 2u);
  EXPECT_EQ(again->version, 0u);
  EXPECT_EQ(again->events[0].id, again->events[1].id);
  EXPECT_EQ(again->events[0].As<today::Withdrawn>()->cents(), 500);
  EXPECT_EQ(again->events[1].As<today::FeeCharged>()->cents(), 100);
  EXPECT_EQ(again->events[0].As<today::Past::Paid>(), std::nullopt);
  const auto nothing =
      app_->Execute(Make<today::Deposit>({.ledger = "7"}), {.command_id = noticed});
  ASSERT_THAT(nothing, IsOk());
  EXPECT_THAT(nothing->events, IsEmpty());
  EXPECT_EQ(nothing->version, 1u);
}

TEST_P(UpcastingTest, ASubscriberReadsTheEventsOfToday) {
  WriteWithTheOldBuild();
  const auto batch = app_->store().Reader()->ReadStream("ledger-7");
  ASSERT_THAT(batch, IsOk());
  std::vector<std::string> story;
  for (const RecordedEvent& event : *batch) {
    ASSERT_THAT(ReadEvent<today::LedgerAggregate>(
                    event, [&](const auto& e) { story.push_back(today::Line(e)); }),
                IsOk());
  }
  EXPECT_EQ(story, StoryOfTheOldBuild());
}

// What this build does not know: a later version, an older one without an upcaster, another name.
struct Unknown {
  std::string type;
  uint32_t version;
  std::string why;
};
const Unknown kUnknown[] = {
    {"ledger.deposited", 4, "version 3 is the newest that this build knows"},
    {"ledger.withdrawn", 1, "this build knows version 2, and no upcaster takes the older one"},
    {"ledger.paid", 2, "version 1 is the newest that this build knows"},
    {"ledger.lost", 1, "it is no event of Ledger"},
};

TEST_P(UpcastingTest, WhatIsUnknownIsRefusedByName) {
  for (const Unknown& unknown : kUnknown) {
    SCOPED_TRACE(absl::StrCat(unknown.type, " ", unknown.version));
    ReopenWith(Aggregate<today::Ledger>());
    Event event;
    event.type = unknown.type;
    event.schema_version = unknown.version;
    const std::string key = absl::StrCat(unknown.type, unknown.version);
    const auto appended =
        app_->store().Append(absl::StrCat("ledger-", key), ExpectedVersion::NoStream(), {event});
    ASSERT_THAT(appended, IsOk());
    const uint64_t position = appended->last.sequence();
    const auto is_unknown = IsUnknown(unknown.type, unknown.version, position);
    EXPECT_THAT(app_->Load<today::Ledger>(key), is_unknown);
    EXPECT_THAT(app_->Load<today::Ledger>(key),
                StatusIs(absl::StatusCode::kDataLoss, HasSubstr(unknown.why)));
    EXPECT_THAT(app_->Execute(Make<today::Deposit>({.ledger = key})), is_unknown);
    const auto batch = app_->store().Reader()->ReadStream(absl::StrCat("ledger-", key));
    ASSERT_THAT(batch, IsOk());
    EXPECT_THAT(ReadEvent<today::LedgerAggregate>(batch->front(), [](const auto&) { FAIL(); }),
                is_unknown);
  }
}

TEST_P(UpcastingTest, AViewStopsBeforeAVersionThatItDoesNotKnow) {
  ReopenWith(Aggregate<today::Ledger>());
  Event event;
  event.type = "ledger.paid";
  event.schema_version = 2;
  ASSERT_THAT(AppendRaw({EventOf(Make<old::Deposited>({.francs = 9})), event}), IsOk());
  ReopenWith(Aggregate<today::Ledger>(), Async<today::AsyncBalances>(kStopAtOnce));
  EXPECT_THAT(app_->Get<today::AsyncBalances>("7", {.at_least = Token(Position(2))}),
              IsUnknown("ledger.paid", 2, 2));
  EXPECT_EQ(app_->views().StatusOf<today::AsyncBalances>()->checkpoint, Position(1));
  // An inline view that catches up meets it too, and leaves new commits alone until then.
  ReopenWith(Aggregate<today::Ledger>(), Inline<today::Balances>());
  EXPECT_THAT(app_->Get<today::Balances>("7", {.at_least = Token(Position(2))}),
              IsUnknown("ledger.paid", 2, 2));
}

TEST_P(UpcastingTest, AnInlineViewRefusesAVersionThatItDoesNotKnow) {
  ReopenWith(Aggregate<today::Ledger>(), Inline<today::Balances>());
  ASSERT_THAT(AppendRaw({EventOf(Make<old::Deposited>({.francs = 9}))}), IsOk());
  ASSERT_THAT(app_->Get<today::Balances>("7", {.at_least = Token(Position(1))}), IsOk());
  Event event;
  event.type = "ledger.paid";
  event.schema_version = 2;
  EXPECT_THAT(AppendRaw({event}), IsUnknown("ledger.paid", 2, 2));
}

TEST(UpcastFingerprints, OfAViewChangeWithEachUpcasterThatItReads) {
  const auto fingerprint = [](std::vector<PastEvent> past) {
    return ProjectionDefinition("P", 0, {"c"}, {{.type = "t"}}, std::move(past),
                                today::Balance::descriptor(), nullptr)
        .fingerprint();
  };
  const PastEvent a{.type = "a", .schema_version = 1, .becomes = {"t"}};
  const PastEvent b{.type = "b", .schema_version = 1, .becomes = {"t"}};
  PastEvent revised = a;
  revised.upcast_revision = 1;
  PastEvent split = a;
  split.becomes = {"t", "u"};
  PastEvent newer = a;
  newer.schema_version = 2;
  EXPECT_EQ(fingerprint({a, b}), fingerprint({b, a}));
  EXPECT_NE(fingerprint({}), fingerprint({a}));
  EXPECT_NE(fingerprint({a}), fingerprint({revised}));
  EXPECT_NE(fingerprint({a}), fingerprint({split}));
  EXPECT_NE(fingerprint({a}), fingerprint({newer}));
}

TEST(UpcastTest, AProjectionReadsThePastThatItsEventsComeFrom) {
  std::vector<std::string> read;
  const auto definition = internal::DefinitionOf<today::Balances>();
  for (const PastEvent& past : definition->past()) {
    read.push_back(absl::StrCat(past.type, " ", past.schema_version));
  }
  // Opened becomes what it ignores, Noticed becomes nothing.
  EXPECT_THAT(read, ElementsAre("ledger.deposited 1", "ledger.deposited 2", "ledger.paid 1",
                                "ledger.booked 1"));
}

INSTANTIATE_TEST_SUITE_P(Disks, UpcastingTest, testing::ValuesIn(DiskKinds()), DiskKindName);

}  // namespace
}  // namespace daybook
