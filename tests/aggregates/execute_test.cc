// One command after the other: what a caller may rely on.
#include "app_fixture.h"
#include "daybook/testkit/event_matchers.h"
#include "daybook/testkit/proto_matchers.h"
#include "daybook/testkit/rejection_matchers.h"

namespace daybook {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

class ExecuteTest : public AppTest {};
INSTANTIATE_TEST_SUITE_P(Disks, ExecuteTest, testing::ValuesIn(DiskKinds()), DiskKindName);

TEST_P(ExecuteTest, AcceptsAndTellsWhatHappened) {
  const auto first = app_->Execute(DepositOf(10), WithId(1));
  ASSERT_THAT(first, IsOk());
  EXPECT_EQ(first->stream, "account-7");
  EXPECT_EQ(first->version, 0u);
  EXPECT_EQ(first->token, Token(Position(1)));
  EXPECT_EQ(first->command_id, WithId(1).command_id);
  EXPECT_FALSE(first->repeated);
  ASSERT_THAT(first->events, SizeIs(1));
  EXPECT_EQ(first->events[0].type, "bank.Deposited");
  EXPECT_EQ(first->events[0].id, WithId(1).command_id.Derive(0));
  ASSERT_TRUE(first->events[0].As<Deposited>().has_value());
  EXPECT_EQ(first->events[0].As<Deposited>()->amount(), 10);
  EXPECT_FALSE(first->events[0].As<Withdrawn>().has_value());

  const auto second = app_->Execute(WithdrawOf(4));
  ASSERT_THAT(second, IsOk());
  EXPECT_EQ(second->version, 1u);
  EXPECT_EQ(second->token, Token(Position(2)));
  EXPECT_THAT(History(), ElementsAre("Deposited 10", "Withdrawn 4"));
  EXPECT_EQ(BalanceOf(), 6);
}

TEST_P(ExecuteTest, RejectsWithTheTypedRejection) {
  ASSERT_THAT(app_->Execute(DepositOf(10)), IsOk());
  const auto rejected = app_->Execute(WithdrawOf(30));
  EXPECT_THAT(rejected,
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("bank.InsufficientFunds")));
  EXPECT_THAT(rejected, Rejects<InsufficientFunds>({.missing = 20}));
  EXPECT_EQ(RejectionAs<InsufficientFunds>(rejected.status())->missing(), 20);
  EXPECT_THAT(History(), ElementsAre("Deposited 10"));
  EXPECT_EQ(app_->Stats().rejected, 1u);
}

TEST_P(ExecuteTest, StoresSeveralEventsAsOne) {
  const auto reply =
      app_->Execute(Make<DepositAll>({.account = "7", .amounts = {1, 2, 3}}), WithId(1));
  ASSERT_THAT(reply, IsOk());
  EXPECT_EQ(reply->version, 2u);
  EXPECT_EQ(reply->token, Token(Position(3)));
  ASSERT_THAT(reply->events, SizeIs(3));
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(reply->events[i].id, WithId(1).command_id.Derive(i));
  }
  EXPECT_THAT(History(), ElementsAre("Deposited 1", "Deposited 2", "Deposited 3"));
}

TEST_P(ExecuteTest, AcceptsADecisionWithoutEvents) {
  const auto nothing = app_->Execute(Make<DepositAll>({.account = "7"}), WithId(1));
  ASSERT_THAT(nothing, IsOk());
  EXPECT_EQ(nothing->version, std::nullopt);
  EXPECT_THAT(nothing->events, IsEmpty());
  EXPECT_THAT(History(), IsEmpty());

  ASSERT_THAT(app_->Execute(DepositOf(5)), IsOk());
  const auto later = app_->Execute(Make<DepositAll>({.account = "7"}));
  ASSERT_THAT(later, IsOk());
  EXPECT_EQ(later->version, 0u);
  EXPECT_EQ(later->token, Token(Position(1)));

  const auto again = app_->Execute(Make<DepositAll>({.account = "7"}), WithId(1));
  ASSERT_THAT(again, IsOk());
  EXPECT_TRUE(again->repeated);
  EXPECT_EQ(again->version, std::nullopt);
}

TEST_P(ExecuteTest, ChecksTheFieldRulesBeforeItDecides) {
  const auto refused = app_->Execute(DepositOf(0), WithId(1));
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(refused, HasPayload<v1::InvalidField>());
  EXPECT_EQ(ErrorPayload<v1::InvalidField>(refused.status())->field(), "Deposit.amount");
  // Nothing is stored under its id.
  EXPECT_THAT(app_->Execute(DepositOf(1), WithId(1)), IsOk());
  EXPECT_THAT(History(), ElementsAre("Deposited 1"));
  EXPECT_EQ(app_->Stats().failed, 1u);
}

