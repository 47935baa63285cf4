// The index of tags in a store on disk: after a restart, in one whose events are older than it, and
// what verify sees of it.
#include "tag_index.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "daybook/core/errors.h"
#include "daybook/core/open.h"
#include "daybook/testkit/status_matchers.h"
#include "gmock/gmock.h"
#include "open_rocks.h"
#include "rocks_kv.h"
#include "temp_directory.h"

namespace daybook {
namespace {

using internal::Family;
using internal::TagTable;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

StoreOptions SmallWitness() {
  StoreOptions options;
  options.witness_bytes = size_t{1} << 20;
  return options;
}

class TagIndexTest : public testing::Test {
 protected:
  TagIndexTest() : path_(directory_ / "store") { Reopen(); }

  void Reopen() {
    store_.reset();
    auto store = OpenStore(path_, SmallWitness());
    ASSERT_THAT(store, IsOk());
    store_ = *std::move(store);
  }
  // Changes the closed store behind its back.
  void Tamper(absl::FunctionRef<void(const TagTable&, internal::KvBatch*)> change) {
    store_.reset();
    auto kv = internal::RocksKv::Open(path_ + "/db", {});
    ASSERT_THAT(kv, IsOk());
    const auto table = internal::FindTagTable(**kv, nullptr);
    ASSERT_THAT(table, IsOk());
    ASSERT_TRUE(table->has_value());
    internal::KvBatch batch;
    change(**table, &batch);
    ASSERT_THAT((*kv)->Write(batch), IsOk());
    ASSERT_THAT((*kv)->Flush(), IsOk());
  }
  // What the closed store's index says of older events.
  uint64_t CompleteAfter() {
    store_.reset();
    auto kv = internal::RocksKv::Open(path_ + "/db", {.read_only = true});
    EXPECT_THAT(kv, IsOk());
    const auto table = internal::FindTagTable(**kv, nullptr);
    EXPECT_TRUE(table.ok() && table->has_value()) << table.status();
    return table.ok() && table->has_value() ? (*table)->complete_after : ~uint64_t{0};
  }
  // As a version without the index left it.
  void ForgetTheIndex() {
    Tamper([](const TagTable& table, internal::KvBatch* batch) {
      batch->Delete(Family::kMeta, internal::TableKey(internal::kTagTable));
      batch->Delete(Family::kRows, internal::TagTableKey(table.id));
      for (uint64_t sequence = 1; sequence <= 100; ++sequence) {
        for (const char* tag : {"t:1", "t:2"}) {
          batch->Delete(Family::kRows, internal::TagEntryKey(table.id, tag, sequence));
        }
      }
    });
    Reopen();
  }

  absl::StatusOr<AppendResult> Add(std::vector<std::string> tags,
                                   std::vector<AppendCondition> conditions = {}) {
    Event event;
    event.type = "Noted";
    event.metadata.tags = std::move(tags);
    Commit commit;
    commit.appends.push_back({"s", ExpectedVersion::Any(), {std::move(event)}});
    commit.conditions = std::move(conditions);
    return store_->Append(std::move(commit));
  }
  std::vector<uint64_t> With(const std::vector<std::string>& tags,
                             Direction direction = Direction::kForwards) {
    ReadLogOptions options{.direction = direction, .filter = {.tags = tags}};
    if (direction == Direction::kBackwards) options.from = Position::End();
    std::vector<uint64_t> positions;
    while (true) {
      const auto batch = store_->Reader()->ReadLog(options);
      EXPECT_THAT(batch, IsOk());
      if (!batch.ok()) return positions;
      for (const RecordedEvent& event : *batch) positions.push_back(event.position.sequence());
      if (batch->at_end()) return positions;
      options.from = batch->next();
    }
  }

