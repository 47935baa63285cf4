// Where streams end, as each reader sees it: what is kept for the newest must not leak to those
// that stand before it.
#include "stream_heads.h"

#include <atomic>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "daybook/core/open.h"
#include "daybook/testkit/status_matchers.h"
#include "gmock/gmock.h"

namespace daybook::internal {
namespace {

using Heads = std::map<std::string, uint64_t>;

std::unique_ptr<EventStore> Open(size_t entries) {
  StoreOptions options;
  options.stream_cache_entries = entries;
  auto store = OpenMemoryStore(options);
  EXPECT_THAT(store, IsOk());
  return *std::move(store);
}

absl::StatusOr<AppendResult> AppendTo(EventStore& store, const std::string& stream, size_t events) {
  std::vector<Event> list(events);
  for (Event& event : list) event.type = "Noted";
  return store.Append(stream, ExpectedVersion::Any(), std::move(list));
}

void ExpectHeads(const StoreReader& reader, const Heads& heads, size_t streams) {
  for (size_t i = 0; i < streams; ++i) {
    const std::string stream = absl::StrCat("s-", i);
    const auto version = reader.StreamVersion(stream);
    ASSERT_THAT(version, IsOk());
    const auto expected = heads.find(stream);
    if (expected == heads.end()) {
      EXPECT_EQ(*version, std::nullopt) << stream;
      EXPECT_THAT(reader.ReadStream(stream), StatusIs(absl::StatusCode::kNotFound)) << stream;
      continue;
    }
    EXPECT_EQ(*version, expected->second) << stream;
    const auto events = reader.ReadStream(stream);
    ASSERT_THAT(events, IsOk());
    EXPECT_EQ(events->size(), expected->second + 1) << stream;
  }
}

TEST(StreamHeads, WhatWasReadIsTakenUnlessItMayBeOld) {
  StreamHeads heads(/*capacity=*/16);
  EXPECT_FALSE(heads.Find("a").has_value());
  heads.Offer("a", {.id = 1, .version = 2, .sequence = 10}, /*tip=*/12);
  ASSERT_TRUE(heads.Find("a").has_value());
  EXPECT_EQ(heads.Find("a")->version, 2u);
  heads.Put("a", {.id = 1, .version = 3, .sequence = 13});
  heads.Offer("a", {.id = 1, .version = 2, .sequence = 10}, /*tip=*/12);
  EXPECT_EQ(heads.Find("a")->version, 3u);
  // So many that it is forgotten.
  for (uint64_t i = 0; i < 1000; ++i) {
    heads.Put(absl::StrCat("b", i), {.id = 2 + i, .version = 0, .sequence = 14 + i});
  }
  ASSERT_FALSE(heads.Find("a").has_value());
  heads.Offer("a", {.id = 1, .version = 2, .sequence = 10}, /*tip=*/12);
  EXPECT_FALSE(heads.Find("a").has_value());
  heads.Offer("a", {.id = 1, .version = 3, .sequence = 13}, /*tip=*/1013);
  ASSERT_TRUE(heads.Find("a").has_value());
  EXPECT_EQ(heads.Find("a")->version, 3u);
}

TEST(StreamHeads, EachReaderSeesThoseOfItsTip) {
  const int given = testing::UnitTest::GetInstance()->random_seed();
  const uint64_t seed = given != 0 ? given : 2'026;
  SCOPED_TRACE(absl::StrCat("seed ", seed, " (--gtest_random_seed)"));
  std::mt19937_64 random(seed);
  constexpr size_t kStreams = 60;
  for (const size_t entries : {size_t{1}, size_t{16}, size_t{64}, size_t{100'000}}) {
    SCOPED_TRACE(absl::StrCat(entries, " entries"));
    const auto store = Open(entries);
    Heads heads;
    std::vector<std::pair<std::shared_ptr<const StoreReader>, Heads>> readers;
    for (int step = 0; step < 400 && !testing::Test::HasFailure(); ++step) {
      for (size_t n = random() % 4; n > 0; --n) {
        const std::string stream = absl::StrCat("s-", random() % kStreams);
        const auto result = AppendTo(*store, stream, random() % 3 + 1);
        ASSERT_THAT(result, IsOk());
        heads[stream] = result->streams.front().last_version;
      }
      if (random() % 8 == 0) readers.emplace_back(store->Reader(), heads);
      if (readers.size() > 4) readers.erase(readers.begin() + random() % readers.size());
      if (random() % 4 == 0) ExpectHeads(*store->Reader(), heads, kStreams);
      if (!readers.empty() && random() % 4 == 0) {
        const auto& [reader, then] = readers[random() % readers.size()];
        ExpectHeads(*reader, then, kStreams);
      }
    }
  }
}

// Versions never go back, and none is seen before its reader's tip.
TEST(StreamHeads, WhileOthersAppend) {
  const auto store = Open(/*entries=*/32);
  constexpr size_t kStreams = 50;
  std::atomic<bool> stop{false};
  std::vector<std::thread> readers;
  for (int i = 0; i < 2; ++i) {
    readers.emplace_back([&, i] {
      std::mt19937_64 random(i);
      std::map<std::string, uint64_t> seen;
      while (!stop.load()) {
        const auto reader = store->Reader();
        const std::string stream = absl::StrCat("s-", random() % kStreams);
        const auto version = reader->StreamVersion(stream);
        ASSERT_THAT(version, IsOk());
        const uint64_t events = version->has_value() ? **version + 1 : 0;
        EXPECT_GE(events, seen[stream]);
        seen[stream] = events;
        const auto read = reader->ReadStream(stream);
        EXPECT_EQ(read.ok() ? read->size() : 0, events) << stream;
        if (read.ok()) {
          EXPECT_LE(read->back().position, reader->tip());
        }
      }
    });
  }
  for (size_t i = 0; i < 5'000; ++i) {
    ASSERT_THAT(AppendTo(*store, absl::StrCat("s-", i * 7 % kStreams), 1), IsOk());
  }
  stop = true;
  for (std::thread& reader : readers) reader.join();
}

}  // namespace
}  // namespace daybook::internal
