// The positions of events that have all of some tags, against those that a set would have; and what
// a condition says where the log has a hole.
#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "condition_check.h"
#include "daybook/testkit/status_matchers.h"
#include "format.h"
#include "gmock/gmock.h"
#include "memory_kv.h"
#include "names.h"
#include "tag_index.h"

namespace daybook::internal {
namespace {

constexpr TableId kTable = 7;

class TaggedPositionsTest : public testing::Test {
 protected:
  void Tag(uint64_t sequence, const std::string& tag) {
    KvBatch batch;
    batch.Put(Family::kRows, TagEntryKey(kTable, tag, sequence), "");
    ASSERT_THAT(kv_->Write(batch), IsOk());
    tags_[sequence].push_back(tag);
  }

  // All of them from `from` on, in the direction.
  std::vector<uint64_t> Positions(const std::vector<TaggedPositions::TagSet>& sets,
                                  Direction direction, uint64_t from) const {
    TaggedPositions positions(*kv_, nullptr, kTable, sets, direction);
    std::vector<uint64_t> found;
    while (true) {
      const auto at = positions.Seek(from);
      EXPECT_THAT(at, IsOk());
      if (!at.ok() || !at->has_value()) return found;
      found.push_back(**at);
      from = direction == Direction::kForwards ? **at + 1 : **at - 1;
    }
  }
  std::vector<uint64_t> Expected(const std::vector<TaggedPositions::TagSet>& sets,
                                 Direction direction, uint64_t from) const {
    std::vector<uint64_t> expected;
    for (const auto& [sequence, tags] : tags_) {
      if (direction == Direction::kForwards ? sequence < from : sequence > from) continue;
      for (const TaggedPositions::TagSet& set : sets) {
        const auto has = [&tags = tags](const std::string& tag) {
          return std::find(tags.begin(), tags.end(), tag) != tags.end();
        };
        if (!std::all_of(set.begin(), set.end(), has)) continue;
        expected.push_back(sequence);
        break;
      }
    }
    if (direction == Direction::kBackwards) std::reverse(expected.begin(), expected.end());
    return expected;
  }

  const std::unique_ptr<MemoryKv> kv_ = MemoryKv::Make();
  std::map<uint64_t, std::vector<std::string>> tags_;
};

TEST_F(TaggedPositionsTest, AreThoseThatHaveAllTagsOfASet) {
  for (const uint64_t sequence : {1, 3, 4, 8}) Tag(sequence, "a");
  for (const uint64_t sequence : {2, 3, 5, 8}) Tag(sequence, "b");
  for (const uint64_t sequence : {3, 4, 5}) Tag(sequence, "c");
  using testing::ElementsAre;
  EXPECT_THAT(Positions({{"a", "b"}}, Direction::kForwards, 1), ElementsAre(3, 8));
  EXPECT_THAT(Positions({{"a", "b", "c"}}, Direction::kForwards, 1), ElementsAre(3));
  EXPECT_THAT(Positions({{"a", "c"}, {"b"}}, Direction::kForwards, 1), ElementsAre(2, 3, 4, 5, 8));
  EXPECT_THAT(Positions({{"b", "a"}}, Direction::kBackwards, 7), ElementsAre(3));
  EXPECT_THAT(Positions({{"a", "d"}}, Direction::kForwards, 1), ElementsAre());
}

TEST_F(TaggedPositionsTest, OfRandomTagsAreWhatASetWouldHave) {
  const char* const given = std::getenv("DAYBOOK_SEED");
  const uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : 2'026;
  std::cout << "seed " << seed << "; again: DAYBOOK_SEED=" << seed
            << " build/dev/bin/core_values_test --gtest_filter='TaggedPositionsTest.*'\n";
  std::mt19937_64 random(seed);
  for (uint64_t sequence = 1; sequence <= 200; ++sequence) {
    for (const char* tag : {"a", "b", "c", "d"}) {
      if (random() % 3 == 0) Tag(sequence, tag);
    }
  }
  for (int round = 0; round < 200; ++round) {
    std::vector<TaggedPositions::TagSet> sets(1 + random() % 2);
    for (TaggedPositions::TagSet& set : sets) {
      for (size_t n = 1 + random() % 3; n > 0; --n) {
        set.push_back(std::string(1, "abcd"[random() % 4]));
      }
    }
    const Direction direction = random() % 2 == 0 ? Direction::kForwards : Direction::kBackwards;
    const uint64_t from = 1 + random() % 200;
    ASSERT_EQ(Positions(sets, direction, from), Expected(sets, direction, from))
        << testing::PrintToString(sets) << " from " << from;
  }
}

TEST(ConditionCheckTest, AHoleInTheLogIsNamed) {
  for (const uint64_t there : {0, 2, 3}) {
    const std::unique_ptr<MemoryKv> kv = MemoryKv::Make();
    if (there != 0) {
      KvBatch batch;
      batch.Put(Family::kLog, LogKey(there), "no record");
      ASSERT_THAT(kv->Write(batch), IsOk());
    }
    Names names(16);
    const ConditionCheck check(kv.get(), &names, /*tip=*/3);
    EXPECT_THAT(check.AnyTagged(3),
                StatusIs(absl::StatusCode::kDataLoss, testing::HasSubstr("it is not in the log")));
  }
}

}  // namespace
}  // namespace daybook::internal
