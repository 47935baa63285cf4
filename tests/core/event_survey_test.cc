#include "daybook/core/event_survey.h"

#include "daybook/core/open.h"
#include "daybook/testkit/status_matchers.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace daybook {
namespace {

Event EventOf(const std::string& type, uint32_t version) {
  Event event;
  event.type = type;
  event.schema_version = version;
  return event;
}

TEST(EventSurvey, CountsEachTypeAndVersionAcrossBatches) {
  auto opened = OpenMemoryStore();
  ASSERT_THAT(opened, IsOk());
  EventStore& store = **opened;
  EXPECT_THAT(SurveyEvents(*store.Reader()), IsOkAndHolds(testing::IsEmpty()));
  Event sealed = EventOf("b", 2);
  sealed.encoding = PayloadEncoding::kSealed;
  sealed.metadata.key_id = "k";
  ASSERT_THAT(store.Append("s-1", ExpectedVersion::Any(), {EventOf("b", 1), sealed}), IsOk());
  // More than a batch.
  for (int i = 0; i < 3; ++i) {
    ASSERT_THAT(
        store.Append("s-2", ExpectedVersion::Any(), std::vector<Event>(1000, EventOf("a", 1))),
        IsOk());
  }
  ASSERT_THAT(store.Append("s-1", ExpectedVersion::Any(), {EventOf("b", 1)}), IsOk());

  const auto survey = SurveyEvents(*store.Reader());
  ASSERT_THAT(survey, IsOk());
  ASSERT_EQ(survey->size(), 3u);
  const auto& [a, b1, b2] = std::tie((*survey)[0], (*survey)[1], (*survey)[2]);
  EXPECT_EQ(a.type, "a");
  EXPECT_EQ(a.schema_version, 1u);
  EXPECT_EQ(a.events, 3000u);
  EXPECT_EQ(a.first, Position(3));
  EXPECT_EQ(a.last, Position(3002));
  EXPECT_EQ(a.sample, Position(3));
  EXPECT_EQ(b1.type, "b");
  EXPECT_EQ(b1.events, 2u);
  EXPECT_EQ(b1.last, Position(3003));
  EXPECT_EQ(b2.schema_version, 2u);
  EXPECT_EQ(b2.first, Position(2));
  EXPECT_EQ(b2.sample, std::nullopt);
}

}  // namespace
}  // namespace daybook