TEST_P(ExecuteTest, RefusesKeysThatMakeNoStreamName) {
  const std::string bad[] = {"", "a\nb", std::string("a\0b", 3), std::string(1000, 'k'),
                             "\xff\xfe"};
  for (const std::string& key : bad) {
    EXPECT_THAT(app_->Execute(DepositOf(1, key)), StatusIs(absl::StatusCode::kInvalidArgument))
        << testing::PrintToString(key);
  }
  EXPECT_EQ(app_->store().Tip(), Position());
}

TEST_P(ExecuteTest, KeepsDashesInKeysApart) {
  ASSERT_THAT(app_->Execute(DepositOf(1, "a-b")), IsOk());
  ASSERT_THAT(app_->Execute(DepositOf(2, "a")), IsOk());
  EXPECT_EQ(BalanceOf("a-b"), 1);
  EXPECT_EQ(BalanceOf("a"), 2);
}

TEST_P(ExecuteTest, RefusesCommandsOfAggregatesThatAreNotRegistered) {
  const auto refused = app_->Execute(Make<bank::Write>({.diary = "d"}));
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("bank.Write")));
  EXPECT_THAT(app_->Execute(AccountState()), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(app_->Load<Diary>("d"), StatusIs(absl::StatusCode::kInvalidArgument));

  ReopenWith(Aggregate<Diary>(), Aggregate<Account>());
  EXPECT_THAT(app_->Execute(Make<bank::Write>({.diary = "d"})), IsOk());
  EXPECT_EQ(app_->Load<Diary>("d")->state.pages(), 1u);
}

TEST_P(ExecuteTest, WritesAllMetadata) {
  options_.producer = "bank 1.2.3";
  Reopen();
  CommandOptions options = WithId(1);
  options.correlation_id = Uuid::Derive("conversation");
  options.causation_id = Uuid::Derive("cause");
  options.actor = "clerk";
  options.trace_context = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  options.free = {{"branch", "Kiel"}, {"desk", "2"}};
  ASSERT_THAT(
      app_->Execute(Make<Deposit>({.account = "7", .amount = 3, .purpose = "rent"}), options),
      IsOk());

  const auto batch = app_->store().Reader()->ReadStream("account-7");
  ASSERT_THAT(batch, IsOk());
  const RecordedEvent& event = batch->front();
  EXPECT_EQ(event.id, options.command_id.Derive(0));
  const Metadata metadata = event.metadata.ToMetadata();
  EXPECT_EQ(metadata.command_id, options.command_id);
  EXPECT_EQ(metadata.correlation_id, options.correlation_id);
  EXPECT_EQ(metadata.causation_id, options.causation_id);
  EXPECT_EQ(metadata.actor, "clerk");
  EXPECT_EQ(metadata.trace_context, options.trace_context);
  EXPECT_EQ(metadata.producer, "bank 1.2.3");
  EXPECT_THAT(metadata.tags, ElementsAre("purpose:rent"));
  EXPECT_THAT(metadata.free, ElementsAre(Pair("branch", "Kiel"), Pair("desk", "2")));
}

TEST_P(ExecuteTest, MakesIdsWhereTheCallerGivesNone) {
  const auto reply = app_->Execute(DepositOf(3));
  ASSERT_THAT(reply, IsOk());
  EXPECT_FALSE(reply->command_id.is_nil());
  const auto batch = app_->store().Reader()->ReadStream("account-7");
  const Metadata metadata = batch->front().metadata.ToMetadata();
  EXPECT_EQ(metadata.command_id, reply->command_id);
  EXPECT_EQ(metadata.correlation_id, reply->command_id);
  EXPECT_EQ(metadata.causation_id, reply->command_id);
  // Stored like any other: who kept it from the reply may retry.
  const auto again = app_->Execute(DepositOf(3), {.command_id = reply->command_id});
  ASSERT_THAT(again, IsOk());
  EXPECT_TRUE(again->repeated);
}

TEST_P(ExecuteTest, TellsDecideItsContext) {
  CommandOptions options = WithId(1);
  options.actor = "auditor";
  clock_.Set(absl::FromUnixMicros(1'234'567));
  ASSERT_THAT(app_->Execute(Make<Inspect>({.account = "7"}), options), IsOk());
  ASSERT_THAT(app_->Execute(Make<Inspect>({.account = "7"}), WithId(2)), IsOk());

  const auto batch = app_->store().Reader()->ReadStream("account-7");
  ASSERT_THAT(batch, IsOk());
  EXPECT_THAT(*batch, ElementsAre(IsEvent<Inspected>({.now_micros = 1'234'567,
                                                      .command_id = options.command_id.ToString(),
                                                      .key = "7",
                                                      .actor = "auditor"}),
                                  IsEvent<Inspected>({.now_micros = 1'234'567,
                                                      .command_id = WithId(2).command_id.ToString(),
                                                      .key = "7",
                                                      .version = 0})));
}

