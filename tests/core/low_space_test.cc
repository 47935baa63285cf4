// A disk that is nearly full is met before anything is written: what would be appended is refused
// by name, what is there is read, and as soon as there is space again all goes on.
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "daybook/core/errors.h"
#include "daybook/core/open.h"
#include "daybook/testkit/fake_clock.h"
#include "daybook/testkit/status_matchers.h"
#include "fault_file_system.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "read_everything.h"
#include "temp_directory.h"

namespace daybook {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr uint64_t kMinFree = uint64_t{100} << 20;

class LowSpaceTest : public testing::Test {
 protected:
  LowSpaceTest() {
    options_.witness_bytes = size_t{1} << 20;
    options_.files = &files_;
    options_.clock = &clock_;
    options_.min_free_bytes = kMinFree;
    files_.SetFreeBytes(2 * kMinFree);
  }

  void Open() {
    store_.reset();
    auto store = OpenStore(path_, options_);
    ASSERT_THAT(store, IsOk());
    store_ = *std::move(store);
  }
  absl::Status Append(size_t payload_bytes = 10) {
    return store_
        ->Append("s-1", ExpectedVersion::Any(),
                 {Event{.type = "T", .payload = std::string(payload_bytes, 'p')}})
        .status();
  }
  // Until then the last answer may stand.
  void ASecondPasses() { clock_.Advance(absl::Seconds(1)); }

