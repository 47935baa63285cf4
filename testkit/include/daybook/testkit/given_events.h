// Tests of a projection in one sentence:
//
//   GivenEvents<Balances>(InStream("account-7"), Make<Deposited>({.amount = 30}),
//                         InStream("account-8"), Make<Deposited>({.amount = 5}))
//       .ThenRow("7", {.amount = 30})
//       .ThenNoRow("9");
//
// Behind each of them it is checked that
//   - every event is the same after a round trip through its bytes,
//   - folding with rows that are stored and read again after every event gives the same rows, byte
//     for byte, as folding in memory,
//   - so does folding all events anew.
#ifndef DAYBOOK_TESTKIT_GIVEN_EVENTS_H_
#define DAYBOOK_TESTKIT_GIVEN_EVENTS_H_

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "daybook/core/metadata.h"
#include "daybook/projections/projection.h"
#include "daybook/proto/message_traits.h"
#include "daybook/testkit/event_matchers.h"
#include "daybook/testkit/projection_scenario.h"
#include "daybook/testkit/proto_matchers.h"
#include "gmock/gmock.h"

namespace daybook {

// Among the events of GivenEvents: when the events after it were recorded.
struct RecordedAt {
  absl::Time time;
};

// The rows that the events lead to. Each Then... is an expectation, not an assertion.
template <typename P>
class RowsClause {
 public:
  using Row = typename P::Row;

  explicit RowsClause(internal::ProjectionScenario scenario) : scenario_(std::move(scenario)) {}

  // There is a row of this key: one with exactly these fields, or one that `matcher` matches.
  const RowsClause& ThenRow(absl::string_view key, typename Fields<Row>::Init fields,
                            CallSite at = CallSite::Here()) const {
    return ThenRow(key, EqualsProto(Make<Row>(std::move(fields))), at);
  }
  template <typename M>
  const RowsClause& ThenRow(absl::string_view key, M&& row_matcher,
                            CallSite at = CallSite::Here()) const {
    const testing::Matcher<const Row&> matcher(std::forward<M>(row_matcher));
    const std::string* bytes = scenario_.ThenRow(key, at);
    Row row;
    if (bytes == nullptr || !row.ParseFromString(*bytes)) return *this;
    testing::StringMatchResultListener explanation;
    if (!matcher.MatchAndExplain(row, &explanation)) {
      scenario_.Fail(
          absl::StrCat("the row \"", key, "\" is another one than expected\n  Expected: ",
                       testing::DescribeMatcher<const Row&>(matcher), "\n  Actual: ",
                       explanation.str().empty() ? row.ShortDebugString() : explanation.str()),
          at);
    }
    return *this;
  }

  // There is none.
  const RowsClause& ThenNoRow(absl::string_view key, CallSite at = CallSite::Here()) const {
    scenario_.ThenNoRow(key, at);
    return *this;
  }

  // On refused the last event, and no event before it: ThenFails(StatusIs(...)).
  const RowsClause& ThenFails(testing::Matcher<const absl::Status&> matcher,
                              CallSite at = CallSite::Here()) const {
    const absl::Status status = scenario_.ThenFails(at);
    testing::StringMatchResultListener explanation;
    if (!status.ok() && !matcher.MatchAndExplain(status, &explanation)) {
      scenario_.Fail(absl::StrCat("On failed in another way than expected\n  Expected: ",
                                  testing::DescribeMatcher<const absl::Status&>(matcher),
                                  "\n  Actual: ", status.ToString(), ", ", explanation.str()),
                     at);
    }
    return *this;
  }

 private:
  internal::ProjectionScenario scenario_;
};

namespace internal {

template <typename P>
void AddTo(ProjectionScenario& scenario, const InStream& stream) {
  scenario.SetStream(stream.name());
}
template <typename P>
void AddTo(ProjectionScenario& scenario, RecordedAt at) {
  scenario.SetRecordedTime(at.time);
}
template <typename P>
void AddTo(ProjectionScenario& scenario, Metadata metadata) {
  scenario.SetMetadata(std::move(metadata));
}
template <typename P, typename E>
void AddTo(ProjectionScenario& scenario, E event) {
  static_assert(P::Events::template kContains<E> || P::PastEvents::template kContains<E>,
                "this is no event that the projection reads; its row's .proto names where from");
  auto tags = MessageTraits<E>::Tags(event);
  scenario.AddEvent(std::make_shared<const E>(std::move(event)), MessageTraits<E>::kTypeName,
                    MessageTraits<E>::kSchemaVersion, std::move(tags));
}

}  // namespace internal

// The events that the view reads, in their order, events of the past among them, as in a log;
// InStream("account-7") says where those after it stand, RecordedAt{time} when they were recorded,
// a Metadata what goes with them.
template <typename P, typename... EventsAndPlaces>
[[nodiscard]] RowsClause<P> GivenEvents(EventsAndPlaces... events_and_places) {
  internal::ProjectionScenario scenario(internal::DefinitionOf<P>(), &P::Row::default_instance());
  (internal::AddTo<P>(scenario, std::move(events_and_places)), ...);
  scenario.Fold();
  return RowsClause<P>(std::move(scenario));
}

}  // namespace daybook

#endif  // DAYBOOK_TESTKIT_GIVEN_EVENTS_H_
