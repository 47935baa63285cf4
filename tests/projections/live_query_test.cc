// Those who watch views: the rows there are, what becomes of them, and where they go on.
#include "daybook/projections/live_query.h"

#include <string>
#include <thread>

#include "daybook/core/errors.h"
#include "daybook/v1/errors.pb.h"
#include "fragile.h"
#include "live_copy.h"
#include "views_test.h"

namespace daybook {
namespace {

using shop::AsyncBalances;
using shop::Balances;
using shop::Deposit;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class LiveQueries : public ViewsTest {
 protected:
  void SetUp() override {
    ViewsTest::SetUp();
    OpenBoth();
  }
  void OpenBoth() { OpenViews({Inline<Balances>(), Async<AsyncBalances>()}); }
  template <typename P>
  LiveQuery<P> Watch(const LiveQueryOptions& options = {}) {
    auto query = views_->Watch<P>(options);
    EXPECT_THAT(query, IsOk());
    return *std::move(query);
  }
  // Takes batches until the copy is as of all that was appended.
  template <typename P>
  void CatchUp(LiveQuery<P>& query, LiveCopy<P>* copy) {
    const Position tip = store_->Tip();
    do {
      ASSERT_TRUE(copy->TakeNext(query));
    } while (!copy->complete || copy->position < tip);
  }
  template <typename P>
  void RebuildAndWait() {
    auto rebuild = views_->Rebuild<P>();
    ASSERT_THAT(rebuild, IsOk());
    ASSERT_THAT(rebuild->Wait(absl::Seconds(30)), IsOk());
  }
  shop::Rows ByHand() { return shop::BalancesByHand(*store_->Reader()); }
};

// Calls `f` with each lifecycle's view.
template <typename F>
void ForBoth(F f) {
  f.template operator()<Balances>();
  f.template operator()<AsyncBalances>();
}

TEST_P(LiveQueries, RowsAndThenWhatBecomesOfThem) {
  ForBoth([&]<typename P>() {
    SCOPED_TRACE(P::kName);
    Append("account-a", {Deposit(1)});
    Append("account-b", {Deposit(2)});
    ASSERT_THAT(views_->Get<P>("b", {.at_least = Tip()}), IsOk());
    LiveQuery<P> query = Watch<P>();
    LiveCopy<P> copy;
    ASSERT_TRUE(copy.TakeNext(query, absl::ZeroDuration()));
    EXPECT_EQ(copy.last.size(), ByHand().size());
    EXPECT_EQ(copy.rows, ByHand());
    EXPECT_EQ(copy.resets, 1);

    ASSERT_TRUE(copy.TakeNext(query, absl::ZeroDuration()));
    EXPECT_THAT(copy.last, IsEmpty());

    Append("account-a", {Deposit(3), Deposit(4)});
    CatchUp(query, &copy);
    EXPECT_EQ(copy.rows, ByHand());
    Append("account-b", {shop::Close()});
    Append("account-c", {Deposit(5)});
    CatchUp(query, &copy);
    EXPECT_EQ(copy.rows, ByHand());
    EXPECT_EQ(copy.rows.count("b"), 0u);
    EXPECT_EQ(copy.resets, 1);
  });
}

TEST_P(LiveQueries, OnlyRowsThatAnEventConcerns) {
  Append("account-a", {Deposit(1)});
  Append("account-b", {Deposit(2)});
  LiveQuery<Balances> query = Watch<Balances>();
  LiveCopy<Balances> copy;
  CatchUp(query, &copy);
  Append("account-b", {Deposit(2), Deposit(3), Deposit(4)});
  ASSERT_TRUE(copy.TakeNext(query));
  EXPECT_THAT(copy.last, ElementsAre("b"));
  EXPECT_EQ(copy.position, store_->Tip());
  // The view ignores it.
  Append("account-a", {shop::View()});
  ASSERT_TRUE(copy.TakeNext(query, absl::Milliseconds(1)));
  EXPECT_THAT(copy.last, IsEmpty());
  EXPECT_EQ(copy.position, store_->Tip());
  EXPECT_EQ(copy.resets, 1);
}

TEST_P(LiveQueries, WaitForTheNextChange) {
  ForBoth([&]<typename P>() {
    SCOPED_TRACE(P::kName);
    LiveQuery<P> query = Watch<P>();
    LiveCopy<P> copy;
    CatchUp(query, &copy);
    std::thread other([&] {
      for (int i = 0; i < 20; ++i) Append("account-x", {shop::View()});
      Append("account-x", {Deposit(1)});
    });
    ASSERT_TRUE(copy.TakeNext(query));
    EXPECT_THAT(copy.last, ElementsAre("x"));
    other.join();
  });
}

TEST_P(LiveQueries, ARangeOfRows) {
  for (const char* account : {"a", "ab", "ac", "b"}) {
    Append(absl::StrCat("account-", account), {Deposit(1)});
  }
  LiveQuery<Balances> query = Watch<Balances>({.from = "ab", .until = "b", .prefix = "a"});
  LiveCopy<Balances> copy;
  CatchUp(query, &copy);
  EXPECT_THAT(copy.last, ElementsAre("ab", "ac"));
  for (const char* account : {"a", "ab", "abc", "b"}) {
    Append(absl::StrCat("account-", account), {Deposit(1)});
  }
  ASSERT_TRUE(copy.TakeNext(query));
  EXPECT_THAT(copy.last, ElementsAre("ab", "abc"));
  LiveQuery<Balances> nothing = Watch<Balances>({.from = "b", .prefix = "a"});
  LiveCopy<Balances> empty;
  ASSERT_TRUE(empty.TakeNext(nothing));
  EXPECT_TRUE(empty.complete);
  EXPECT_THAT(empty.rows, IsEmpty());
}

TEST_P(LiveQueries, BatchesOfOneMoment) {
  for (int i = 10; i < 35; ++i) Append(absl::StrCat("account-", i), {Deposit(i)});
  LiveQuery<Balances> query = Watch<Balances>({.batch_rows = 10});
  LiveCopy<Balances> copy;
  const shop::Rows before = ByHand();
  ASSERT_TRUE(copy.TakeNext(query));
  EXPECT_EQ(copy.last.size(), 10u);
  EXPECT_FALSE(copy.complete);
  EXPECT_THAT(copy.resume, IsEmpty());
  // They are as of the first batch's moment, whatever comes meanwhile.
  Append("account-34", {Deposit(1)});
  Append("account-99", {Deposit(1)});
  ASSERT_TRUE(copy.TakeNext(query));
  EXPECT_FALSE(copy.complete);
  ASSERT_TRUE(copy.TakeNext(query));
  EXPECT_TRUE(copy.complete);
  EXPECT_EQ(copy.last.size(), 5u);
  EXPECT_EQ(copy.rows, before);
  ASSERT_TRUE(copy.TakeNext(query));
  EXPECT_THAT(copy.last, ElementsAre("34", "99"));

  // The same of changes; who was told a part of them is told all of them again.
  for (int i = 10; i < 35; ++i) Append(absl::StrCat("account-", i), {shop::Close()});
  ASSERT_TRUE(copy.TakeNext(query));
  EXPECT_FALSE(copy.complete);
  EXPECT_EQ(copy.rows.size(), 16u);
  LiveQuery<Balances> again = Watch<Balances>({.batch_rows = 20, .resume = copy.resume});
  ASSERT_TRUE(copy.TakeNext(again));
  EXPECT_EQ(copy.last.size(), 20u);
  ASSERT_TRUE(copy.TakeNext(again));
  EXPECT_TRUE(copy.complete);
  EXPECT_EQ(copy.rows, ByHand());
  EXPECT_EQ(copy.resets, 1);
}

TEST_P(LiveQueries, AFullBatchMayBeTheLast) {
  for (int i = 0; i < 4; ++i) Append(absl::StrCat("account-", i), {Deposit(i)});
  LiveQuery<Balances> query = Watch<Balances>({.batch_rows = 4});
  LiveCopy<Balances> copy;
  ASSERT_TRUE(copy.TakeNext(query));
  EXPECT_TRUE(copy.complete);
  EXPECT_EQ(copy.rows, ByHand());
}

TEST_P(LiveQueries, GoOnAfterARestart) {
  ForBoth([&]<typename P>() {
    SCOPED_TRACE(P::kName);
    for (const char* account : {"a", "b", "c"}) {
      Append(absl::StrCat("account-", account), {Deposit(1)});
    }
    LiveCopy<P> copy;
    {
      LiveQuery<P> query = Watch<P>();
      CatchUp(query, &copy);
    }
    Append("account-a", {Deposit(1)});
    Restart();
    Append("account-b", {shop::Close()});
    OpenBoth();
    LiveQuery<P> query = Watch<P>({.resume = copy.resume});
    CatchUp(query, &copy);
    EXPECT_EQ(copy.rows, ByHand());
    EXPECT_EQ(copy.rows.count("b"), 0u);
    EXPECT_EQ(copy.resets, 1);
  });
}

TEST_P(LiveQueries, BeginAnewWhenAnotherBuildHasTakenOver) {
  ForBoth([&]<typename P>() {
    SCOPED_TRACE(P::kName);
    Append("account-a", {Deposit(1)});
    LiveQuery<P> query = Watch<P>();
    LiveCopy<P> copy;
    CatchUp(query, &copy);
    RebuildAndWait<P>();
    ASSERT_TRUE(copy.TakeNext(query));
    EXPECT_EQ(copy.resets, 2);
    EXPECT_EQ(copy.rows, ByHand());
  });
}

TEST_P(LiveQueries, AreToldWhileTheyWaitThatAnotherBuildHasTakenOver) {
  ForBoth([&]<typename P>() {
    SCOPED_TRACE(P::kName);
    Append("account-a", {Deposit(1)});
    LiveQuery<P> query = Watch<P>();
    LiveCopy<P> copy;
    CatchUp(query, &copy);
    std::thread other([this] { RebuildAndWait<P>(); });
    ASSERT_TRUE(copy.TakeNext(query, absl::Minutes(5)));
    other.join();
    EXPECT_EQ(copy.resets, 2);
    EXPECT_EQ(copy.rows, ByHand());
  });
}

TEST_P(LiveQueries, AFailedNextLosesNothing) {
  const auto table = store_->OpenTable("view/Balance/1");
  ASSERT_THAT(table, IsOk());
  const auto put = [&](const std::string& key, const std::string& row) {
    Commit commit;
    commit.writes.push_back({*table, key, row});
    ASSERT_THAT(store_->Append(std::move(commit)), IsOk());
  };
  for (const char* account : {"a", "b", "c", "d"}) {
    Append(absl::StrCat("account-", account), {Deposit(1)});
  }
  for (const size_t batch_rows : {2, 10}) {
    SCOPED_TRACE(absl::StrCat("batches of ", batch_rows));
    const std::string before = ByHand()["c"];
    put("c", "\xff");
    LiveQuery<Balances> query = Watch<Balances>({.batch_rows = batch_rows});
    LiveCopy<Balances> copy;
    for (int i = 0; i < 2; ++i) {
      auto batch = query.Next(absl::ZeroDuration());
      while (batch.ok()) {
        copy.Take(*batch);
        EXPECT_FALSE(copy.complete);
        batch = query.Next(absl::ZeroDuration());
      }
      EXPECT_THAT(batch, StatusIs(absl::StatusCode::kDataLoss));
    }
    put("c", before);
    CatchUp(query, &copy);
    EXPECT_EQ(copy.rows, ByHand());

    // Of rows that changed.
    for (const char* account : {"a", "b", "c", "d"}) {
      Append(absl::StrCat("account-", account), {shop::View(), Deposit(0)});
    }
    const std::string now = ByHand()["c"];
    put("c", "\xff");
    auto batch = query.Next(absl::ZeroDuration());
    while (batch.ok()) {
      copy.Take(*batch);
      batch = query.Next(absl::ZeroDuration());
    }
    EXPECT_THAT(batch, StatusIs(absl::StatusCode::kDataLoss));
    put("c", now);
    const int resets = copy.resets;
    CatchUp(query, &copy);
    EXPECT_EQ(copy.rows, ByHand());
    EXPECT_EQ(copy.resets, resets);
  }
}

// Whoever was told that all rows come has thrown his away.
TEST_P(LiveQueries, AFailureWhileAllRowsComeHasThemComeAgain) {
  for (const char* account : {"a", "b", "c", "d"}) {
    Append(absl::StrCat("account-", account), {Deposit(1)});
  }
  LiveQuery<Balances> query = Watch<Balances>({.batch_rows = 2});
  LiveCopy<Balances> copy;
  CatchUp(query, &copy);
  RebuildAndWait<Balances>();
  const auto table = store_->OpenTable("view/Balance/2");
  ASSERT_THAT(table, IsOk());
  const auto put = [&](const std::string& row) {
    Commit commit;
    commit.writes.push_back({*table, "c", row});
    ASSERT_THAT(store_->Append(std::move(commit)), IsOk());
  };
  const std::string before = ByHand()["c"];
  put("\xff");
  ASSERT_TRUE(copy.TakeNext(query));
  EXPECT_EQ(copy.resets, 2);
  EXPECT_FALSE(copy.complete);
  EXPECT_THAT(query.Next(absl::ZeroDuration()), StatusIs(absl::StatusCode::kDataLoss));
  put(before);
  // Although the build that answered before does so again.
  auto back = views_->Rollback<Balances>();
  ASSERT_THAT(back, IsOk());
  ASSERT_THAT(back->Wait(), IsOk());
  Append("account-a", {Deposit(1)});
  CatchUp(query, &copy);
  EXPECT_EQ(copy.resets, 3);
  EXPECT_EQ(copy.rows, ByHand());
}

TEST_P(LiveQueries, BeginAnewWhenParkedEventsWereReplayed) {
  FragileBalances::Break();
  OpenViews({Async<FragileBalances>(kParkAtOnce)});
  Append("account-a", {Deposit(13), Deposit(1)});
  Append("account-b", {Deposit(2)});
  ASSERT_THAT(views_->Range<FragileBalances>({.at_least = Tip()}), IsOk());
  LiveQuery<FragileBalances> query = Watch<FragileBalances>();
  LiveCopy<FragileBalances> copy;
  CatchUp(query, &copy);
  EXPECT_EQ(copy.rows.count("a"), 0u);
  // One more behind those that are held.
  Append("account-a", {Deposit(4)});
  CatchUp(query, &copy);
  EXPECT_EQ(copy.rows.count("a"), 0u);
  EXPECT_EQ(copy.resets, 1);

  FragileBalances::Mend();
  ASSERT_THAT(views_->ReplayParked(kBalances), IsOk());
  ASSERT_TRUE(copy.TakeNext(query, absl::ZeroDuration()));
  EXPECT_EQ(copy.resets, 2);
  EXPECT_EQ(copy.rows, ByHand());
  // And whoever goes on from before.
  ASSERT_TRUE(copy.TakeNext(query, absl::ZeroDuration()));
  EXPECT_EQ(copy.resets, 2);
}

TEST_P(LiveQueries, BeginAnewWhereTheLogIsAnother) {
  Append("account-a", {Deposit(1)});
  Append("account-b", {Deposit(2)});
  LiveCopy<Balances> copy;
  {
    LiveQuery<Balances> query = Watch<Balances>();
    CatchUp(query, &copy);
  }
  // As after a restore of a backup that lacks the last events, and then
  for (const int events : {1, 2, 3}) {
    SCOPED_TRACE(absl::StrCat(events, " events"));
    views_.reset();
    store_.reset();
    if (!path_.empty()) std::filesystem::remove_all(path_);
    OpenTheStore();
    OpenBoth();
    for (int i = 0; i < events; ++i) Append("account-c", {Deposit(9)});
    LiveQuery<Balances> query = Watch<Balances>({.resume = copy.resume});
    LiveCopy<Balances> other = copy;
    CatchUp(query, &other);
    EXPECT_EQ(other.resets, 2);
    EXPECT_EQ(other.rows, ByHand());
  }
}

TEST_P(LiveQueries, TheErrorOfAViewThatStoppedComesLast) {
  FragileBalances::Break();
  OpenViews({Async<FragileBalances>({.policy = FailurePolicy::kStop, .retry = {.attempts = 1}})});
  Append("account-a", {Deposit(1)});
  LiveQuery<FragileBalances> query = Watch<FragileBalances>();
  LiveCopy<FragileBalances> copy;
  CatchUp(query, &copy);
  Append("account-a", {Deposit(2)});
  const shop::Rows before = ByHand();
  Append("account-a", {Deposit(13)});
  absl::Status stopped;
  while (stopped.ok()) {
    const auto batch = query.Next(absl::Seconds(30));
    if (batch.ok()) copy.Take(*batch);
    stopped = batch.status();
  }
  EXPECT_THAT(stopped, StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("no 13")));
  EXPECT_EQ(copy.rows, before);
}

TEST_P(LiveQueries, SayWhatIsWrong) {
  const auto why = [](const auto& query, absl::string_view field) {
    EXPECT_THAT(query, StatusIs(absl::StatusCode::kInvalidArgument));
    const auto invalid = ErrorPayload<v1::InvalidField>(query.status());
    EXPECT_TRUE(invalid.has_value() && invalid->field() == field) << query.status();
    return invalid.has_value() ? invalid->rule() : "";
  };
  EXPECT_THAT(why(views_->Watch<shop::Labels>(), "view"), HasSubstr("registered"));
  EXPECT_THAT(why(views_->Watch("Nothing"), "view"), HasSubstr("Nothing is not"));
  EXPECT_EQ(why(views_->Watch<Balances>({.batch_rows = 0}), "batch_rows"), "at least 1");
  EXPECT_THAT(why(views_->Watch<Balances>({.resume = "1"}), "resume"), HasSubstr("damaged"));

  Append("account-a", {Deposit(1)});
  Append("account-b", {Deposit(1)});
  LiveQuery<Balances> query = Watch<Balances>();
  const auto batch = query.Next(absl::ZeroDuration());
  ASSERT_THAT(batch, IsOk());
  std::string damaged = batch->resume;
  damaged[damaged.size() / 2] ^= 1;
  EXPECT_THAT(why(views_->Watch<Balances>({.resume = damaged}), "resume"), HasSubstr("damaged"));
  EXPECT_THAT(why(views_->Watch<AsyncBalances>({.resume = batch->resume}), "resume"),
              HasSubstr("it is of view Balance, not of AsyncBalance"));
  EXPECT_THAT(why(views_->Watch<Balances>({.prefix = "a", .resume = batch->resume}), "resume"),
              HasSubstr("of another query"));
  const auto page = views_->Page<Balances>({.limit = 1});
  ASSERT_THAT(page, IsOk());
  EXPECT_THAT(why(views_->Watch<Balances>({.resume = page->next}), "resume"),
              HasSubstr("of another query"));
}

INSTANTIATE_TEST_SUITE_P(Stores, LiveQueries, testing::ValuesIn(StoreKinds()),
                         [](const auto& kind) { return std::string(kind.param.name); });

}  // namespace
}  // namespace daybook