  const TempDirectory directory_;
  const std::string path_ = directory_ / "store";
  FakeClock clock_;
  FaultFileSystem files_{&FileSystem::Posix()};
  StoreOptions options_;
  std::unique_ptr<EventStore> store_;
};

TEST_F(LowSpaceTest, WhatWouldBeAppendedIsRefusedAndNothingIsWritten) {
  Open();
  ASSERT_THAT(Append(), IsOk());
  const StoreContent before = ReadEverything(*store_).value();
  const uint64_t groups = store_->Stats().groups;

  files_.SetFreeBytes(kMinFree - 1);
  ASecondPasses();
  for (uint64_t refused = 1; refused <= 3; ++refused) {
    const absl::Status status = Append();
    EXPECT_THAT(status, StatusIs(absl::StatusCode::kResourceExhausted,
                                 AllOf(HasSubstr("99 MiB are free"), HasSubstr(path_),
                                       HasSubstr("100 MiB should be"))));
    const auto low = ErrorPayload<v1::LowSpace>(status);
    ASSERT_TRUE(low.has_value());
    EXPECT_EQ(low->directory(), path_);
    EXPECT_EQ(low->free_bytes(), kMinFree - 1);
    EXPECT_EQ(low->min_free_bytes(), kMinFree);
    EXPECT_EQ(store_->Stats().refused_for_space, refused);
    EXPECT_EQ(store_->Stats().low_space, status);
  }
  EXPECT_EQ(store_->Stats().groups, groups);
  EXPECT_THAT(ReadEverything(*store_), IsOkAndHolds(before));
  EXPECT_THAT(store_->Stats().stopped, IsOk());

  files_.SetFreeBytes(kMinFree + 1000);
  EXPECT_THAT(Append(), IsOk());
  EXPECT_THAT(store_->Stats().low_space, IsOk());
  EXPECT_EQ(store_->Stats().refused_for_space, 3u);
}

TEST_F(LowSpaceTest, ItIsClosedOpenedAndReadWithoutSpace) {
  Open();
  ASSERT_THAT(Append(), IsOk());
  const StoreContent before = ReadEverything(*store_).value();
  files_.SetFreeBytes(0);
  ASecondPasses();
  EXPECT_THAT(Append(), StatusIs(absl::StatusCode::kResourceExhausted));
  Open();
  EXPECT_THAT(ReadEverything(*store_), IsOkAndHolds(before));
  // An application names its tables whenever it is opened; a view may be new.
  EXPECT_THAT(store_->OpenTable("new"), IsOk());
  EXPECT_THAT(Append(), StatusIs(absl::StatusCode::kResourceExhausted));
  store_.reset();
  EXPECT_THAT(VerifyStore(path_, options_), IsOk());
}

TEST_F(LowSpaceTest, WhoWaitsForRoomIsCalledWhenThereIsSpace) {
  Open();
  files_.SetFreeBytes(0);
  ASecondPasses();
  ASSERT_THAT(Append(), StatusIs(absl::StatusCode::kResourceExhausted));
  Latch has_room;
  store_->WhenRoom([&] { has_room.Open(); });
  // It was looked for, in vain.
  const int asked = files_.asked_for_space();
  while (files_.asked_for_space() == asked) {
    ASecondPasses();
    store_->runtime().Await(has_room, absl::Milliseconds(1));
  }
  EXPECT_FALSE(has_room.is_open());
  files_.SetFreeBytes(2 * kMinFree);
  while (!store_->runtime().Await(has_room, absl::Milliseconds(1))) ASecondPasses();
  EXPECT_THAT(store_->Stats().low_space, IsOk());
  EXPECT_THAT(Append(), IsOk());
}

TEST_F(LowSpaceTest, NobodyWaitsForSpaceInAStoreThatCloses) {
  Open();
  files_.SetFreeBytes(0);
  ASecondPasses();
  ASSERT_THAT(Append(), StatusIs(absl::StatusCode::kResourceExhausted));
  bool called = false;
  store_->WhenRoom([&] { called = true; });
  EXPECT_FALSE(called);
  store_.reset();
  EXPECT_TRUE(called);
  ASecondPasses();  // what the clock still holds finds nobody
}

TEST_F(LowSpaceTest, TheSystemIsAskedOnceASecondAndForEveryFewMegabytes) {
  Open();
  ASSERT_THAT(Append(), IsOk());
  const int asked = files_.asked_for_space();
  for (int i = 0; i < 200; ++i) ASSERT_THAT(Append(1000), IsOk());
  EXPECT_EQ(files_.asked_for_space(), asked);
  ASecondPasses();
  ASSERT_THAT(Append(), IsOk());
  EXPECT_EQ(files_.asked_for_space(), asked + 1);
  // Though the clock stands still, or is set back.
  for (int i = 0; i < 20; ++i) ASSERT_THAT(Append(500'000), IsOk());
  EXPECT_EQ(files_.asked_for_space(), asked + 2);
  clock_.Advance(-absl::Hours(1));
  ASSERT_THAT(Append(), IsOk());
  EXPECT_EQ(files_.asked_for_space(), asked + 3);
}

// What is left above the watermark is not overdrawn between two questions.
TEST_F(LowSpaceTest, ACommitThatIsLargerThanWhatIsLeftIsRefused) {
  Open();
  files_.SetFreeBytes(kMinFree + 1'000'000);
  ASecondPasses();
  EXPECT_THAT(Append(600'000), IsOk());
  files_.SetFreeBytes(kMinFree + 300'000);
  EXPECT_THAT(Append(600'000), StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_THAT(Append(100'000), IsOk());
}

TEST_F(LowSpaceTest, ItIsNotAskedForWhereNothingIsToBeLeft) {
  options_.min_free_bytes = 0;
  files_.SetFreeBytes(0);
  Open();
  EXPECT_THAT(Append(), IsOk());
  EXPECT_EQ(files_.asked_for_space(), 0);
}

TEST_F(LowSpaceTest, AMediumThatDoesNotTellHasEnough) {
  files_.SetFreeBytes(absl::InternalError("input/output error"));
  Open();
  EXPECT_THAT(Append(), IsOk());
  EXPECT_GT(files_.asked_for_space(), 0);
}

// A chain of commits, each built on the one before it, ends with the refusal.
TEST_F(LowSpaceTest, ARefusalBreaksTheChain) {
  Open();
  files_.SetFreeBytes(0);
  ASecondPasses();
  Commit commit;
  commit.chain = std::make_shared<CommitChain>();
  commit.appends.push_back({"s-1", ExpectedVersion::Any(), {Event{.type = "T"}}});
  const std::shared_ptr<CommitChain> chain = commit.chain;
  EXPECT_THAT(store_->Append(std::move(commit)), StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_TRUE(chain->broken());
}

TEST_F(LowSpaceTest, ThePosixFileSystemTells) {
  const auto free = FileSystem::Posix().FreeBytes(directory_.path());
  ASSERT_THAT(free, IsOk());
  EXPECT_GT(*free, 0u);
  EXPECT_THAT(FileSystem::Posix().FreeBytes(directory_ / "absent"),
              StatusIs(absl::StatusCode::kNotFound));
}

}  // namespace
}  // namespace daybook
