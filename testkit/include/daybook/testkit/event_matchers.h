// Matchers for recorded events: EXPECT_THAT(batch, ElementsAre(IsEvent<Deposited>({.amount = 30}),
//                                                               AllOf(OfType<Withdrawn>(),
//                                                                     AtVersion(1))));
#ifndef DAYBOOK_TESTKIT_EVENT_MATCHERS_H_
#define DAYBOOK_TESTKIT_EVENT_MATCHERS_H_

#include <cstdint>
#include <ostream>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "daybook/core/event.h"
#include "daybook/proto/message_traits.h"
#include "daybook/testkit/proto_matchers.h"
#include "gmock/gmock.h"
#include "google/protobuf/message.h"

namespace daybook {

// Shows an event in the output of GoogleTest.
void PrintTo(const RecordedEvent& event, std::ostream* os);

// Matches an event of this stream. Also says, among the events of GivenEvents, in which stream the
// events after it stand.
class InStream {
 public:
  using is_gtest_matcher = void;

  explicit InStream(absl::string_view name) : name_(name) {}
  const std::string& name() const { return name_; }

  bool MatchAndExplain(const RecordedEvent& event, std::ostream* os) const;
  void DescribeTo(std::ostream* os) const;
  void DescribeNegationTo(std::ostream* os) const;

 private:
  std::string name_;
};

namespace internal {

class AtVersionMatcher {
 public:
  using is_gtest_matcher = void;

  explicit AtVersionMatcher(uint64_t version) : version_(version) {}
  bool MatchAndExplain(const RecordedEvent& event, std::ostream* os) const;
  void DescribeTo(std::ostream* os) const;
  void DescribeNegationTo(std::ostream* os) const;

 private:
  uint64_t version_;
};

class OfTypeMatcher {
 public:
  using is_gtest_matcher = void;

  explicit OfTypeMatcher(absl::string_view type) : type_(type) {}
  bool MatchAndExplain(const RecordedEvent& event, std::ostream* os) const;
  void DescribeTo(std::ostream* os) const;
  void DescribeNegationTo(std::ostream* os) const;

 private:
  std::string type_;
};

// Explains on `os`, which may be null, and returns false when `event` is of another type or its
// payload is no such message.
bool DecodeForMatch(const RecordedEvent& event, absl::string_view type, uint32_t schema_version,
                    google::protobuf::Message* message, std::ostream* os);

template <typename E>
class IsEventMatcher {
 public:
  using is_gtest_matcher = void;

  explicit IsEventMatcher(testing::Matcher<const E&> inner) : inner_(std::move(inner)) {}

  bool MatchAndExplain(const RecordedEvent& event, std::ostream* os) const {
    E message;
    if (!DecodeForMatch(event, MessageTraits<E>::kTypeName, MessageTraits<E>::kSchemaVersion,
                        &message, os)) {
      return false;
    }
    if (os == nullptr) return inner_.Matches(message);
    testing::StringMatchResultListener explanation;
    const bool matches = inner_.MatchAndExplain(message, &explanation);
    *os << explanation.str();
    return matches;
  }
  void DescribeTo(std::ostream* os) const {
    *os << "is an event " << MessageTraits<E>::kTypeName << " that ";
    inner_.DescribeTo(os);
  }
  void DescribeNegationTo(std::ostream* os) const {
    *os << "is no event " << MessageTraits<E>::kTypeName << ", or one that ";
    inner_.DescribeNegationTo(os);
  }

 private:
  testing::Matcher<const E&> inner_;
};

}  // namespace internal

// Matches an event with this version in its stream.
inline internal::AtVersionMatcher AtVersion(uint64_t version) {
  return internal::AtVersionMatcher(version);
}

// Matches an event of type E, whatever it says.
template <typename E>
internal::OfTypeMatcher OfType() {
  return internal::OfTypeMatcher(MessageTraits<E>::kTypeName);
}

// Matches an event of type E that can be decoded: any, one with exactly these fields, or one whose
// message `inner` matches.
template <typename E>
internal::IsEventMatcher<E> IsEvent() {
  return internal::IsEventMatcher<E>(testing::_);
}
template <typename E>
internal::IsEventMatcher<E> IsEvent(typename Fields<E>::Init fields) {
  return internal::IsEventMatcher<E>(EqualsProto(Make<E>(std::move(fields))));
}
template <typename E, typename M>
internal::IsEventMatcher<E> IsEvent(M&& inner) {
  return internal::IsEventMatcher<E>(std::forward<M>(inner));
}

}  // namespace daybook

#endif  // DAYBOOK_TESTKIT_EVENT_MATCHERS_H_
