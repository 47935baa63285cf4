// What a commit is checked for before it is queued, and the room that it is charged for.
#include "request.h"

#include <string>
#include <utility>
#include <vector>

#include "daybook/core/limits.h"
#include "daybook/testkit/status_matchers.h"
#include "gmock/gmock.h"
#include "queue_room.h"

namespace daybook::internal {
namespace {

using absl::StatusCode;
using testing::HasSubstr;

Event Noted(size_t payload = 0) {
  Event event;
  event.type = "Noted";
  event.payload = std::string(payload, 'x');
  return event;
}

Commit Of(std::vector<Event> events) {
  Commit commit;
  commit.appends.push_back({"s", ExpectedVersion::Any(), std::move(events)});
  return commit;
}

size_t BytesOf(Commit commit) {
  const auto request = PrepareCommit(std::move(commit));
  EXPECT_THAT(request, IsOk());
  return request.ok() ? (*request)->bytes : 0;
}

Commit WithClaim(size_t key, size_t value) {
  Commit commit = Of({Noted()});
  commit.claims.push_back({1, std::string(key, 'k'), std::string(value, 'v')});
  return commit;
}

Commit WithWrite(size_t key, size_t value) {
  Commit commit = Of({Noted()});
  commit.writes.push_back({1, std::string(key, 'k'), std::string(value, 'v')});
  return commit;
}

Commit WithCondition(std::vector<std::string> types, std::vector<std::string> tags) {
  Commit commit = Of({Noted()});
  commit.conditions.push_back({{{std::move(types), std::move(tags)}}, Position::Start()});
  return commit;
}

TEST(RequestTest, EveryByteIsCharged) {
  const size_t plain = BytesOf(Of({Noted()}));
  EXPECT_GT(plain, 0u);
  EXPECT_EQ(BytesOf(Of({Noted(1'000)})), plain + 1'000);
  EXPECT_EQ(BytesOf(Of({Noted(), Noted()})), 2 * plain);

  const size_t claim = BytesOf(WithClaim(10, 20));
  EXPECT_GT(claim, plain + 30);
  EXPECT_EQ(BytesOf(WithClaim(11, 20)), claim + 1);
  EXPECT_EQ(BytesOf(WithClaim(10, 1'020)), claim + 1'000);

  const size_t write = BytesOf(WithWrite(10, 20));
  EXPECT_GT(write, plain + 30);
  EXPECT_EQ(BytesOf(WithWrite(11, 20)), write + 1);
  EXPECT_EQ(BytesOf(WithWrite(10, 1'020)), write + 1'000);

  const size_t condition = BytesOf(WithCondition({"A"}, {"t:1"}));
  EXPECT_GT(condition, plain + 4);
  EXPECT_EQ(BytesOf(WithCondition({"AA"}, {"t:1"})), condition + 1);
  EXPECT_EQ(BytesOf(WithCondition({"A"}, {"t:12"})), condition + 1);
  EXPECT_GT(BytesOf(WithCondition({"A", "B"}, {"t:1"})), condition + 1);

  // A tag stands in the metadata, and once more in the index.
  Event tagged = Noted();
  tagged.metadata.tags = {"t:1"};
  Event longer = tagged;
  longer.metadata.tags = {"t:1234"};
  const size_t with_tag = BytesOf(Of({tagged}));
  EXPECT_GT(with_tag, plain + 6);
  EXPECT_EQ(BytesOf(Of({longer})), with_tag + 6);
}

TEST(RequestTest, ACommitMayBeAsLargeAsTheLimit) {
  const size_t plain = BytesOf(Of(std::vector<Event>(16, Noted())));
  std::vector<Event> events(16, Noted(kMaxPayloadBytes));
  events.back().payload.resize(kMaxCommitBytes - plain - 15 * kMaxPayloadBytes);
  EXPECT_EQ(BytesOf(Of(events)), kMaxCommitBytes);
  events.back().payload += "x";
  EXPECT_THAT(PrepareCommit(Of(events)),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("67108865")));
}

TEST(RequestTest, BoundsAreTakenAndNothingBeyond) {
  for (const uint32_t version : {0u, 0x10000u}) {
    Event event = Noted();
    event.schema_version = version;
    EXPECT_THAT(PrepareCommit(Of({event})),
                StatusIs(StatusCode::kInvalidArgument, HasSubstr("schema_version")));
  }
  for (const uint32_t version : {1u, 0xFFFFu}) {
    Event event = Noted();
    event.schema_version = version;
    EXPECT_THAT(PrepareCommit(Of({event})), IsOk()) << version;
  }
  EXPECT_THAT(PrepareCommit(Of({Noted(kMaxPayloadBytes)})), IsOk());
  EXPECT_THAT(PrepareCommit(Of({Noted(kMaxPayloadBytes + 1)})),
              StatusIs(StatusCode::kInvalidArgument));
  for (const auto with : {&WithClaim, &WithWrite}) {
    EXPECT_THAT(PrepareCommit(with(kMaxRowKeyBytes, kMaxRowBytes)), IsOk());
    EXPECT_THAT(PrepareCommit(with(kMaxRowKeyBytes + 1, 0)),
                StatusIs(StatusCode::kInvalidArgument, HasSubstr("key")));
    EXPECT_THAT(PrepareCommit(with(1, kMaxRowBytes + 1)),
                StatusIs(StatusCode::kInvalidArgument, HasSubstr("value")));
  }
  EXPECT_THAT(PrepareCommit(Of(std::vector<Event>(kMaxEventsPerCommit, Noted()))), IsOk());
  EXPECT_THAT(PrepareCommit(Of(std::vector<Event>(kMaxEventsPerCommit + 1, Noted()))),
              StatusIs(StatusCode::kInvalidArgument));
}

TEST(QueueRoomTest, TakesAsMuchAsThereIs) {
  QueueRoom room(100);
  EXPECT_THAT(room.Take(60), IsOk());
  EXPECT_THAT(room.Take(41), StatusIs(StatusCode::kResourceExhausted));
  EXPECT_THAT(room.Take(40), IsOk());
  EXPECT_THAT(room.Take(1), StatusIs(StatusCode::kResourceExhausted));
  room.GiveBack(100);
  EXPECT_THAT(room.Take(1'000), IsOk()) << "an empty one takes anything";
}

TEST(QueueRoomTest, WakesWhenTheLargestFitsAndHalfIsFree) {
  QueueRoom room(100);
  ASSERT_THAT(room.Take(100), IsOk());
  EXPECT_FALSE(room.Take(70).ok());
  EXPECT_FALSE(room.Take(10).ok());
  int woken = 0;
  room.WhenFree([&woken] { ++woken; });
  room.GiveBack(50);
  EXPECT_EQ(woken, 0) << "70 do not fit";
  room.GiveBack(19);
  EXPECT_EQ(woken, 0) << "31 are taken still";
  room.GiveBack(1);
  EXPECT_EQ(woken, 1);
  room.GiveBack(30);
  EXPECT_EQ(woken, 1) << "once";
}

TEST(QueueRoomTest, WakesWhenHalfIsFreeAndOnClose) {
  QueueRoom room(100);
  ASSERT_THAT(room.Take(100), IsOk());
  EXPECT_FALSE(room.Take(1).ok());
  int woken = 0;
  room.WhenFree([&woken] { ++woken; });
  room.GiveBack(49);
  EXPECT_EQ(woken, 0);
  room.GiveBack(1);
  EXPECT_EQ(woken, 1);
  ASSERT_THAT(room.Take(50), IsOk());
  EXPECT_FALSE(room.Take(1).ok());
  room.WhenFree([&woken] { ++woken; });
  EXPECT_EQ(woken, 1);
  room.Close();
  EXPECT_EQ(woken, 2);
  room.WhenFree([&woken] { ++woken; });
  EXPECT_EQ(woken, 3) << "at once, where it is closed";
}

}  // namespace
}  // namespace daybook::internal
