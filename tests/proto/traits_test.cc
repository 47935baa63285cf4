// What the generated traits and lists say of the golden contracts.
#include <string>

#include "gmock/gmock.h"
#include "golden/bank.daybook.h"
#include "golden/kinds.daybook.h"
#include "golden/transfers.daybook.h"

namespace daybook {
namespace {

using golden::bank::AccountAggregate;
using golden::bank::BalanceProjection;
using golden::transfers::v1::LoanTransferAggregate;
using golden::transfers::v1::MovementsProjection;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Aggregates, KnowTheirMessages) {
  static_assert(std::is_same_v<AccountAggregate::State, golden::bank::AccountState>);
  static_assert(std::is_same_v<AccountAggregate::Commands,
                               TypeList<golden::bank::Deposit, golden::bank::Withdraw>>);
  static_assert(std::is_same_v<AccountAggregate::Events,
                               TypeList<golden::bank::Deposited, golden::bank::Withdrawn>>);
  static_assert(std::is_same_v<AccountAggregate::PastEvents, TypeList<golden::bank::WithdrawnV1>>);
  static_assert(std::is_same_v<LoanTransferAggregate::PastEvents, TypeList<>>);
  static_assert(
      std::is_same_v<AccountAggregate::Rejections, TypeList<golden::bank::InsufficientFunds>>);
  static_assert(std::is_same_v<LoanTransferAggregate::Rejections, TypeList<>>);
  EXPECT_EQ(AccountAggregate::kName, "Account");
  EXPECT_EQ(AccountAggregate::kCategory, "account");
  EXPECT_EQ(AccountAggregate::kSnapshotEvery, 100u);
  EXPECT_EQ(AccountAggregate::kEvolveRevision, 2u);
  EXPECT_EQ(LoanTransferAggregate::kCategory, "loan_transfer");
  EXPECT_EQ(WallAggregate::kCategory, "brick_wall");
  EXPECT_EQ(WallAggregate::kSnapshotEvery, 0u);
}

TEST(Projections, ReadTheEventsOfTheirAggregates) {
  static_assert(std::is_same_v<BalanceProjection::Row, golden::bank::Balance>);
  static_assert(std::is_same_v<MovementsProjection::Events,
                               TypeList<golden::transfers::v1::TransferStarted,
                                        golden::bank::Deposited, golden::bank::Withdrawn>>);
  static_assert(
      std::is_same_v<MovementsProjection::PastEvents, TypeList<golden::bank::WithdrawnV1>>);
  EXPECT_EQ(BalanceProjection::kName, "Balance");
  EXPECT_EQ(BalanceProjection::kRevision, 4u);
  EXPECT_THAT(MovementsProjection::kCategories, ElementsAre("loan_transfer", "account"));
}

TEST(Traits, TypeNames) {
  EXPECT_EQ(MessageTraits<golden::bank::Withdraw>::kTypeName, "golden.bank.Withdraw");
  EXPECT_EQ(MessageTraits<golden::bank::Deposited>::kTypeName, "golden.bank.Deposited");
  EXPECT_EQ(MessageTraits<golden::bank::Withdrawn>::kTypeName, "bank.withdrawn");
  EXPECT_EQ(MessageTraits<golden::bank::InsufficientFunds>::kTypeName,
            "golden.bank.InsufficientFunds");
  EXPECT_EQ(MessageTraits<WallState>::kTypeName, "WallState");
  EXPECT_EQ(MessageTraits<golden::bank::Balance>::kTypeName, "golden.bank.Balance");
}

TEST(Traits, SchemaVersions) {
  EXPECT_EQ(MessageTraits<golden::bank::Deposited>::kSchemaVersion, 1u);
  EXPECT_EQ(MessageTraits<golden::bank::Withdrawn>::kSchemaVersion, 3u);
}

TEST(Traits, PastEvents) {
  static_assert(!MessageTraits<golden::bank::Withdrawn>::kPast);
  static_assert(MessageTraits<golden::bank::WithdrawnV1>::kPast);
  EXPECT_EQ(MessageTraits<golden::bank::WithdrawnV1>::kTypeName, "bank.withdrawn");
  EXPECT_EQ(MessageTraits<golden::bank::WithdrawnV1>::kSchemaVersion, 1u);
  EXPECT_EQ(MessageTraits<golden::bank::WithdrawnV1>::kUpcastRevision, 2u);
  EXPECT_EQ(MessageTraits<golden::bank::Withdrawn>::kUpcastRevision, 0u);
}

TEST(Traits, StreamKeys) {
  EXPECT_EQ(MessageTraits<golden::bank::Withdraw>::StreamKey({}), "");
  EXPECT_EQ(MessageTraits<golden::bank::Withdraw>::StreamKey(
                Make<golden::bank::Withdraw>({.account = "7-a"})),
            "7-a");
  EXPECT_EQ(MessageTraits<Paint>::StreamKey(Make<Paint>({.wall = INT64_MIN})),
            "-9223372036854775808");
}

TEST(Traits, RowKeys) {
  static_assert(!MessageTraits<golden::bank::Deposited>::kHasKey);
  static_assert(MessageTraits<golden::bank::Withdrawn>::kHasKey);
  EXPECT_EQ(
      MessageTraits<golden::bank::Withdrawn>::Key(Make<golden::bank::Withdrawn>({.account = "8"})),
      "8");
}

TEST(Traits, TagsInFieldOrder) {
  EXPECT_THAT(MessageTraits<golden::bank::Deposited>::Tags({}), IsEmpty());
  EXPECT_THAT(
      MessageTraits<Painted>::Tags(Make<Painted>(
          {.word = "w", .number = -2, .flag = true, .color = RED, .maybe = 0, .text = "t"})),
      ElementsAre("word:w", "number:-2", "flag:true", "color:RED", "maybe:0", "text:t"));
}

TEST(Traits, AbsentFieldsHaveNoTagAndUnknownValuesTheirNumber) {
  EXPECT_THAT(
      MessageTraits<Painted>::Tags(Make<Painted>({.color = static_cast<Color>(9), .other = "o"})),
      ElementsAre("word:", "number:0", "flag:false", "color:9"));
}

}  // namespace
}  // namespace daybook
