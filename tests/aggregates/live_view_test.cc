// Views that store nothing: their rows are folded when they are asked for.
#include <string>
#include <thread>

#include "app_fixture.h"
#include "daybook/core/errors.h"
#include "daybook/v1/errors.pb.h"

namespace daybook {
namespace {

using testing::HasSubstr;

// The same under another name.
struct LiveBalances : Balances {
  static constexpr absl::string_view kName = "LiveBalance";
};

class LiveViewTest : public AppTest {
 protected:
  void SetUp() override {
    ReopenWith(Aggregate<Account>(), Inline<Balances>(), Live<LiveBalances>());
  }
};

INSTANTIATE_TEST_SUITE_P(Disks, LiveViewTest, testing::ValuesIn(DiskKinds()), DiskKindName);

TEST_P(LiveViewTest, RowsAreThoseOfAStoredView) {
  for (int i = 0; i < 40; ++i) {
    const auto done = app_->Execute(DepositOf(i + 1, absl::StrCat(i % 3)));
    ASSERT_THAT(done, IsOk());
    const GetOptions after{.at_least = done->token};
    const auto row = app_->Get<LiveBalances>(absl::StrCat(i % 3), after);
    ASSERT_THAT(row, IsOk());
    EXPECT_EQ(row->amount(), app_->Get<Balances>(absl::StrCat(i % 3), after)->amount());
  }
  EXPECT_THAT(
      app_->Get<LiveBalances>("9"),
      StatusIs(absl::StatusCode::kNotFound, HasSubstr("view LiveBalance has no row \"9\"")));
}

TEST_P(LiveViewTest, ARefusedEventIsTheErrorOfItsRow) {
  ReopenWith(Aggregate<Account>(), Live<Balances>());
  ASSERT_THAT(app_->Execute(DepositOf(1)), IsOk());
  // No view is asked before it is in the log.
  ASSERT_THAT(app_->Execute(DepositOf(666)), IsOk());
  ASSERT_THAT(app_->Execute(DepositOf(2, "8")), IsOk());
  EXPECT_THAT(app_->Get<Balances>("7"),
              StatusIs(absl::StatusCode::kOutOfRange, HasSubstr("at position 2 refuses")));
  EXPECT_EQ(app_->Get<Balances>("8")->amount(), 2);
}

TEST_P(LiveViewTest, WaitsForTheLog) {
  const Token next(Position(1));
  EXPECT_THAT(
      app_->Get<LiveBalances>("7", {.at_least = next, .timeout = absl::Milliseconds(1)}),
      StatusIs(absl::StatusCode::kDeadlineExceeded, HasSubstr("ends at position 0, not at 1")));
  std::thread other([this] { EXPECT_THAT(app_->Execute(DepositOf(5)), IsOk()); });
  const auto row = app_->Get<LiveBalances>("7", {.at_least = next});
  other.join();
  ASSERT_THAT(row, IsOk());
  EXPECT_EQ(row->amount(), 5);
}

TEST_P(LiveViewTest, IsAlwaysWhereTheLogIs) {
  ASSERT_THAT(app_->Execute(DepositOf(1)), IsOk());
  const auto statuses = app_->views().Status();
  ASSERT_THAT(statuses, IsOk());
  ASSERT_EQ(statuses->size(), 2u);
  const ViewStatus& status = statuses->back();
  EXPECT_EQ(status.name, "LiveBalance");
  EXPECT_EQ(status.lifecycle, Lifecycle::kLive);
  EXPECT_EQ(status.state, ViewState::kLive);
  EXPECT_EQ(status.checkpoint, app_->store().Tip());
  EXPECT_EQ(status.lag_events, 0u);
  EXPECT_EQ(status.generation, 0u);
  EXPECT_EQ(app_->views().StatusOf<LiveBalances>()->name, "LiveBalance");
}

TEST_P(LiveViewTest, HasNothingButGet) {
  const auto refused = [](const auto& result) {
    const absl::Status status = [&] {
      if constexpr (std::is_same_v<std::decay_t<decltype(result)>, absl::Status>) {
        return result;
      } else {
        return result.status();
      }
    }();
    EXPECT_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument,
                                 HasSubstr("LiveBalance is live, so there is Get alone")));
    const auto field = ErrorPayload<v1::InvalidField>(status);
    EXPECT_TRUE(field.has_value() && field->field() == "view");
  };
  refused(app_->Range<LiveBalances>());
  refused(app_->Page<LiveBalances>({.limit = 1}));
  refused(app_->Watch<LiveBalances>());
  refused(app_->Rebuild<LiveBalances>());
  refused(app_->Rollback<LiveBalances>());
  refused(app_->ListParked("LiveBalance"));
  refused(app_->views().Watch("LiveBalance"));
}

TEST_P(LiveViewTest, ALifecycleIsChangedByALine) {
  ASSERT_THAT(app_->Execute(DepositOf(1)), IsOk());
  ReopenWith(Aggregate<Account>(), Live<Balances>());
  ASSERT_THAT(app_->Execute(DepositOf(2)), IsOk());
  EXPECT_EQ(app_->Get<Balances>("7")->amount(), 3);
  ReopenWith(Aggregate<Account>(), Inline<Balances>());
  ASSERT_THAT(app_->Execute(DepositOf(4)), IsOk());
  const GetOptions all{.at_least = Token(app_->store().Tip())};
  EXPECT_EQ(app_->Get<Balances>("7", all)->amount(), 7);
  ReopenWith(Aggregate<Account>(), Live<Balances>());
  EXPECT_EQ(app_->Get<Balances>("7")->amount(), 7);
  ReopenWith(Aggregate<Account>(), Async<Balances>());
  EXPECT_EQ(app_->Get<Balances>("7", all)->amount(), 7);
}

}  // namespace
}  // namespace daybook
