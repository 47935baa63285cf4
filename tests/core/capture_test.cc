// The moment of a capture: everything that is written is published, and nothing is written
// meanwhile.
#include <atomic>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "daybook/core/open.h"
#include "daybook/testkit/status_matchers.h"
#include "engine.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "memory_kv.h"

namespace daybook {
namespace {

using absl::StatusCode;

absl::Status AppendOne(EventStore& store, int n) {
  Event event;
  event.type = "Noted";
  return store.Append(absl::StrCat("s-", n % 5), ExpectedVersion::Any(), {event}).status();
}

class CaptureTest : public testing::Test {
 protected:
  // What the backend holds, published or not.
  uint64_t EventsWritten() {
    auto it = kv_->NewIterator(nullptr, internal::Family::kLog, {});
    uint64_t events = 0;
    for (it->Seek(""); it->Valid(); it->Next()) ++events;
    return events;
  }
  std::unique_ptr<internal::Engine> Open() {
    internal::EngineParts parts;
    parts.kv = kv_;
    parts.capture = [this](const internal::GroupMark& mark) -> absl::StatusOr<StoreCapture> {
      EXPECT_EQ(EventsWritten(), mark.tip);
      std::this_thread::yield();
      EXPECT_EQ(EventsWritten(), mark.tip);
      StoreCapture capture;
      capture.tip.position = Position(mark.tip);
      return capture;
    };
    auto engine = internal::Engine::Open(std::move(parts), StoreOptions());
    EXPECT_THAT(engine, IsOk());
    return *std::move(engine);
  }

  const std::shared_ptr<internal::MemoryKv> kv_ = internal::MemoryKv::Make();
};

TEST_F(CaptureTest, IsAtAPublishedTip) {
  const auto store = Open();
  std::atomic<bool> stop{false};
  std::vector<std::thread> writers;
  for (int w = 0; w < 4; ++w) {
    writers.emplace_back([&] {
      for (int n = 0; !stop.load(); ++n) ASSERT_THAT(AppendOne(*store, n), IsOk());
    });
  }
  Position last;
  for (int i = 0; i < 100; ++i) {
    const Position acknowledged = store->Tip();
    const auto capture = store->Capture();
    ASSERT_THAT(capture, IsOk());
    EXPECT_GE(capture->tip.position, acknowledged);
    EXPECT_GE(capture->tip.position, last);
    last = capture->tip.position;
  }
  stop.store(true);
  for (std::thread& writer : writers) writer.join();
}

TEST_F(CaptureTest, OfAStoreAtRest) {
  const auto store = Open();
  EXPECT_EQ(store->Capture()->tip.position, Position());
  ASSERT_THAT(AppendOne(*store, 1), IsOk());
  EXPECT_EQ(store->Capture()->tip.position, Position(1));
  ASSERT_THAT(AppendOne(*store, 2), IsOk());
}

TEST(CaptureInMemory, IsUnimplemented) {
  const auto store = OpenMemoryStore();
  ASSERT_THAT(store, IsOk());
  EXPECT_THAT((*store)->Capture(), StatusIs(StatusCode::kUnimplemented));
}

}  // namespace
}  // namespace daybook