  const TempDirectory directory_;
  const std::string path_;
  std::unique_ptr<EventStore> store_;
};

TEST_F(TagIndexTest, ConditionsHoldOverARestart) {
  ASSERT_THAT(Add({"t:1"}), IsOk());
  ASSERT_THAT(Add({}), IsOk());
  Reopen();
  EXPECT_THAT(Add({"t:1"}, {{{{.tags = {"t:1"}}}, Position::Start()}}),
              StatusIs(absl::StatusCode::kAborted));
  EXPECT_THAT(Add({}, {{{{.types = {"Noted"}}}, Position(1)}}),
              StatusIs(absl::StatusCode::kAborted));
  EXPECT_THAT(Add({"t:1"}, {{{{.tags = {"t:1"}}}, Position(1)}}), IsOk());
  EXPECT_THAT(With({"t:1"}), ElementsAre(1, 3));
  store_.reset();
  EXPECT_THAT(VerifyStore(path_, SmallWitness()), IsOk());
}

TEST_F(TagIndexTest, EventsThatAreOlderAreFoundAllTheSame) {
  for (int i = 0; i < 10; ++i) {
    ASSERT_THAT(Add(i % 3 == 0 ? std::vector<std::string>{"t:1"} : std::vector<std::string>()),
                IsOk());
  }
  ForgetTheIndex();
  EXPECT_THAT(With({"t:1"}), ElementsAre(1, 4, 7, 10));
  const AppendCondition none{{{.tags = {"t:1"}}}, Position::Start()};
  const auto failed = ErrorPayload<v1::ConditionFailed>(Add({"t:1"}, {none}).status());
  ASSERT_TRUE(failed.has_value());
  EXPECT_EQ(failed->position(), 1u);
  EXPECT_THAT(Add({"t:1"}, {{none.none_match, Position(9)}}), StatusIs(absl::StatusCode::kAborted));
  EXPECT_THAT(Add({"t:1", "t:2"}, {{none.none_match, Position(10)}}), IsOk());
  // From the log as far as that is older, and then from the index.
  EXPECT_THAT(With({"t:1"}), ElementsAre(1, 4, 7, 10, 11));
  EXPECT_THAT(With({"t:1"}, Direction::kBackwards), ElementsAre(11, 10, 7, 4, 1));
  EXPECT_THAT(With({"t:1", "t:2"}), ElementsAre(11));
  Reopen();
  EXPECT_THAT(With({"t:1"}), ElementsAre(1, 4, 7, 10, 11));
  EXPECT_THAT(Add({}, {none}), StatusIs(absl::StatusCode::kAborted));
  store_.reset();
  EXPECT_THAT(VerifyStore(path_, SmallWitness()), IsOk());
}

TEST_F(TagIndexTest, OlderEventsWithoutTagsAreReadOnce) {
  std::vector<Event> events(2'000);
  for (Event& event : events) event.type = "Noted";
  ASSERT_THAT(store_->Append("s", ExpectedVersion::Any(), std::move(events)), IsOk());
  EXPECT_THAT(With({"t:1"}), IsEmpty());
  ASSERT_THAT(Add({"t:1"}), IsOk());
  // Of types alone, and of tags that few are older than: nothing is to be known of the others.
  EXPECT_THAT(Add({}, {{{{.types = {"Never"}}}, Position::Start()}}), IsOk());
  EXPECT_THAT(Add({}, {{{{.tags = {"t:2"}}}, Position(1'990)}}), IsOk());
  EXPECT_EQ(CompleteAfter(), 2'000u);
  Reopen();
  EXPECT_THAT(Add({}, {{{{.tags = {"t:2"}}}, Position::Start()}}), IsOk());
  EXPECT_EQ(CompleteAfter(), 0u);
}

TEST_F(TagIndexTest, ATagBeforeManyOlderEventsIsFound) {
  ASSERT_THAT(Add({"t:1"}), IsOk());
  std::vector<Event> events(2'000);
  for (Event& event : events) event.type = "Noted";
  ASSERT_THAT(store_->Append("s", ExpectedVersion::Any(), std::move(events)), IsOk());
  ForgetTheIndex();
  ASSERT_THAT(Add({"t:2"}), IsOk());
  const auto failed = ErrorPayload<v1::ConditionFailed>(
      Add({}, {{{{.tags = {"t:1"}}}, Position::Start()}}).status());
  ASSERT_TRUE(failed.has_value());
  EXPECT_EQ(failed->position(), 1u);
  EXPECT_EQ(CompleteAfter(), 2'001u);
}

TEST_F(TagIndexTest, TheTableIsTheStoresOwn) {
  EXPECT_THAT(store_->OpenTable("$tags"), StatusIs(absl::StatusCode::kInvalidArgument));
  ASSERT_THAT(Add({"t:1"}), IsOk());
  const absl::StatusOr<TableId> other = store_->OpenTable("rows");
  ASSERT_THAT(other, IsOk());
  // Nor is it written by who guesses its number, before the store is opened anew and after it.
  for (int opening = 0; opening < 2; ++opening, Reopen()) {
    for (TableId table = 1; table < *other; ++table) {
      Commit write;
      write.writes.push_back({table, "t:1", "x"});
      EXPECT_THAT(store_->Append(std::move(write)),
                  StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("writes[0].table")));
      Commit claim;
      claim.claims.push_back({table, "t:1", "x"});
      EXPECT_THAT(store_->Append(std::move(claim)),
                  StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("claims[0].table")));
    }
  }
  EXPECT_GT(*other, 1u);
  Commit write;
  write.writes.push_back({*other, "t:1", "x"});
  EXPECT_THAT(store_->Append(std::move(write)), IsOk());
}

TEST_F(TagIndexTest, VerifyNamesWhatItLacksAndWhatItHasTooMuch) {
  for (int i = 0; i < 5; ++i) ASSERT_THAT(Add({"t:1", "t:2", "t:1"}), IsOk());
  Tamper([](const TagTable& table, internal::KvBatch* batch) {
    batch->Delete(Family::kRows, internal::TagEntryKey(table.id, "t:2", 3));
  });
  const auto lacks = VerifyStore(path_, SmallWitness());
  EXPECT_THAT(lacks, StatusIs(absl::StatusCode::kDataLoss, HasSubstr("it lacks t:2")));
  const auto damage = ErrorPayload<v1::Damage>(lacks.status());
  ASSERT_TRUE(damage.has_value());
  EXPECT_EQ(damage->what(), "tag index");
  EXPECT_EQ(damage->position(), 3u);
  Tamper([](const TagTable& table, internal::KvBatch* batch) {
    batch->Put(Family::kRows, internal::TagEntryKey(table.id, "t:2", 3), "");
    batch->Put(Family::kRows, internal::TagEntryKey(table.id, "t:3", 4), "");
  });
  EXPECT_THAT(VerifyStore(path_, SmallWitness()),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("11 entries for 10 tags")));
}

}  // namespace
}  // namespace daybook
