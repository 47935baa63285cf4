#include "daybook/testkit/event_matchers.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "daybook/core/codec.h"
#include "daybook/core/errors.h"
#include "daybook/core/open.h"
#include "daybook/testkit/rejection_matchers.h"
#include "daybook/testkit/row_matchers.h"
#include "daybook/testkit/status_matchers.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "wallet.daybook.h"

namespace wallet {
namespace {

using ::daybook::AtVersion;
using ::daybook::Event;
using ::daybook::EventBatch;
using ::daybook::HasNoRow;
using ::daybook::HasRow;
using ::daybook::InStream;
using ::daybook::IsEvent;
using ::daybook::IsOkAndHolds;
using ::daybook::Make;
using ::daybook::OfType;
using ::daybook::RecordedEvent;
using ::daybook::Rejects;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::ExplainMatchResult;
using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Property;
using ::testing::SizeIs;
using ::testing::StringMatchResultListener;

template <typename E>
Event EventOf(const E& message) {
  Event event;
  event.type = std::string(daybook::MessageTraits<E>::kTypeName);
  event.payload = daybook::EncodeMessage(message);
  return event;
}

template <typename M, typename T>
std::string Explain(const M& matcher, const T& actual) {
  StringMatchResultListener listener;
  EXPECT_FALSE(ExplainMatchResult(matcher, actual, &listener));
  return listener.str();
}

// A log of two events of one stream.
class EventMatchers : public testing::Test {
 protected:
  void SetUp() override {
    auto store = daybook::OpenMemoryStore();
    ASSERT_THAT(store, daybook::IsOk());
    store_ = *std::move(store);
    ASSERT_THAT(store_->Append("wallet-7", daybook::ExpectedVersion::Any(),
                               {EventOf(Make<Deposited>({.amount = 30, .note = "rent"})),
                                EventOf(Make<Withdrawn>({.amount = 10}))}),
                daybook::IsOk());
    auto batch = store_->Reader()->ReadStream("wallet-7");
    ASSERT_THAT(batch, IsOkAndHolds(SizeIs(2)));
    batch_ = *batch;
  }

  std::unique_ptr<daybook::EventStore> store_;
  EventBatch batch_;
};

TEST_F(EventMatchers, MatchABatchInOrder) {
  EXPECT_THAT(batch_, ElementsAre(IsEvent<Deposited>({.amount = 30, .note = "rent"}),
                                  AllOf(IsEvent<Withdrawn>(Property(&Withdrawn::amount, Gt(9))),
                                        InStream("wallet-7"), AtVersion(1))));
  EXPECT_THAT(batch_, ElementsAre(OfType<Deposited>(), IsEvent<Withdrawn>()));
  EXPECT_THAT(batch_, Each(InStream("wallet-7")));
  EXPECT_THAT(store_->Reader()->ReadStream("wallet-7"), IsOkAndHolds(SizeIs(2)));
}

TEST_F(EventMatchers, TellWhatDiffers) {
  const RecordedEvent& event = batch_.front();
  EXPECT_THAT(Explain(IsEvent<Deposited>({.amount = 31, .note = "rent"}), event),
              HasSubstr("amount: 30 instead of 31"));
  EXPECT_THAT(Explain(IsEvent<Withdrawn>({.amount = 30}), event),
              HasSubstr("which is of type wallet-deposited"));
  EXPECT_THAT(Explain(OfType<Withdrawn>(), event), HasSubstr("which is of type wallet-deposited"));
  EXPECT_THAT(Explain(InStream("wallet-8"), event), HasSubstr("which is in stream wallet-7"));
  EXPECT_THAT(Explain(AtVersion(1), event), HasSubstr("which is at version 0"));
}

TEST_F(EventMatchers, TellOfAPayloadThatCannotBeDecoded) {
  RecordedEvent event = batch_.front();
  event.payload = "\xff";
  EXPECT_THAT(event, OfType<Deposited>());
  EXPECT_THAT(Explain(IsEvent<Deposited>(), event),
              HasSubstr("which cannot be decoded: DATA_LOSS"));
}

TEST_F(EventMatchers, EventsArePrintedForPeople) {
  EXPECT_EQ(testing::PrintToString(batch_.back()),
            "wallet.Withdrawn at wallet-7@1, position 2, payload \"\\x08\\n\"");
}

absl::Status RejectionOf(const InsufficientFunds& rejection) {
  absl::Status status = absl::FailedPreconditionError("rejected");
  daybook::v1::Rejection payload;
  payload.set_type("wallet.InsufficientFunds");
  payload.set_value(daybook::EncodeMessage(rejection));
  daybook::SetErrorPayload(status, payload);
  return status;
}

TEST(RejectionMatchers, MatchTypeAndFields) {
  const absl::Status status = RejectionOf(Make<InsufficientFunds>({.missing = 20}));
  EXPECT_THAT(status, Rejects<InsufficientFunds>());
  EXPECT_THAT(status, Rejects<InsufficientFunds>({.missing = 20}));
  EXPECT_THAT(absl::StatusOr<int>(status),
              Rejects<InsufficientFunds>(Property(&InsufficientFunds::missing, Gt(19))));
}

TEST(RejectionMatchers, TellWhatDiffers) {
  const absl::Status status = RejectionOf(Make<InsufficientFunds>({.missing = 20}));
  EXPECT_THAT(Explain(Rejects<InsufficientFunds>({.missing = 21}), status),
              HasSubstr("missing: 20 instead of 21"));
  EXPECT_THAT(Explain(Rejects<WalletClosed>(), status),
              HasSubstr("which is a rejection wallet.InsufficientFunds"));
  EXPECT_THAT(Explain(Rejects<InsufficientFunds>(), absl::OkStatus()),
              HasSubstr("which is no rejection: OK"));
  EXPECT_THAT(
      Explain(Rejects<InsufficientFunds>(), absl::FailedPreconditionError("something else")),
      HasSubstr("which is no rejection: FAILED_PRECONDITION"));
}

struct Balances : BalanceProjection {};

TEST(RowMatchers, MatchWhatAViewAnswers) {
  const absl::StatusOr<Balance> row = Make<Balance>({.amount = 30});
  EXPECT_THAT(row, HasRow<Balances>({.amount = 30}));
  EXPECT_THAT(row, Not(HasRow<Balances>({.amount = 31})));
  EXPECT_THAT(row, Not(HasNoRow()));
  EXPECT_THAT(absl::StatusOr<Balance>(absl::NotFoundError("no row")), HasNoRow());
  EXPECT_THAT(absl::StatusOr<Balance>(absl::NotFoundError("no row")),
              Not(HasRow<Balances>({.amount = 30})));
}

}  // namespace
}  // namespace wallet
