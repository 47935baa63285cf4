// The code of docs/guides/conditions.md.
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "daybook/core/errors.h"
#include "daybook/core/open.h"
#include "daybook/testkit/status_matchers.h"
#include "gmock/gmock.h"

namespace daybook {
namespace {

constexpr size_t kSeats = 2;
constexpr size_t kCoursesOfAStudent = 3;

Event Subscribed(const std::string& course, const std::string& student) {
  Event event;
  event.type = "school.Subscribed";
  event.metadata.tags = {absl::StrCat("course:", course), absl::StrCat("student:", student)};
  return event;
}

//! [decide]
// A course has so many seats, and a student takes so many courses: a rule over two things, of which
// neither is the other's.
absl::Status Subscribe(EventStore& store, const std::string& course, const std::string& student) {
  const EventQuery query = {
      {.types = {"school.Subscribed"}, .tags = {absl::StrCat("course:", course)}},
      {.types = {"school.Subscribed"}, .tags = {absl::StrCat("student:", student)}}};
  while (true) {
    const auto reader = store.Reader();
    size_t seats = 0, courses = 0;
    ReadLogOptions read{.filter = {.query = query}};
    for (bool more = true; more;) {
      const absl::StatusOr<EventBatch> batch = reader->ReadLog(read);
      if (!batch.ok()) return batch.status();
      for (const RecordedEvent& event : *batch) {
        seats += event.metadata.HasTag(absl::StrCat("course:", course)) ? 1 : 0;
        courses += event.metadata.HasTag(absl::StrCat("student:", student)) ? 1 : 0;
      }
      more = !batch->at_end();
      read.from = batch->next();
    }
    if (seats == kSeats) return absl::FailedPreconditionError("the course is full");
    if (courses == kCoursesOfAStudent) return absl::FailedPreconditionError("no more courses");

    Commit commit;
    commit.appends.push_back(
        {absl::StrCat("course-", course), ExpectedVersion::Any(), {Subscribed(course, student)}});
    commit.conditions.push_back({.none_match = query, .after = reader->tip()});
    const absl::Status appended = store.Append(std::move(commit)).status();
    if (!ErrorPayload<v1::ConditionFailed>(appended).has_value()) return appended;
    // Somebody was faster: read, decide, append again.
  }
}
//! [decide]

TEST(ConditionGuide, KeepsBothRules) {
  auto opened = OpenMemoryStore();
  ASSERT_THAT(opened, IsOk());
  EventStore& store = **opened;
  EXPECT_THAT(Subscribe(store, "c1", "ann"), IsOk());
  EXPECT_THAT(Subscribe(store, "c1", "bob"), IsOk());
  EXPECT_THAT(Subscribe(store, "c1", "eve"), StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(Subscribe(store, "c2", "ann"), IsOk());
  EXPECT_THAT(Subscribe(store, "c3", "ann"), IsOk());
  EXPECT_THAT(Subscribe(store, "c4", "ann"), StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_EQ(store.Tip(), Position(4));
}

}  // namespace
}  // namespace daybook
