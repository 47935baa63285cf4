// Views over events whose payloads a scavenge removed.
#include "daybook/core/stream_metadata.h"
#include "daybook/projections/rebuild.h"
#include "daybook/projections/row_history.h"
#include "views_test.h"

namespace daybook {
namespace {

using shop::AsyncBalances;
using shop::Balances;
using shop::Deposit;

class RemovedEvents : public ViewsTest {
 protected:
  RebuildReport Rebuild(absl::string_view view, const RebuildOptions& options) {
    auto handle = views_->Rebuild(view, options);
    EXPECT_THAT(handle, IsOk());
    auto report = handle->Wait(absl::Seconds(60));
    EXPECT_THAT(report, IsOk());
    return report.value_or(RebuildReport());
  }
};

TEST_P(RemovedEvents, ARebuildPassesThemOverAndSaysSo) {
  for (const size_t workers : {1, 3}) {
    SCOPED_TRACE(workers);
    OpenViews({Async<AsyncBalances>(), Inline<Balances>()}, {.fold_workers = workers});
    for (int i = 0; i < 500; ++i) Append("account-1", {Deposit(1)});
    Append("account-2", {Deposit(5)});
    ASSERT_THAT(SetStreamLimits(*store_, "account-1", {.max_count = 100}), IsOk());
    RowsOf<AsyncBalances>(Tip());  // what it has folded it keeps
    ASSERT_THAT(store_->Scavenge(), IsOk());
    // What was folded before stays.
    const auto before = RowsOf<AsyncBalances>(Tip());
    EXPECT_EQ(RowsOf<Balances>(Tip()), before);
    // A rebuild has what is left, so that it differs, and does not take over unasked.
    RebuildReport report = Rebuild("AsyncBalance", {});
    EXPECT_FALSE(report.serving);
    EXPECT_EQ(report.rows_different, 1u);
    EXPECT_EQ(report.new_parked, 0u);
    auto handle = views_->Rebuild<AsyncBalances>();
    ASSERT_THAT(handle, IsOk());
    handle->TakeOver();
    EXPECT_THAT(handle->Wait(absl::Seconds(60)), IsOk());
    report = Rebuild("Balance", {.compare = false, .flip = Flip::kAlways});
    EXPECT_TRUE(report.serving);
    const auto after = RowsOf<AsyncBalances>(Tip());
    EXPECT_EQ(RowsOf<Balances>(Tip()), after);
    EXPECT_NE(after, before);
    const ViewFailures failures = StatusOf<AsyncBalances>().failures;
    EXPECT_EQ(failures.skipped_events, workers == 1 ? 400u : 900u);
    EXPECT_EQ(failures.parked_keys, 0u);
    EXPECT_THAT(failures.skip_error, StatusIs(absl::StatusCode::kDataLoss));
    auto one = views_->Get<AsyncBalances>("1");
    ASSERT_THAT(one, IsOk());
    EXPECT_EQ(one->balance(), 100);
    ASSERT_THAT(SetStreamLimits(*store_, "account-1", {}), IsOk());
  }
}

TEST_P(RemovedEvents, TheRowsOfThePastAreOfTheLogAndNotOfWhatIsLeft) {
  OpenViews({Async<AsyncBalances>()});
  for (int i = 0; i < 5; ++i) Append("account-1", {Deposit(1)});
  ASSERT_THAT(SetStreamLimits(*store_, "account-1", {.max_count = 1}), IsOk());
  const auto rows = RowsOf<AsyncBalances>(Tip());
  const auto definition = internal::DefinitionOf<AsyncBalances>();
  auto row = RowAt(*store_->Reader(), *definition, "1", store_->Tip());
  ASSERT_THAT(row, IsOk());
  EXPECT_EQ(**row, rows.at("1"));
  ASSERT_THAT(DeleteStream(*store_, "account-1"), IsOk());
  row = RowAt(*store_->Reader(), *definition, "1", store_->Tip());
  ASSERT_THAT(row, IsOk());
  EXPECT_EQ(**row, rows.at("1"));
}

INSTANTIATE_TEST_SUITE_P(Stores, RemovedEvents, testing::ValuesIn(StoreKinds()),
                         [](const auto& kind) { return std::string(kind.param.name); });

}  // namespace
}  // namespace daybook
