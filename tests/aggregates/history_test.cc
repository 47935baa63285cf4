// The past: states and rows as of every version and position, why they are so, and since when.
#include <map>
#include <random>

#include "app_fixture.h"
#include "daybook/core/stream_name.h"
#include "daybook/testkit/proto_matchers.h"

namespace daybook {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// The same view, behind the commits and under another name.
struct AsyncBalances : Balances {
  static constexpr absl::string_view kName = "AsyncBalance";
};

class HistoryTest : public AppTest {
 protected:
  void SetUp() override {
    ReopenWith(Aggregate<Account>(), Inline<Balances>(), Async<AsyncBalances>());
  }

  // Every event of the log, with the account's state after each.
  struct Past {
    Position position;
    std::string account;
    uint64_t version;
    absl::Time time;
    AccountState state;
  };
  std::vector<Past> FoldedByHand() {
    std::vector<Past> past;
    std::map<std::string, AccountState> states;
    ReadLogOptions options;
    options.limit = 1'000'000;
    const auto batch = app_->store().Reader()->ReadLog(options);
    EXPECT_THAT(batch, IsOk());
    for (const RecordedEvent& event : *batch) {
      const std::string account(KeyOf(event.stream));
      AccountState& state = states[account];
      if (event.type == MessageTraits<Deposited>::kTypeName) {
        Account::Evolve(state, Decode<Deposited>(event));
      } else {
        Account::Evolve(state, Decode<Withdrawn>(event));
      }
      past.push_back({event.position, account, event.version, event.recorded_time, state});
    }
    return past;
  }

