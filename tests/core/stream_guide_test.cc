// The code of docs/guides/streams.md.
#include <string>

#include "daybook/core/errors.h"
#include "daybook/core/open.h"
#include "daybook/core/stream_metadata.h"
#include "daybook/testkit/status_matchers.h"
#include "gmock/gmock.h"

namespace daybook {
namespace {

std::vector<Event> Readings(int n) {
  return std::vector<Event>(static_cast<size_t>(n), Event{.type = "meter.Read"});
}

TEST(StreamGuide, KeepsLess) {
  auto opened = OpenMemoryStore();
  ASSERT_THAT(opened, IsOk());
  EventStore& store = **opened;
  ASSERT_THAT(store.Append("meter-7", ExpectedVersion::NoStream(), Readings(5'000)), IsOk());
  //! [limits]
  // A month of readings, and no more than 1,000 of them.
  EXPECT_THAT(
      SetStreamLimits(store, "meter-7", {.max_age = absl::Hours(24 * 30), .max_count = 1'000}),
      IsOk());
  const auto readings = store.Reader()->ReadStream("meter-7");
  EXPECT_EQ(readings->front().version, 4'000u);
  //! [limits]

  //! [delete]
  EXPECT_THAT(DeleteStream(store, "meter-7", ExpectedVersion::Exactly(4'999)), IsOk());
  EXPECT_THAT(store.Reader()->ReadStream("meter-7"), StatusIs(absl::StatusCode::kNotFound));

  // A new life, whose versions go on.
  const auto again = store.Append("meter-7", ExpectedVersion::NoStream(), Readings(1));
  EXPECT_EQ(again->streams[0].first_version, 5'000u);

  EXPECT_THAT(TombstoneStream(store, "meter-7"), IsOk());
  const absl::Status refused =
      store.Append("meter-7", ExpectedVersion::Any(), Readings(1)).status();
  EXPECT_EQ(ErrorPayload<v1::StreamTombstoned>(refused)->stream(), "meter-7");
  //! [delete]

  //! [scavenge]
  const auto report = store.Scavenge({.progress = [](const ScavengeProgress& progress) {
    return progress.events < 10'000;  // false: enough for tonight
  }});
  EXPECT_EQ(report->done.events, 5'001u);
  EXPECT_TRUE(report->finished);
  //! [scavenge]
}

}  // namespace
}  // namespace daybook
