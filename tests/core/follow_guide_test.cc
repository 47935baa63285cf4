// The code of docs/guides/following.md.
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "daybook/core/moment.h"
#include "daybook/core/open.h"
#include "daybook/core/subscription.h"
#include "daybook/testkit/status_matchers.h"
#include "gmock/gmock.h"
#include "re2/re2.h"

namespace daybook {
namespace {

using testing::ElementsAre;

//! [pattern]
// Whether a name matches an RE2 pattern, anywhere in it.
NamePredicate Matching(const std::string& pattern) {
  const auto re = std::make_shared<const RE2>(pattern);
  return [re](absl::string_view name) {
    return RE2::PartialMatch({name.data(), name.size()}, *re);
  };
}
//! [pattern]

// Who sends events on, and where he is to go on.
struct Feed {
  std::vector<std::string> sent;
  std::atomic<size_t> count{0};
  Position checkpoint;

  void Send(const RecordedEvent& event) {
    sent.emplace_back(event.payload);
    ++count;
  }
};

Event Deposited(absl::string_view payload) {
  Event event;
  event.type = "bank.Deposited";
  event.payload = std::string(payload);
  event.metadata.tags = {"branch:7"};
  return event;
}

TEST(FollowGuide, ReadsAndFollows) {
  auto opened = OpenMemoryStore();
  ASSERT_THAT(opened, IsOk());
  EventStore& store = **opened;
  for (const char* stream : {"account-s1", "account-c1", "account-s2"}) {
    ASSERT_THAT(store.Append(stream, ExpectedVersion::Any(), {Deposited(stream)}), IsOk());
  }
  //! [read]
  const auto reader = store.Reader();
  ReadLogOptions options{.filter = {.types = {"bank.Deposited"},
                                    .tags = {"branch:7"},
                                    .stream_matches = Matching("^account-s[0-9]+$")}};
  while (true) {
    const absl::StatusOr<EventBatch> batch = reader->ReadLog(options);
    ASSERT_TRUE(batch.ok()) << batch.status();
    for (const RecordedEvent& event : *batch) EXPECT_EQ(event.stream, event.payload);
    if (batch->at_end()) break;
    options.from = batch->next();
  }
  //! [read]
  EXPECT_EQ(reader->ReadLog({.filter = options.filter})->size(), 2u);

  //! [since]
  const absl::StatusOr<Position> yesterday = PositionBefore(*reader, absl::Now() - absl::Hours(24));
  //! [since]
  EXPECT_THAT(yesterday, IsOkAndHolds(Position::Start()));

  Feed feed;
  //! [follow]
  Subscription subscription(&store, {.after = feed.checkpoint,
                                     .filter = {.stream_prefixes = {"account-s"}},
                                     .report_after = 100'000});
  //! [follow]
  std::thread other([&] {
    EXPECT_THAT(store.Append("account-s3", ExpectedVersion::Any(), {Deposited("later")}), IsOk());
    while (feed.count < 3) std::this_thread::yield();
    subscription.Stop();
  });
  //! [loop]
  absl::StatusOr<EventBatch> batch = subscription.Next();
  while (batch.ok()) {
    for (const RecordedEvent& event : *batch) feed.Send(event);
    feed.checkpoint = subscription.checkpoint();  // to be stored with what was sent
    batch = subscription.Next();
  }
  //! [loop]
  other.join();
  EXPECT_THAT(batch, StatusIs(absl::StatusCode::kCancelled));
  EXPECT_THAT(feed.sent, ElementsAre("account-s1", "account-s2", "later"));
  EXPECT_EQ(feed.checkpoint, Position(4));
}

}  // namespace
}  // namespace daybook
