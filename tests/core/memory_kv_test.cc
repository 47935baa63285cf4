// What a crash and a failed medium do to the store in memory.
#include "memory_kv.h"

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "daybook/testkit/status_matchers.h"
#include "gtest/gtest.h"

namespace daybook::internal {
namespace {

using absl::StatusCode;

class MemoryKvTest : public ::testing::Test {
 protected:
  absl::Status Write(absl::string_view key, absl::string_view value = "v") {
    KvBatch batch;
    batch.Put(Family::kLog, key, value);
    batch.Put(Family::kMeta, "last", key);
    return kv_->Write(batch);
  }
  std::string Get(Family family, absl::string_view key) {
    const auto value = kv_->Get(nullptr, family, key);
    EXPECT_THAT(value, IsOk());
    return value->has_value() ? std::string((*value)->view()) : "-";
  }

  const std::unique_ptr<MemoryKv> kv_ = MemoryKv::Make();
};

TEST_F(MemoryKvTest, ACrashLosesWhatWasNotSynced) {
  ASSERT_THAT(Write("a"), IsOk());
  ASSERT_THAT(kv_->SyncLog(), IsOk());
  ASSERT_THAT(Write("b"), IsOk());
  ASSERT_THAT(Write("c"), IsOk());
  EXPECT_EQ(kv_->unsynced(), 2);
  kv_->Crash(0);
  EXPECT_EQ(kv_->unsynced(), 0);
  EXPECT_EQ(Get(Family::kLog, "a"), "v");
  EXPECT_EQ(Get(Family::kLog, "b"), "-");
  EXPECT_EQ(Get(Family::kMeta, "last"), "a");
  EXPECT_THAT(kv_->CountEntries(Family::kLog), IsOkAndHolds(1));
}

TEST_F(MemoryKvTest, ACrashKeepsAPrefixOfTheUnsynced) {
  for (const char* key : {"a", "b", "c", "d"}) ASSERT_THAT(Write(key), IsOk());
  kv_->Crash(2);
  EXPECT_EQ(Get(Family::kMeta, "last"), "b");
  EXPECT_EQ(Get(Family::kLog, "c"), "-");
  kv_->Crash(0);  // what survived one crash survives the next
  EXPECT_EQ(Get(Family::kMeta, "last"), "b");
}

TEST_F(MemoryKvTest, ACrashBringsBackWhatWasDeletedOrOverwritten) {
  ASSERT_THAT(Write("a", "old"), IsOk());
  ASSERT_THAT(kv_->SyncLog(), IsOk());
  ASSERT_THAT(Write("a", "new"), IsOk());
  KvBatch batch;
  batch.Delete(Family::kLog, "a");
  ASSERT_THAT(kv_->Write(batch), IsOk());
  EXPECT_EQ(Get(Family::kLog, "a"), "-");
  kv_->Crash(0);
  EXPECT_EQ(Get(Family::kLog, "a"), "old");
}

TEST_F(MemoryKvTest, WritesGoOnAfterACrash) {
  ASSERT_THAT(Write("a"), IsOk());
  kv_->Crash(0);
  ASSERT_THAT(Write("b"), IsOk());
  ASSERT_THAT(Write("c"), IsOk());
  kv_->Crash(1);
  EXPECT_EQ(Get(Family::kLog, "a"), "-");
  EXPECT_EQ(Get(Family::kLog, "b"), "v");
  EXPECT_EQ(Get(Family::kMeta, "last"), "b");
}

TEST_F(MemoryKvTest, AFlushIsDurable) {
  ASSERT_THAT(Write("a"), IsOk());
  ASSERT_THAT(kv_->Flush(), IsOk());
  kv_->Crash(0);
  EXPECT_EQ(Get(Family::kLog, "a"), "v");
}

TEST_F(MemoryKvTest, AFailureStopsTheStoreUntilItIsOpenedAgain) {
  kv_->FailAfter(3, absl::ResourceExhaustedError("full"));
  ASSERT_THAT(Write("a"), IsOk());
  ASSERT_THAT(kv_->SyncLog(), IsOk());
  EXPECT_THAT(Write("b"), StatusIs(StatusCode::kResourceExhausted));
  EXPECT_EQ(Get(Family::kLog, "b"), "-");
  EXPECT_THAT(Write("c"), StatusIs(StatusCode::kResourceExhausted));
  EXPECT_THAT(kv_->SyncLog(), StatusIs(StatusCode::kResourceExhausted));
  EXPECT_THAT(kv_->Flush(), StatusIs(StatusCode::kResourceExhausted));
  EXPECT_EQ(Get(Family::kLog, "a"), "v");
  kv_->Crash(0);
  EXPECT_EQ(Get(Family::kLog, "b"), "-");
  EXPECT_THAT(Write("c"), IsOk());
}

TEST_F(MemoryKvTest, AFailedWriteCanComeBack) {
  kv_->FailAfter(2, absl::InternalError("EIO"));
  ASSERT_THAT(Write("a"), IsOk());
  EXPECT_THAT(Write("b"), StatusIs(StatusCode::kInternal));
  EXPECT_EQ(kv_->unsynced(), 2);
  kv_->Crash(2);
  EXPECT_EQ(Get(Family::kLog, "b"), "v");
  EXPECT_EQ(Get(Family::kMeta, "last"), "b");
}

TEST_F(MemoryKvTest, AFailedSyncSyncsNothing) {
  ASSERT_THAT(Write("a"), IsOk());
  kv_->FailAfter(1, absl::InternalError("EIO"));
  EXPECT_THAT(kv_->SyncLog(), StatusIs(StatusCode::kInternal));
  EXPECT_EQ(kv_->unsynced(), 1);
  kv_->Crash(0);
  EXPECT_EQ(Get(Family::kLog, "a"), "-");
}

TEST_F(MemoryKvTest, CrashingWithASnapshotHeldIsAProgrammersError) {
  const auto snapshot = kv_->Snapshot();
  EXPECT_DEATH(kv_->Crash(0), "still held");
}

}  // namespace
}  // namespace daybook::internal
