// Views over events of the past: folded by several threads, built anew, compared.
#include <random>

#include "ledger_fixture.h"

namespace daybook {
namespace {

namespace old = ledger::v1;
namespace today = ledger::v2;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// The parts of a split go to rows of different keys, which several threads may have.
struct Kinds : today::Balances {
  static constexpr absl::string_view kName = "Kinds";
  static std::string Key(const today::Deposited&) { return "in"; }
  static std::string Key(const today::Withdrawn&) { return "out"; }
  static std::string Key(const today::FeeCharged& fee) {
    return absl::StrCat("fees of ", fee.cents());
  }
};

// The same view in a build that took no notice of fees.
struct WithoutFees : today::AsyncBalances {
  using today::AsyncBalances::On;
  static absl::Status On(Row&, const today::FeeCharged&, EventContext&) { return absl::OkStatus(); }
};
// In one that overlooked a payment of 7 francs, and the fee with it.
struct Overlooking : today::AsyncBalances {
  using today::AsyncBalances::On;
  static void On(Row& row, const today::Withdrawn& e, EventContext& context) {
    if (e.cents() != 700) today::AsyncBalances::On(row, e, context);
  }
  static absl::Status On(Row& row, const today::FeeCharged& e, EventContext& context) {
    return e.cents() == 700 ? absl::OkStatus() : today::AsyncBalances::On(row, e, context);
  }
};

class UpcastRebuildTest : public LedgerTest {
 protected:
  // Commits to 9 ledgers, of all kinds of events, drawn from `seed`.
  void Fill(uint64_t seed, int commits) {
    std::mt19937_64 random(seed);
    const auto below = [&random](uint64_t bound) { return static_cast<int64_t>(random() % bound); };
    for (int i = 0; i < commits; ++i) {
      std::vector<Event> events;
      for (int n = 0; n < 5; ++n) {
        switch (below(6)) {
          case 0:
            events.push_back(EventOf(Make<old::Deposited>({.francs = below(9)})));
            break;
          case 1:
            events.push_back(EventOf(Make<old::Noticed>()));
            break;
          case 2:
            events.push_back(EventOf(Make<old::Booked>({.francs = {below(9) - 4, below(9) - 4}})));
            break;
          case 3:
            events.push_back(EventOf(Make<today::Withdrawn>({.cents = below(99)})));
            break;
          default:
            events.push_back(EventOf(Make<old::Paid>({.francs = below(9), .fee = below(5)})));
        }
      }
      ASSERT_THAT(app_->store().Append(absl::StrCat("ledger-", below(9)), ExpectedVersion::Any(),
                                       std::move(events)),
                  IsOk());
    }
  }
  template <typename P>
  std::map<std::string, std::string> ByHand() {
    return EncodedByHand<P>(*app_->store().Reader(), app_->store().Tip());
  }
  template <typename P>
  RebuildReport ReportOfRebuild() {
    auto rebuild = app_->Rebuild<P>();
    EXPECT_THAT(rebuild, IsOk());
    if (!rebuild.ok()) return RebuildReport();
    auto report = rebuild->Wait(absl::Seconds(60));
    EXPECT_THAT(report, IsOk());
    return report.ok() ? *report : RebuildReport();
  }
};

TEST_P(UpcastRebuildTest, AnyNumberOfThreadsGivesTheSameBytes) {
  constexpr uint64_t kSeed = 2026;
  SCOPED_TRACE(absl::StrCat("seed ", kSeed));
  Fill(kSeed, 300);
  const auto kinds = ByHand<Kinds>();
  const auto balances = ByHand<today::AsyncBalances>();
  ASSERT_GT(kinds.size(), 4u);
  for (const size_t workers : {2, 1, 5}) {
    SCOPED_TRACE(absl::StrCat(workers, " workers"));
    options_.projections.fold_workers = workers;
    ReopenWith(Aggregate<today::Ledger>(), Async<Kinds>(), Async<today::AsyncBalances>());
    EXPECT_EQ(RowsOf<Kinds>(), kinds);
    EXPECT_EQ(RowsOf<today::AsyncBalances>(), balances);
    // The next number folds the whole log, and is compared with this one.
    const RebuildReport report = ReportOfRebuild<Kinds>();
    EXPECT_EQ(report.rows_compared, kinds.size());
    EXPECT_EQ(report.rows_different, 0u);
    EXPECT_TRUE(report.serving);
    EXPECT_EQ(RowsOf<Kinds>(), kinds);
  }
}

TEST_P(UpcastRebuildTest, APartThatOneThreadCannotTakeStopsAllBeforeTheWholeEvent) {
  Fill(7, 100);
  const Position before = app_->store().Tip();
  ASSERT_THAT(AppendRaw({EventOf(Make<old::Paid>({.francs = 1, .fee = 13}))}), IsOk());
  Fill(8, 100);
  const auto rows = EncodedByHand<Kinds>(*app_->store().Reader(), before);
  options_.projections.fold_workers = 3;
  ReopenWith(Aggregate<today::Ledger>(), Async<Kinds>(kStopAtOnce));
  EXPECT_THAT(app_->Get<Kinds>("out", {.at_least = Token(app_->store().Tip())}),
              StatusIs(absl::StatusCode::kOutOfRange, HasSubstr("thirteen")));
  EXPECT_EQ(app_->views().StatusOf<Kinds>()->checkpoint, before);
  const auto out = app_->Get<Kinds>("out");
  ASSERT_THAT(out, IsOk());
  EXPECT_EQ(EncodeMessage(*out), rows.at("out"));
  EXPECT_THAT(app_->Get<Kinds>("fees of 1300"), StatusIs(absl::StatusCode::kNotFound));
}

TEST_P(UpcastRebuildTest, ThreadsStopBeforeAVersionThatNoneKnows) {
  Fill(9, 100);
  Event event;
  event.type = "ledger.paid";
  event.schema_version = 2;
  ASSERT_THAT(AppendRaw({event}), IsOk());
  const uint64_t position = app_->store().Tip().sequence();
  Fill(10, 100);
  options_.projections.fold_workers = 3;
  // A view by the stream's key and one by keys of its own.
  ReopenWith(Aggregate<today::Ledger>(), Async<today::AsyncBalances>(kStopAtOnce),
             Async<Kinds>(kStopAtOnce));
  const GetOptions at_tip{.at_least = Token(app_->store().Tip())};
  EXPECT_THAT(app_->Get<today::AsyncBalances>("7", at_tip), IsUnknown("ledger.paid", 2, position));
  EXPECT_THAT(app_->Get<Kinds>("out", at_tip), IsUnknown("ledger.paid", 2, position));
  EXPECT_EQ(app_->views().StatusOf<Kinds>()->checkpoint, Position(position - 1));
}

TEST_P(UpcastRebuildTest, AnInlineViewIsRebuiltAndGoesOnWithEventsOfThePast) {
  ReopenWith(Aggregate<today::Ledger>(), Inline<today::Balances>());
  Fill(12, 40);
  const RebuildReport report = ReportOfRebuild<today::Balances>();
  EXPECT_EQ(report.rows_different, 0u);
  EXPECT_TRUE(report.serving);
  Fill(13, 40);
  EXPECT_EQ(app_->views().StatusOf<today::Balances>()->generation, 2u);
  EXPECT_EQ(RowsOf<today::Balances>(), ByHand<today::Balances>());
}

TEST_P(UpcastRebuildTest, AViewOfOtherUpcastersIsBuiltAnew) {
  ReopenWith(Aggregate<today::Ledger>());
  Fill(11, 20);
  // The build before payments and bookings became what the view handles.
  ProjectionRegistration before = Async<today::AsyncBalances>();
  std::vector<PastEvent> past;
  for (const PastEvent& event : before.definition->past()) {
    if (event.type == "ledger.deposited") past.push_back(event);
  }
  before.definition = std::make_shared<const ProjectionDefinition>(
      before.definition->name(), 0, before.definition->categories(), before.definition->handled(),
      past, today::Balance::descriptor(), []() -> std::unique_ptr<internal::RowFold> {
        return std::make_unique<internal::TypedRowFold<today::AsyncBalances>>();
      });
  ReopenWith(Aggregate<today::Ledger>(), before);
  EXPECT_NE(RowsOf<today::AsyncBalances>(), ByHand<today::AsyncBalances>());
  ReopenWith(Aggregate<today::Ledger>(), Async<today::AsyncBalances>());
  Fill(14, 1);  // What comes now is seen by the new build alone.
  EXPECT_EQ(RowsOf<today::AsyncBalances>(), ByHand<today::AsyncBalances>());
  EXPECT_EQ(app_->views().StatusOf<today::AsyncBalances>()->generation, 2u);
}

TEST_P(UpcastRebuildTest, AnEventOfThePastThatAnOldBuildLeftOutIsNamed) {
  ReopenWith(Aggregate<today::Ledger>(), Async<Overlooking>());
  ASSERT_THAT(AppendRaw({EventOf(Make<old::Deposited>({.francs = 50})),
                         EventOf(Make<old::Paid>({.francs = 3, .fee = 1})),
                         EventOf(Make<old::Paid>({.francs = 7, .fee = 7})),
                         EventOf(Make<old::Deposited>({.francs = 2}))}),
              IsOk());
  RowsOf<Overlooking>();
  ReopenWith(Aggregate<today::Ledger>(), Async<today::AsyncBalances>());
  const RebuildReport report = ReportOfRebuild<today::AsyncBalances>();
  ASSERT_EQ(report.differences.size(), 1u);
  ASSERT_TRUE(report.differences[0].origin.has_value());
  EXPECT_EQ(report.differences[0].origin->position, Position(3));
  EXPECT_EQ(report.differences[0].origin->type, "ledger.paid");
  EXPECT_EQ(report.differences[0].origin->what, "the old build left it out");
}

TEST_P(UpcastRebuildTest, ATypeOfTodayThatAnOldBuildLeftOutIsNamed) {
  ReopenWith(Aggregate<today::Ledger>(), Async<WithoutFees>());
  ASSERT_THAT(AppendRaw({EventOf(Make<old::Deposited>({.francs = 50})),
                         EventOf(Make<old::Paid>({.francs = 3})),
                         EventOf(Make<old::Paid>({.francs = 7, .fee = 2})),
                         EventOf(Make<today::FeeCharged>({.cents = 4})),
                         EventOf(Make<old::Deposited>({.francs = 2}))}),
              IsOk());
  RowsOf<WithoutFees>();
  ReopenWith(Aggregate<today::Ledger>(), Async<today::AsyncBalances>());
  const RebuildReport report = ReportOfRebuild<today::AsyncBalances>();
  ASSERT_EQ(report.differences.size(), 1u);
  ASSERT_TRUE(report.differences[0].origin.has_value());
  EXPECT_EQ(report.differences[0].origin->position, Position(3));
  EXPECT_EQ(report.differences[0].origin->type, "ledger.paid");
  EXPECT_EQ(report.differences[0].origin->what,
            "the old build left out every ledger.fee, which it is today");
}

INSTANTIATE_TEST_SUITE_P(Disks, UpcastRebuildTest, testing::ValuesIn(DiskKinds()), DiskKindName);

}  // namespace
}  // namespace daybook