TEST_P(ExecuteTest, AnswersDataLossForAnEventThatItCannotDecode) {
  ASSERT_THAT(app_->Execute(DepositOf(10)), IsOk());
  Event broken = OutsideDeposit(1);
  broken.payload = "\xff";
  ASSERT_THAT(app_->store().Append("account-7", ExpectedVersion::Any(), {broken}), IsOk());
  // The state in memory is not asked: it is of an older version.
  const auto refused = app_->Execute(DepositOf(10));
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kDataLoss, HasSubstr("2")));
  EXPECT_EQ(ErrorPayload<v1::Damage>(refused.status())->position(), 2u);
  EXPECT_THAT(app_->Load<Account>("7"), StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_THAT(app_->Execute(DepositOf(10, "8")), IsOk());
}

TEST_P(ExecuteTest, AnswersDataLossForAnEventOfAnotherAggregate) {
  Event strange;
  strange.type = "bank.Written";
  ASSERT_THAT(app_->store().Append("account-7", ExpectedVersion::Any(), {strange}), IsOk());
  EXPECT_THAT(app_->Execute(DepositOf(10)),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("bank.Written")));
}

TEST_P(ExecuteTest, RefusesAnEventThatIsTooLarge) {
  DepositAll large;
  large.set_account("7");
  for (int i = 0; i < 10'001; ++i) large.add_amounts(1);
  EXPECT_THAT(app_->Execute(large), StatusIs(absl::StatusCode::kInvalidArgument));
  // The pending state that it left behind is gone.
  ASSERT_THAT(app_->Execute(DepositOf(3)), IsOk());
  EXPECT_EQ(BalanceOf(), 3);
}

TEST_P(ExecuteTest, ValidatesItsOptions) {
  const auto open = [this](absl::string_view field, auto change) {
    AppOptions options = options_;
    change(options);
    auto store = OpenMemoryStore();
    ASSERT_THAT(store, IsOk());
    const auto app = App::Open(*std::move(store), options, Aggregate<Account>());
    ASSERT_THAT(app, StatusIs(absl::StatusCode::kInvalidArgument));
    EXPECT_EQ(ErrorPayload<v1::InvalidField>(app.status())->field(), field);
  };
  open("reply_retention", [](AppOptions& o) { o.reply_retention = absl::ZeroDuration(); });
  open("reply_retention", [](AppOptions& o) { o.reply_retention = absl::InfiniteDuration(); });
  open("max_conflict_retries", [](AppOptions& o) { o.max_conflict_retries = -1; });
  open("max_conflict_retries", [](AppOptions& o) { o.max_conflict_retries = 1001; });
  open("cached_states", [](AppOptions& o) { o.cached_states = 100'000'001; });
  open("producer", [](AppOptions& o) { o.producer = std::string(257, 'p'); });
}

TEST_P(ExecuteTest, RefusesTwoAggregatesOfOneCategory) {
  auto store = OpenMemoryStore();
  ASSERT_THAT(store, IsOk());
  const auto app =
      App::Open(*std::move(store), options_, Aggregate<Account>(), Aggregate<Account>());
  EXPECT_THAT(app, StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("account")));
}

TEST_P(ExecuteTest, IsRefusedAfterClose) {
  ASSERT_THAT(app_->Execute(DepositOf(3)), IsOk());
  app_->Close();
  EXPECT_THAT(app_->Execute(DepositOf(3)), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(app_->Load<Account>("7"), StatusIs(absl::StatusCode::kUnavailable));
  absl::Status status;
  app_->ExecuteAsync(DepositOf(3), {}, [&](auto reply) { status = reply.status(); });
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kUnavailable));
  app_->Close();
  Reopen();
  EXPECT_EQ(BalanceOf(), 3);
}

TEST_P(ExecuteTest, AnswersFromInlineViewsAtOnce) {
  ReopenWith(Inline<Balances>(), Aggregate<Account>());
  const auto done = app_->Execute(DepositOf(10));
  ASSERT_THAT(done, IsOk());
  const auto row = app_->Get<Balances>("7", {.at_least = done->token});
  ASSERT_THAT(row, IsOk());
  EXPECT_EQ(row->amount(), 10);
}

TEST_P(ExecuteTest, IsRefusedByAnInlineView) {
  ReopenWith(Inline<Balances>(), Aggregate<Account>());
  const auto before = app_->Execute(DepositOf(10));
  ASSERT_THAT(before, IsOk());
  ASSERT_THAT(app_->Get<Balances>("7", {.at_least = before->token}), IsOk());
  EXPECT_THAT(app_->Execute(DepositOf(666), WithId(1)), StatusIs(absl::StatusCode::kOutOfRange));
  ASSERT_THAT(app_->Execute(WithdrawOf(10)), IsOk());
  EXPECT_THAT(History(), ElementsAre("Deposited 10", "Withdrawn 10"));
  EXPECT_THAT(app_->Execute(WithdrawOf(1)), Rejects<InsufficientFunds>({.missing = 1}));
}

}  // namespace
}  // namespace daybook
