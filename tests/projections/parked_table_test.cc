#include "parked_table.h"

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "daybook/core/limits.h"
#include "daybook/testkit/status_matchers.h"
#include "gtest/gtest.h"

namespace daybook::internal {
namespace {

std::string RoundTrip(absl::string_view prefix, const std::string& key, Position position) {
  v1::ParkedEvent event;
  event.set_attempts(2);
  auto entry = ParseParkedEntry(prefix, ParkedEntryKey(prefix, key, position),
                                EncodeParkedEvent(prefix, key, event));
  EXPECT_THAT(entry, IsOk());
  if (!entry.ok()) return "";
  EXPECT_EQ(entry->position, position);
  EXPECT_EQ(entry->event.attempts(), 2u);
  return entry->key;
}

TEST(ParkedTable, AnyKeyComesBackAndFits) {
  const std::string prefix = ParkedPrefix("Balance", 3);
  const std::string longest_prefix = ParkedPrefix(std::string(230, 'v'), ~uint32_t{0});
  for (const std::string& key :
       {std::string(), std::string("7"), std::string(1, '\0'), std::string("a\0\0b", 4),
        std::string("\xff\xff"), std::string(kMaxRowKeyBytes, 'x'),
        std::string(kMaxRowKeyBytes, '\0'), std::string(500, '\0')}) {
    for (const std::string& before : {prefix, longest_prefix}) {
      EXPECT_EQ(RoundTrip(before, key, Position(0x0102030405)), key);
      EXPECT_LE(ParkedEntryKey(before, key, Position(1)).size(), kMaxRowKeyBytes);
    }
  }
}

TEST(ParkedTable, EntriesAreInTheOrderOfTheirKeysAndPositions) {
  constexpr uint64_t kSeed = 31;
  SCOPED_TRACE(absl::StrCat("seed ", kSeed));
  std::mt19937_64 random(kSeed);
  std::vector<std::pair<std::string, Position>> events;
  for (int i = 0; i < 2000; ++i) {
    std::string key;
    for (uint64_t n = random() % 4; n > 0; --n) key.push_back(static_cast<char>(random() % 3 - 1));
    events.emplace_back(key, Position(random() % 1000));
  }
  const std::string prefix = ParkedPrefix("Balance", 1);
  std::sort(events.begin(), events.end());
  for (size_t i = 1; i < events.size(); ++i) {
    const auto& [before, at] = events[i - 1];
    const auto& [key, position] = events[i];
    EXPECT_LE(ParkedEntryKey(prefix, before, at), ParkedEntryKey(prefix, key, position));
    // The entries of one key are all those that begin with its prefix.
    EXPECT_EQ(ParkedEntryKey(prefix, key, position).find(ParkedKeyPrefix(prefix, before)) == 0,
              key == before);
  }
}

TEST(ParkedTable, WhatIsDamagedIsToldByName) {
  const std::string prefix = ParkedPrefix("Balance", 1);
  const std::string good = ParkedEntryKey(prefix, "7", Position(1));
  const auto damaged = StatusIs(absl::StatusCode::kDataLoss, testing::HasSubstr("$parked"));
  for (size_t bytes = 0; bytes < good.size(); ++bytes) {
    EXPECT_THAT(ParseParkedEntry(prefix, good.substr(0, bytes), ""), damaged) << bytes;
  }
  EXPECT_THAT(ParseParkedEntry(prefix, good + "x", ""), damaged);
  EXPECT_THAT(ParseParkedEntry(prefix, good, "\xff"), damaged);
  EXPECT_THAT(ParseParkedEntry(ParkedPrefix("Balance", 2), good, ""), damaged);
  std::string odd = good;
  odd[odd.size() - 9] = '\x07';
  EXPECT_THAT(ParseParkedEntry(prefix, odd, ""), damaged);
}

TEST(ParkedTable, AMessageIsBounded) {
  v1::ParkedEvent event;
  SetFailure(absl::InternalError(std::string(100'000, 'x')), &event);
  EXPECT_LE(event.message().size(), 1024u);
  EXPECT_THAT(FailureOf(event.code(), "why"), StatusIs(absl::StatusCode::kInternal, "why"));
}

}  // namespace
}  // namespace daybook::internal
