// What is said of the event that made a row of an old build another one, and at which price.
#include "difference_search.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "shop.h"

namespace daybook {
namespace {

using internal::DifferenceSearch;
using shop::Deposit;
using shop::Withdraw;

class DifferenceSearchTest : public testing::Test {
 protected:
  DifferenceSearchTest() {
    auto store = OpenMemoryStore();
    EXPECT_THAT(store, IsOk());
    store_ = *std::move(store);
  }
  void Append(absl::string_view account, std::vector<Event> events) {
    ASSERT_THAT(store_->Append(absl::StrCat("account-", account), ExpectedVersion::Any(),
                               std::move(events)),
                IsOk());
  }
  static DifferenceSearch::Row Row(std::string key, int64_t balance, uint64_t events) {
    shop::Balance row;
    row.set_balance(balance);
    row.set_events(events);
    return {std::move(key), EncodeMessage(row)};
  }
  std::vector<std::optional<DifferenceOrigin>> Search(std::vector<DifferenceSearch::Row> rows) {
    const size_t searched = rows.size();
    DifferenceSearch search(*definition_, store_->Reader(), store_->Tip(), std::move(rows));
    for (steps_ = 1;; ++steps_) {
      const absl::StatusOr<bool> more = search.Step();
      EXPECT_THAT(more, IsOk());
      if (!more.ok() || !*more) break;
    }
    EXPECT_EQ(search.origins().size(), searched);
    return search.origins();
  }
  void ExpectOrigin(DifferenceSearch::Row row, uint64_t position, absl::string_view what) {
    const auto origins = Search({std::move(row)});
    ASSERT_EQ(origins.size(), 1u);
    ASSERT_TRUE(origins[0].has_value());
    EXPECT_EQ(origins[0]->position, Position(position));
    EXPECT_EQ(origins[0]->what, what);
  }

  const std::shared_ptr<const ProjectionDefinition> definition_ =
      Async<shop::AsyncBalances>().definition;
  std::unique_ptr<EventStore> store_;
  int steps_ = 0;
};

TEST_F(DifferenceSearchTest, WhatTheOldBuildDidIsSaid) {
  Append("1", {Deposit(100), Withdraw(1), Deposit(20), Withdraw(3), Deposit(500), Withdraw(7)});
  ExpectOrigin(Row("1", 589, 5), 3, "the old build left it out");
  ExpectOrigin(Row("1", 1109, 7), 5, "the old build took it twice");
  ExpectOrigin(Row("1", 119, 3), 4, "the old build took none of the row's events from it on");
  ExpectOrigin({"1", std::nullopt}, 1, "the old build took none of the row's events from it on");
  ExpectOrigin(Row("1", 620, 3), 2, "the old build left out every event of its type");
  EXPECT_FALSE(Search({Row("1", 999, 6)})[0].has_value());
}

TEST_F(DifferenceSearchTest, AfterTheLogEachStepTriesOneFold) {
  for (int i = 0; i < 50; ++i) Append("1", {Deposit(1)});
  for (int i = 0; i < 60; ++i) Append("2", {Deposit(1)});
  const auto origins = Search({Row("1", 999, 0), Row("2", 999, 0)});
  EXPECT_FALSE(origins[0].has_value() || origins[1].has_value());
  EXPECT_GE(steps_, 2 * (50 + 60));
}

TEST_F(DifferenceSearchTest, OfARowOfMoreEventsThanAreHeldNothingIsSaid) {
  for (int i = 0; i < 9; ++i) {
    Append("1", {Deposit(1, {std::string(kMaxPayloadBytes - 100, 'x')})});
  }
  Append("1", {Withdraw(7)});
  Append("2", {Deposit(10), Withdraw(7)});
  const auto origins = Search({Row("1", 9, 9), Row("2", 10, 1)});
  EXPECT_FALSE(origins[0].has_value());
  ASSERT_TRUE(origins[1].has_value());
  EXPECT_EQ(origins[1]->position, Position(12));
}

}  // namespace
}  // namespace daybook
