#include "views_test.h"

#include <atomic>
#include <thread>

namespace daybook {
namespace {

using shop::AsyncBalances;
using shop::AsyncLabels;
using shop::Balances;
using shop::BalancesByHand;
using shop::Close;
using shop::Deposit;
using shop::Journal;
using shop::Labels;
using shop::LabelsByHand;
using shop::Note;
using shop::View;
using shop::Withdraw;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class Views : public ViewsTest {
 protected:
  // Keys of a range of balances, in its order.
  std::vector<std::string> Keys(const RangeOptions& options) {
    auto rows = views_->Range<Balances>(options);
    EXPECT_THAT(rows, IsOk());
    std::vector<std::string> keys;
    if (rows.ok()) {
      for (const auto& [key, row] : *rows) keys.push_back(key);
    }
    return keys;
  }
};

TEST_P(Views, AnInlineRowIsThereWithItsEvent) {
  OpenViews({Inline<Balances>()});
  const Token token = Append("account-7", {Deposit(30), Withdraw(10)});
  auto row = views_->Get<Balances>("7", {.at_least = token});
  ASSERT_THAT(row, IsOk());
  EXPECT_EQ(row->balance(), 20);
  EXPECT_EQ(row->events(), 2u);
  EXPECT_THAT(views_->Get<Balances>("8"), StatusIs(absl::StatusCode::kNotFound));
}

TEST_P(Views, AnAsyncRowIsThereForWhoWaits) {
  OpenViews({Async<Balances>()});
  for (int i = 1; i <= 50; ++i) {
    const Token token = Append("account-7", {Deposit(1)});
    auto row = views_->Get<Balances>("7", {.at_least = token});
    ASSERT_THAT(row, IsOk());
    EXPECT_EQ(row->balance(), i);
  }
  EXPECT_THAT(views_->Get<Balances>(
                  "7", {.at_least = Token(Position(1'000)), .timeout = absl::Milliseconds(10)}),
              StatusIs(absl::StatusCode::kDeadlineExceeded, HasSubstr("Balance")));
}

TEST_P(Views, InlineAsyncAndTheFoldByHandAreTheSameBytes) {
  OpenViews({Inline<Balances>(), Async<AsyncBalances>(), Inline<Labels>(), Async<AsyncLabels>()});
  constexpr int kWriters = 4;
  std::vector<std::thread> writers;
  for (int writer = 0; writer < kWriters; ++writer) {
    writers.emplace_back([&, writer] {
      for (int i = 0; i < 150; ++i) {
        const std::string account = absl::StrCat((writer + i) % 5);
        const std::string stream = absl::StrCat("account-", account);
        switch (i % 6) {
          case 0:
            Append(stream, {Deposit(i, {"red", absl::StrCat("l", i % 3)}), View()});
            break;
          case 1:
            Append(stream, {Withdraw(i % 7, "red")});
            break;
          case 2:
            Append(absl::StrCat("note-", writer), {Note(account, absl::StrCat("note ", i))});
            break;
          case 3:
            Append(stream, {Deposit(1), Deposit(2, {"red"}), Withdraw(1)});
            break;
          case 4:
            if (i % 24 == 4) Append(stream, {Close()});
            break;
          default:
            Append(stream, {View()});
        }
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  const auto reader = store_->Reader();
  const shop::Rows balances = BalancesByHand(*reader);
  EXPECT_THAT(balances, testing::Not(IsEmpty()));
  EXPECT_EQ(RowsOf<Balances>(Tip()), balances);
  EXPECT_EQ(RowsOf<AsyncBalances>(Tip()), balances);
  const shop::Rows labels = LabelsByHand(*reader);
  EXPECT_EQ(RowsOf<Labels>(Tip()), labels);
  EXPECT_EQ(RowsOf<AsyncLabels>(Tip()), labels);
}

TEST_P(Views, WhatAnInlineViewRefusesIsNotAppended) {
  OpenViews({Inline<Balances>(), Inline<Labels>()});
  Append("account-1", {Deposit(1'000, {"full"})});
  EXPECT_THAT(TryAppend("account-1", {Deposit(5), Deposit(1, {"full"})}),
              StatusIs(absl::StatusCode::kOutOfRange, HasSubstr("Label")));
  EXPECT_THAT(store_->Reader()->StreamVersion("account-1"),
              IsOkAndHolds(std::optional<uint64_t>(0)));
  // The rows of the other view went with it.
  EXPECT_EQ(views_->Get<Balances>("1")->balance(), 1'000);
  EXPECT_EQ(views_->Get<Labels>("full")->sum(), 1'000);
  // Nor is anything left of it for the next commit.
  Append("account-1", {Deposit(2)});
  EXPECT_EQ(views_->Get<Balances>("1")->balance(), 1'002);
}

TEST_P(Views, AnAsyncViewThatCannotTakeAnEventStopsThereAndSaysSo) {
  OpenViews({Async<AsyncLabels>({.policy = FailurePolicy::kStop}), Async<AsyncBalances>()});
  Append("account-1", {Deposit(50, {"a"})});
  const Token bad = Append("account-1", {Withdraw(13, "a")});
  const Token last = Append("account-1", {Deposit(1, {"a"})});
  EXPECT_THAT(views_->Get<AsyncLabels>("a", {.at_least = last}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("thirteen")));
  const ViewStatus status = StatusOf<AsyncLabels>();
  EXPECT_EQ(status.state, ViewState::kStopped);
  EXPECT_LT(status.checkpoint, bad.position());
  EXPECT_THAT(status.error, StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_EQ(views_->Get<AsyncLabels>("a")->sum(), 50);
  // The others go on.
  EXPECT_EQ(views_->Get<AsyncBalances>("1", {.at_least = last})->balance(), 38);
}

TEST_P(Views, KeysAreNoneOneOrSeveral) {
  OpenViews({Inline<Labels>()});
  Append("account-1", {Deposit(5, {"a", "b"}), Deposit(7), Withdraw(2, "b"), Withdraw(1)});
  EXPECT_EQ(views_->Get<Labels>("a")->sum(), 5);
  EXPECT_EQ(views_->Get<Labels>("b")->sum(), 3);
  EXPECT_THAT(RowsOf<Labels>(), SizeIs(2));
}

TEST_P(Views, ADeletedRowIsGoneUntilTheNextEvent) {
  OpenViews({Inline<Balances>(), Async<AsyncBalances>()});
  Append("account-1", {Deposit(5)});
  const Token closed = Append("account-1", {Close()});
  EXPECT_THAT(views_->Get<Balances>("1"), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(views_->Get<AsyncBalances>("1", {.at_least = closed}),
              StatusIs(absl::StatusCode::kNotFound));
  const Token again = Append("account-1", {Deposit(3)});
  EXPECT_EQ(views_->Get<Balances>("1")->balance(), 3);
  EXPECT_EQ(views_->Get<AsyncBalances>("1", {.at_least = again})->balance(), 3);
}

TEST_P(Views, RangesAndPrefixes) {
  OpenViews({Inline<Balances>()});
  for (const std::string key : {"b", "a", "ab", "abc", "c"}) {
    Append(absl::StrCat("account-", key), {Deposit(1)});
  }
  EXPECT_THAT(Keys({}), ElementsAre("a", "ab", "abc", "b", "c"));
  EXPECT_THAT(Keys({.from = "ab", .until = "b"}), ElementsAre("ab", "abc"));
  EXPECT_THAT(Keys({.prefix = "ab"}), ElementsAre("ab", "abc"));
  EXPECT_THAT(Keys({.limit = 2}), ElementsAre("a", "ab"));
  EXPECT_THAT(Keys({.from = "d"}), IsEmpty());
  EXPECT_THAT(Keys({.prefix = "x"}), IsEmpty());
  const Direction backwards = Direction::kBackwards;
  EXPECT_THAT(Keys({.limit = 2, .direction = backwards}), ElementsAre("c", "b"));
  EXPECT_THAT(Keys({.prefix = "ab", .direction = backwards}), ElementsAre("abc", "ab"));
  EXPECT_THAT(Keys({.from = "ab", .until = "b", .limit = 1, .direction = backwards}),
              ElementsAre("abc"));
}

TEST_P(Views, TheContextTellsTheEvent) {
  OpenViews({Inline<Journal>()});
  Append("account-1", {View(), Deposit(4)});
  auto row = views_->Get<Journal>(Journal::KeyOf(Position(2)));
  ASSERT_THAT(row, IsOk());
  EXPECT_EQ(row->stream(), "account-1");
  EXPECT_EQ(row->version(), 1u);
  EXPECT_EQ(row->amount(), 4);
}

TEST_P(Views, ANewInlineViewCatchesUpAndIsPromoted) {
  for (int i = 0; i < 500; ++i) Append(absl::StrCat("account-", i % 9), {Deposit(i)});
  OpenViews({Inline<Balances>()});
  const Token token = Append("account-1", {Deposit(1)});
  EXPECT_EQ(RowsOf<Balances>(token), BalancesByHand(*store_->Reader()));
  while (StatusOf<Balances>().state != ViewState::kPromoted) {
    Append("account-2", {Deposit(1)});
    ASSERT_EQ(RowsOf<Balances>(Tip()), BalancesByHand(*store_->Reader()));
  }
  EXPECT_EQ(StatusOf<Balances>().checkpoint, store_->Tip());
}

TEST_P(Views, ViewsGoOnAfterARestart) {
  for (int round = 0; round < 3; ++round) {
    OpenViews({Inline<Balances>(), Async<AsyncBalances>()});
    Append("account-1", {Deposit(1)});
    Append("account-2", {Deposit(2)});
    Restart();
  }
  OpenViews({Inline<Balances>(), Async<AsyncBalances>()});
  const shop::Rows expected = BalancesByHand(*store_->Reader());
  EXPECT_EQ(RowsOf<Balances>(Tip()), expected);
  EXPECT_EQ(RowsOf<AsyncBalances>(Tip()), expected);
}

TEST_P(Views, AViewThatWasLeftOutMissesNothing) {
  OpenViews({Inline<Balances>()});
  Append("account-1", {Deposit(1)});
  Restart();
  OpenViews({Inline<Labels>()});
  Append("account-1", {Deposit(2)});
  Restart();
  OpenViews({Inline<Balances>(), Inline<Labels>()});
  EXPECT_EQ(RowsOf<Balances>(Tip()), BalancesByHand(*store_->Reader()));
  EXPECT_EQ(RowsOf<Labels>(Tip()), LabelsByHand(*store_->Reader()));
}

TEST_P(Views, ManyRowsFitIntoLittleMemory) {
  ProjectionOptions options;
  options.row_cache_bytes = size_t{64} << 10;
  OpenViews({Async<Balances>()}, options);
  for (int i = 0; i < 40; ++i) {
    Commit commit;
    for (int j = 0; j < 250; ++j) {
      commit.appends.push_back(
          {absl::StrCat("account-", (i * 131 + j) % 3'000), ExpectedVersion::Any(), {Deposit(j)}});
    }
    ASSERT_THAT(store_->Append(std::move(commit)), IsOk());
  }
  EXPECT_EQ(RowsOf<Balances>(Tip()), BalancesByHand(*store_->Reader()));
}

TEST_P(Views, StatusTellsTheLag) {
  OpenViews({Inline<Balances>(), Async<AsyncBalances>()});
  const Token token = Append("account-1", {Deposit(1)});
  ASSERT_THAT(views_->Get<AsyncBalances>("1", {.at_least = token}), IsOk());
  const ViewStatus status = StatusOf<AsyncBalances>();
  EXPECT_EQ(status.name, "AsyncBalance");
  EXPECT_EQ(status.lifecycle, Lifecycle::kAsync);
  EXPECT_EQ(status.checkpoint, token.position());
  EXPECT_THAT(status.error, IsOk());
  EXPECT_THAT(views_->Status(), IsOkAndHolds(SizeIs(2)));
  EXPECT_FALSE(views_->StatusOf<Labels>().ok());
}

INSTANTIATE_TEST_SUITE_P(Stores, Views, testing::ValuesIn(StoreKinds()),
                         [](const auto& kind) { return std::string(kind.param.name); });

}  // namespace
}  // namespace daybook