  void ExecuteAtRandom(std::mt19937_64& random, int commands) {
    for (int i = 0; i < commands; ++i) {
      const std::string account = std::to_string(random() % 3);
      const auto amount = static_cast<int64_t>(random() % 40 + 1);
      if (random() % 3 == 0) clock_.Advance(absl::Milliseconds(random() % 5));
      // A withdrawal may be rejected: then nothing happens.
      const auto reply = random() % 3 == 0 ? app_->Execute(WithdrawOf(amount, account))
                                           : app_->Execute(DepositOf(amount, account));
      if (!reply.ok()) {
        ASSERT_THAT(reply, StatusIs(absl::StatusCode::kFailedPrecondition));
      }
    }
  }
};
INSTANTIATE_TEST_SUITE_P(Disks, HistoryTest, testing::ValuesIn(DiskKinds()), DiskKindName);

TEST_P(HistoryTest, EveryMomentIsTheFoldOfItsPrefix) {
  const int given = testing::UnitTest::GetInstance()->random_seed();
  const uint64_t seed = given != 0 ? given : 20'260'301;
  SCOPED_TRACE(absl::StrCat("seed ", seed, " (--gtest_random_seed)"));
  std::mt19937_64 random(seed);
  ExecuteAtRandom(random, 150);  // with snapshots: one each ten events
  ASSERT_FALSE(HasFatalFailure());

  const std::vector<Past> past = FoldedByHand();
  ASSERT_GT(past.size(), 60u);
  std::map<std::string, const Past*> now;
  for (size_t i = 0; i < past.size(); ++i) {
    const Past& at = past[i];
    now[at.account] = &at;
    //! [then]
    const auto by_version = app_->LoadAt<Account>(at.account, Version{at.version});
    //! [then]
    ASSERT_THAT(by_version, IsOk());
    EXPECT_EQ(by_version->version, at.version);
    EXPECT_THAT(by_version->state, EqualsProto(at.state));
    for (const auto& [account, last] : now) {
      const auto by_position = app_->LoadAt<Account>(account, at.position);
      ASSERT_THAT(by_position, IsOk());
      EXPECT_EQ(by_position->version, last->version);
      EXPECT_THAT(by_position->state, EqualsProto(last->state));
      //! [row]
      const auto row = app_->GetAt<Balances>(account, at.position);
      //! [row]
      ASSERT_THAT(row, IsOk());
      EXPECT_EQ(row->amount(), last->state.balance());
      const auto behind = app_->GetAt<AsyncBalances>(account, at.position);
      ASSERT_THAT(behind, IsOk());
      EXPECT_EQ(behind->amount(), last->state.balance());
    }
    // As of a time, all that was recorded then is there.
    if (i + 1 < past.size() && past[i + 1].time == at.time) continue;
    for (const auto& [account, last] : now) {
      const auto by_time = app_->LoadAt<Account>(account, at.time);
      ASSERT_THAT(by_time, IsOk());
      EXPECT_EQ(by_time->version, last->version);
      const auto row = app_->GetAt<Balances>(account, at.time);
      ASSERT_THAT(row, IsOk());
      EXPECT_EQ(row->amount(), last->state.balance());
    }
  }
  const Token tip(app_->store().Tip());
  for (const auto& [account, last] : now) {
    EXPECT_EQ(app_->Get<Balances>(account, {.at_least = tip})->amount(), last->state.balance());
    EXPECT_EQ(app_->Get<AsyncBalances>(account, {.at_least = tip})->amount(),
              last->state.balance());
  }
}

TEST_P(HistoryTest, WhyIsEveryStepToTheRowAndTheState) {
  const uint64_t seed = testing::UnitTest::GetInstance()->random_seed() + 7;
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937_64 random(seed);
  ExecuteAtRandom(random, 60);
  ASSERT_FALSE(HasFatalFailure());

  std::map<std::string, std::vector<Past>> past;
  for (Past& at : FoldedByHand()) past[at.account].push_back(std::move(at));
  for (const auto& [account, steps] : past) {
    const auto states = app_->Why<Account>(account);
    const auto rows = app_->Why<Balances>(account);
    ASSERT_THAT(states, IsOkAndHolds(SizeIs(steps.size())));
    ASSERT_THAT(rows, IsOkAndHolds(SizeIs(steps.size())));
    for (size_t i = 0; i < steps.size(); ++i) {
      EXPECT_EQ((*states)[i].event.position, steps[i].position);
      EXPECT_EQ((*states)[i].event.version, steps[i].version);
      EXPECT_THAT((*states)[i].after, testing::Optional(EqualsProto(steps[i].state)));
      EXPECT_EQ((*rows)[i].event.position, steps[i].position);
      ASSERT_TRUE((*rows)[i].after.has_value());
      EXPECT_EQ((*rows)[i].after->amount(), steps[i].state.balance());
      EXPECT_EQ((*rows)[i].before.has_value(), i > 0);
      EXPECT_EQ((*rows)[i].before.value_or(bank::Balance()).amount(),
                i > 0 ? steps[i - 1].state.balance() : 0);
    }
  }
}

TEST_P(HistoryTest, WhyNamesTheCommandAndWhoAskedForIt) {
  ASSERT_THAT(app_->Execute(DepositOf(10), {.command_id = Uuid::Derive("a"), .actor = "ann"}),
              IsOk());
  ASSERT_THAT(app_->Execute(DepositOf(5), {.command_id = Uuid::Derive("b"), .actor = "bob"}),
              IsOk());
  const auto why = app_->Why<Balances>("7");
  ASSERT_THAT(why, IsOkAndHolds(SizeIs(2)));
  const EventHeader& event = why->back().event;
  EXPECT_EQ(event.stream, "account-7");
  EXPECT_EQ(event.version, 1u);
  EXPECT_EQ(event.type, MessageTraits<Deposited>::kTypeName);
  EXPECT_EQ(event.metadata.command_id, Uuid::Derive("b"));
  EXPECT_EQ(event.metadata.actor, "bob");

  const auto newest = app_->Why<Balances>("7", {.last = 1});
  ASSERT_THAT(newest, IsOkAndHolds(SizeIs(1)));
  EXPECT_EQ(newest->front().before->amount(), 10);
  const auto earlier = app_->Why<Balances>("7", {.until = Position(1)});
  ASSERT_THAT(earlier, IsOkAndHolds(SizeIs(1)));
  EXPECT_EQ(earlier->front().after->amount(), 10);
  EXPECT_THAT(app_->Why<Balances>("8"), IsOkAndHolds(IsEmpty()));
  EXPECT_THAT(app_->Why<Balances>("7", {.last = 0}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("last")));
  EXPECT_THAT(app_->Why<Account>("7", {.until = Position(3)}),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("the log ends at 2")));
}

TEST_P(HistoryTest, BisectFindsTheFirstEventAfterWhichItHolds) {
  for (const int64_t amount : {10, 50, 5}) ASSERT_THAT(app_->Execute(DepositOf(amount)), IsOk());
  ASSERT_THAT(app_->Execute(WithdrawOf(40)), IsOk());
  ASSERT_THAT(app_->Execute(DepositOf(40)), IsOk());
  // It holds, no longer, and again: the first is found.
  //! [bisect]
  const auto row =
      app_->Bisect<Balances>("7", [](const bank::Balance& b) { return b.amount() > 50; });
  //! [bisect]
  ASSERT_THAT(row, IsOk());
  ASSERT_TRUE(row->has_value());
  EXPECT_EQ((*row)->event.version, 1u);
  EXPECT_EQ((*row)->before->amount(), 10);
  EXPECT_EQ((*row)->after->amount(), 60);
  const auto state =
      app_->Bisect<Account>("7", [](const AccountState& s) { return s.amounts_size() == 4; });
  ASSERT_THAT(state, IsOk());
  ASSERT_TRUE(state->has_value());
  EXPECT_EQ((*state)->event.version, 3u);
  const auto never = app_->Bisect<Balances>("7", [](const bank::Balance&) { return false; });
  ASSERT_THAT(never, IsOk());
  EXPECT_FALSE(never->has_value());
}

