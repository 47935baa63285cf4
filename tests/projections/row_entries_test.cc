// Rows of an indexed view in memory: whatever is flushed, refused, forgotten and read again, the
// entries that are stored are those of the rows that are stored.
#include "daybook/projections/row_entries.h"

#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "partitioned_fold.h"
#include "tasks.h"

namespace daybook::internal {
namespace {

using tasks::EntriesOf;
using tasks::Tasks;
using tasks::TaskSet;

// What is stored, and a fold over it.
class StoredFold {
 public:
  explicit StoredFold(size_t parts) : fold_(*DefinitionOf<Tasks>(), parts) {}

  absl::Status Set(TaskSet task) { return Apply({0, &task}); }
  absl::Status Remove(const std::string& task) {
    const auto removed = Make<tasks::TaskRemoved>({.task = task});
    return Apply({1, &removed});
  }
  // Takes what Flush hands out down, for FlushDone.
  void Flush() {
    next_rows_ = rows_;
    next_entries_ = entries_;
    EXPECT_THAT(fold_.Flush(
                    [this](absl::string_view key, std::optional<std::string> value) {
                      next_rows_.erase(std::string(key));
                      if (value.has_value()) next_rows_.emplace(key, *value);
                    },
                    [this](const std::string& entry, bool put) {
                      // Nothing is put twice, or deleted that is not there.
                      EXPECT_EQ(put, next_entries_.count(entry) == 0);
                      if (put) {
                        next_entries_.emplace(entry, "");
                      } else {
                        next_entries_.erase(entry);
                      }
                    }),
                IsOk());
    EXPECT_EQ(fold_.entry_bytes(), 0u);
  }
  void FlushDone(bool stored) {
    if (stored) {
      rows_ = next_rows_;
      entries_ = next_entries_;
    }
    fold_.FlushDone(stored);
    EXPECT_EQ(entries_, EntriesOf<Tasks>(rows_));
  }

  PartitionedFold& fold() { return fold_; }
  const shop::Rows& entries() const { return entries_; }

 private:
  absl::Status Apply(Handling handling) {
    RecordedEvent event;
    event.stream = "task-x";
    event.stream_id = 1;
    return fold_.Apply({handling}, event,
                       [this](absl::string_view key) -> absl::StatusOr<std::optional<std::string>> {
                         const auto row = rows_.find(std::string(key));
                         if (row == rows_.end()) return std::nullopt;
                         return row->second;
                       });
  }

  shop::Rows rows_, next_rows_;
  shop::Rows entries_, next_entries_;
  PartitionedFold fold_;
};

TaskSet TaskOf(std::string task, std::string assignee) {
  return Make<TaskSet>({.task = std::move(task), .assignee = std::move(assignee)});
}

TEST(RowEntries, ThoseThatAreStoredAreThoseOfTheStoredRows) {
  const int given = testing::UnitTest::GetInstance()->random_seed();
  const uint64_t seed = given != 0 ? given : 4'711;
  SCOPED_TRACE(absl::StrCat("seed ", seed, " (--gtest_random_seed)"));
  std::mt19937_64 random(seed);
  for (const size_t parts : {1, 3}) {
    StoredFold stored(parts);
    bool flushing = false;
    size_t written = 0;
    for (int i = 0; i < 20'000; ++i) {
      const std::string task = absl::StrCat("t", random() % 12);
      switch (random() % 12) {
        case 0:
          if (!flushing) stored.Flush();
          flushing = true;
          break;
        case 1:
          if (flushing) stored.FlushDone(random() % 2 == 0);
          flushing = false;
          written += stored.entries().size();
          break;
        case 2:
          if (!flushing) stored.fold().Evict();
          break;
        case 3:
          if (!flushing && random() % 10 == 0) stored.fold().Clear();
          break;
        case 4:
        case 5:
          ASSERT_THAT(stored.Remove(task), IsOk());
          break;
        case 6:
          ASSERT_THAT(stored.Set(TaskOf(task, std::string(1'024, 'a'))),
                      StatusIs(absl::StatusCode::kInvalidArgument));
          break;
        default:
          ASSERT_THAT(stored.Set(TaskOf(task, absl::StrCat("p", random() % 3))), IsOk());
      }
    }
    EXPECT_GT(written, 1'000u);
  }
}

TEST(RowEntries, AreCountedUntilTheyAreFlushed) {
  StoredFold stored(2);
  EXPECT_EQ(stored.fold().entry_bytes(), 0u);
  ASSERT_THAT(stored.Set(TaskOf("x", "ann")), IsOk());
  const size_t one = stored.fold().entry_bytes();
  EXPECT_GE(one, std::size(Tasks::kIndexes) * kEntryWriteBytes);
  EXPECT_LE(one, stored.fold().dirty_bytes());
  ASSERT_THAT(stored.Set(TaskOf("x", "bob")), IsOk());
  EXPECT_EQ(stored.fold().entry_bytes(), one);
  ASSERT_THAT(stored.Set(TaskOf("y", "ann")), IsOk());
  EXPECT_EQ(stored.fold().entry_bytes(), 2 * one);
  stored.fold().Measure();
  EXPECT_EQ(stored.fold().entry_bytes(), 2 * one);
  EXPECT_LE(2 * one, stored.fold().dirty_bytes());
  stored.Flush();
  stored.FlushDone(/*stored=*/false);
  EXPECT_EQ(stored.fold().entry_bytes(), 2 * one);
  stored.Flush();
  stored.FlushDone(/*stored=*/true);
  // One that is read again and deleted counts as well.
  stored.fold().Evict();
  ASSERT_THAT(stored.Remove("x"), IsOk());
  EXPECT_EQ(stored.fold().entry_bytes(), one);
}

}  // namespace
}  // namespace daybook::internal
