// Where moments of the past lie in the log and in a stream.
#include "daybook/core/moment.h"

#include <memory>
#include <optional>
#include <string>

#include "daybook/core/errors.h"
#include "daybook/core/open.h"
#include "daybook/testkit/fake_clock.h"
#include "daybook/testkit/status_matchers.h"
#include "gmock/gmock.h"

namespace daybook {
namespace {

using absl::StatusCode;

// Five events, an hour apart but for the last two; "a-1" has those of positions 1, 3 and 5.
class MomentTest : public testing::Test {
 protected:
  MomentTest() {
    StoreOptions options;
    options.clock = &clock_;
    store_ = *OpenMemoryStore(options);
    for (int i = 1; i <= 5; ++i) {
      if (i == 2 || i == 3 || i == 4) clock_.Advance(absl::Hours(1));
      Event event;
      event.type = "Noted";
      const auto result =
          store_->Append(i % 2 == 1 ? "a-1" : "b-1", ExpectedVersion::Any(), {std::move(event)});
      EXPECT_THAT(result, IsOk());
    }
    reader_ = store_->Reader();
  }

  // The time `hours` after the first event.
  absl::Time At(double hours) const { return first_ + absl::Hours(hours); }
  std::string RuleOf(const absl::Status& status) const {
    EXPECT_THAT(status, StatusIs(StatusCode::kNotFound));
    const auto field = ErrorPayload<v1::InvalidField>(status);
    return field.has_value() ? field->rule() : "";
  }
  std::optional<uint64_t> VersionAt(const StreamMoment& moment) const {
    const auto version = VersionOf(*reader_, "a-1", moment);
    EXPECT_THAT(version, IsOk());
    return version.ok() ? *version : std::nullopt;
  }

  FakeClock clock_;
  const absl::Time first_ = clock_.Now();
  std::unique_ptr<EventStore> store_;
  std::shared_ptr<const StoreReader> reader_;
};

TEST_F(MomentTest, APositionIsItself) {
  for (const uint64_t sequence : {0, 1, 5}) {
    EXPECT_THAT(PositionOf(*reader_, Position(sequence)), IsOkAndHolds(Position(sequence)));
  }
  EXPECT_EQ(RuleOf(PositionOf(*reader_, Position(6)).status()), "must be at most 5");
}

TEST_F(MomentTest, ATimeIsAfterTheLastEventUpToIt) {
  const std::pair<double, uint64_t> cases[] = {{-0.1, 0}, {0, 1},   {0.9, 1}, {1, 2},
                                               {2, 3},    {2.9, 3}, {3, 5},   {99, 5}};
  for (const auto& [hours, sequence] : cases) {
    EXPECT_THAT(PositionOf(*reader_, At(hours)), IsOkAndHolds(Position(sequence))) << hours;
  }
}

TEST_F(MomentTest, EventsBeginBehindThePositionBefore) {
  const std::pair<double, uint64_t> cases[] = {{-0.1, 0}, {0, 0}, {0.1, 1}, {3, 3}, {3.1, 5}};
  for (const auto& [hours, sequence] : cases) {
    EXPECT_THAT(PositionBefore(*reader_, At(hours)), IsOkAndHolds(Position(sequence))) << hours;
  }
}

TEST_F(MomentTest, AStreamHasTheVersionsUpToItsLast) {
  EXPECT_EQ(VersionAt(Version{0}), 0);
  EXPECT_EQ(VersionAt(Version{2}), 2);
  EXPECT_EQ(RuleOf(VersionOf(*reader_, "a-1", Version{3}).status()), "must be at most 2");
  EXPECT_EQ(RuleOf(VersionOf(*reader_, "c-1", Version{0}).status()),
            "must be of a stream with events");
}

TEST_F(MomentTest, AStreamStoodAtItsLastEventUpToAPositionOrATime) {
  EXPECT_EQ(VersionAt(Position(0)), std::nullopt);
  EXPECT_EQ(VersionAt(Position(1)), 0);
  EXPECT_EQ(VersionAt(Position(2)), 0);
  EXPECT_EQ(VersionAt(Position(3)), 1);
  EXPECT_EQ(VersionAt(Position(5)), 2);
  EXPECT_EQ(RuleOf(VersionOf(*reader_, "a-1", Position(6)).status()), "must be at most 5");
  EXPECT_EQ(VersionAt(At(-0.1)), std::nullopt);
  EXPECT_EQ(VersionAt(At(0)), 0);
  EXPECT_EQ(VersionAt(At(2)), 1);
  EXPECT_EQ(VersionAt(At(9)), 2);
  EXPECT_THAT(VersionOf(*reader_, "c-1", At(9)), IsOkAndHolds(std::nullopt));
}

}  // namespace
}  // namespace daybook