TEST_P(HistoryTest, WhatIsBeyondTheEndIsNotFound) {
  ASSERT_THAT(app_->Execute(DepositOf(10)), IsOk());
  EXPECT_THAT(app_->LoadAt<Account>("7", Version{1}),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("its last one is 0")));
  EXPECT_THAT(app_->LoadAt<Account>("8", Version{0}),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("it has no events")));
  EXPECT_THAT(app_->LoadAt<Account>("7", Position(2)),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("the log ends at 1")));
  // That there is no such moment is told apart from that there was no row.
  const auto beyond = app_->GetAt<Balances>("7", Position(2));
  EXPECT_THAT(beyond, StatusIs(absl::StatusCode::kNotFound));
  const auto moment = ErrorPayload<v1::InvalidField>(beyond.status());
  ASSERT_TRUE(moment.has_value());
  EXPECT_EQ(moment->field(), "moment");
  EXPECT_EQ(moment->rule(), "must be at most 1");
  const auto absent = app_->GetAt<Balances>("8", Position(1));
  EXPECT_THAT(absent, StatusIs(absl::StatusCode::kNotFound, HasSubstr("no row \"8\"")));
  EXPECT_FALSE(ErrorPayload<v1::InvalidField>(absent.status()).has_value());
  // Before everything, there is nothing; the future is as far as we know it.
  const auto start = app_->LoadAt<Account>("7", Position::Start());
  ASSERT_THAT(start, IsOk());
  EXPECT_EQ(start->version, std::nullopt);
  EXPECT_EQ(app_->LoadAt<Account>("7", absl::InfinitePast())->version, std::nullopt);
  EXPECT_EQ(app_->LoadAt<Account>("7", absl::InfiniteFuture())->version, 0u);
  EXPECT_EQ(app_->GetAt<Balances>("7", absl::InfiniteFuture())->amount(), 10);
}

TEST_P(HistoryTest, ASnapshotIsUsedWhenItIsValidAndNotNewer) {
  for (int i = 1; i <= 25; ++i) ASSERT_THAT(app_->Execute(DepositOf(i)), IsOk());
  ASSERT_THAT(app_->FlushSnapshots(), IsOk());
  const uint64_t before = app_->Stats().snapshots.used;
  EXPECT_EQ(app_->LoadAt<Account>("7", Version{18})->state.amounts_size(), 19);
  EXPECT_EQ(app_->Stats().snapshots.used, before);  // the newest is of version 19
  EXPECT_EQ(app_->LoadAt<Account>("7", Version{19})->state.amounts_size(), 20);
  EXPECT_EQ(app_->LoadAt<Account>("7", Version{22})->state.amounts_size(), 23);
  EXPECT_EQ(app_->Stats().snapshots.used, before + 2);
  ReopenWith(Aggregate<RevisedAccount>());
  EXPECT_EQ(app_->LoadAt<RevisedAccount>("7", Version{22})->state.amounts_size(), 23);
  EXPECT_EQ(app_->Stats().snapshots.used, 0u);
  EXPECT_EQ(app_->Stats().snapshots.stale, 1u);
}

TEST_P(HistoryTest, AClosedApplicationHasNoPast) {
  ASSERT_THAT(app_->Execute(DepositOf(10)), IsOk());
  app_->Close();
  const auto unavailable = StatusIs(absl::StatusCode::kUnavailable);
  EXPECT_THAT(app_->LoadAt<Account>("7", Version{0}), unavailable);
  EXPECT_THAT(app_->GetAt<Balances>("7", Position(1)), unavailable);
  EXPECT_THAT(app_->Why<Balances>("7"), unavailable);
  EXPECT_THAT(app_->Bisect<Account>("7", [](const AccountState&) { return true; }), unavailable);
}

TEST_P(HistoryTest, AnEventOfNoAggregateIsDamage) {
  ASSERT_THAT(app_->Execute(DepositOf(10)), IsOk());
  Event stray;
  stray.type = "stray";
  ASSERT_THAT(app_->store().Append("account-7", ExpectedVersion::Any(), {stray}), IsOk());
  EXPECT_THAT(app_->LoadAt<Account>("7", Version{0}), IsOk());
  EXPECT_THAT(app_->LoadAt<Account>("7", Version{1}),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("position 2")));
  EXPECT_THAT(app_->Why<Account>("7"), StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_THAT(app_->Why<Balances>("7"), IsOkAndHolds(SizeIs(1)));  // views pass it over
}

}  // namespace
}  // namespace daybook
