// Keys dealt out among threads, and dealt anew where some have most of the work.
#include "key_deal.h"

#include <set>
#include <thread>

#include "daybook/core/mutex.h"
#include "views_test.h"

namespace daybook {
namespace {

using internal::KeyDeal;

// The first `count` keys that are dealt to `part` of `parts` at first.
std::vector<std::string> KeysOf(size_t part, size_t parts, size_t count) {
  const KeyDeal deal(parts);
  std::vector<std::string> keys;
  for (int i = 0; keys.size() < count; ++i) {
    std::string key = absl::StrCat("key", i);
    if (deal.PartOf(key) == part) keys.push_back(std::move(key));
  }
  return keys;
}

// Each of `keys` `times` times, asked of every part.
void Work(KeyDeal* deal, const std::vector<std::string>& keys, int times) {
  for (int i = 0; i < times; ++i) {
    for (const std::string& key : keys) {
      size_t takers = 0;
      for (size_t part = 0; part < deal->parts(); ++part) takers += deal->Takes(part, key) ? 1 : 0;
      ASSERT_EQ(takers, 1u);
      ASSERT_TRUE(deal->Takes(deal->PartOf(key), key));
    }
  }
}

TEST(KeyDeal, EveryPartHasKeys) {
  for (const size_t parts : {1, 2, 3, 64}) {
    const KeyDeal deal(parts);
    std::set<size_t> seen;
    for (int i = 0; i < 10'000; ++i) seen.insert(deal.PartOf(absl::StrCat(i)));
    EXPECT_EQ(seen.size(), parts);
  }
}

TEST(KeyDeal, IsMadeAnewWhereOnePartHasMostOfTheWork) {
  KeyDeal deal(2);
  const std::vector<std::string> busy = KeysOf(0, 2, 8);
  Work(&deal, busy, 100);
  EXPECT_FALSE(deal.FindBetter());  // too little to tell
  Work(&deal, busy, 400);
  ASSERT_TRUE(deal.FindBetter());
  deal.Redeal();
  size_t of_first = 0;
  for (const std::string& key : busy) of_first += deal.PartOf(key) == 0 ? 1 : 0;
  // Two keys may be in one bucket, which is never divided.
  EXPECT_GE(of_first, 3u);
  EXPECT_LE(of_first, 5u);
  Work(&deal, busy, 400);
  EXPECT_FALSE(deal.FindBetter());
}

TEST(KeyDeal, StaysWhereNothingIsWon) {
  KeyDeal even(4);
  std::vector<std::string> keys;
  for (int i = 0; i < 4'000; ++i) keys.push_back(absl::StrCat(i));
  Work(&even, keys, 3);
  EXPECT_FALSE(even.FindBetter());
  KeyDeal one_key(4);
  Work(&one_key, {"hot"}, 10'000);
  EXPECT_FALSE(one_key.FindBetter());
}

// Tells which threads fold it.
struct ThreadedBalances : shop::AsyncBalances {
  static inline Mutex mutex;
  static inline std::set<std::thread::id> threads;
  using Balances::On;
  static void On(Row& row, const shop::Deposited& event) {
    {
      MutexLock lock(&mutex);
      threads.insert(std::this_thread::get_id());
    }
    Balances::On(row, event);
  }
};

using Redeal = ViewsTest;

TEST_P(Redeal, RowsThatMoveBetweenThreadsAreTheSameBytes) {
  const std::vector<std::string> busy = KeysOf(0, 2, 12);
  for (int i = 0; i < 40; ++i) {
    Commit commit;
    for (const std::string& key : busy) {
      std::vector<Event> events(50, shop::Deposit(i));
      if (i % 7 == 3) events.push_back(shop::Close());
      commit.appends.push_back(
          {absl::StrCat("account-", key), ExpectedVersion::Any(), std::move(events)});
    }
    ASSERT_THAT(store_->Append(std::move(commit)), IsOk());
  }
  ThreadedBalances::threads.clear();
  ProjectionOptions options;
  options.fold_workers = 2;
  options.flush_events = 4'000;
  OpenViews({Async<ThreadedBalances>()}, options);
  EXPECT_EQ(RowsOf<ThreadedBalances>(Tip()), shop::BalancesByHand(*store_->Reader()));
  // At first all of the keys are one thread's.
  EXPECT_EQ(ThreadedBalances::threads.size(), 2u);
}

INSTANTIATE_TEST_SUITE_P(Stores, Redeal, testing::ValuesIn(StoreKinds()),
                         [](const auto& kind) { return std::string(kind.param.name); });

}  // namespace
}  // namespace daybook
