// Matchers for absl::Status and absl::StatusOr. Shaped like those of later Abseil releases, to be
// replaced by them. There is no NotOk: a test says which error it expects.
#ifndef DAYBOOK_TESTKIT_STATUS_MATCHERS_H_
#define DAYBOOK_TESTKIT_STATUS_MATCHERS_H_

#include <optional>
#include <ostream>
#include <string>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "daybook/core/errors.h"
#include "gmock/gmock.h"

namespace daybook {
namespace internal {

inline const absl::Status& StatusOf(const absl::Status& status) {
  return status;
}
template <typename T>
const absl::Status& StatusOf(const absl::StatusOr<T>& result) {
  return result.status();
}

// Matches when the StatusOr holds a value that `inner` matches.
template <typename StatusOrType>
class IsOkAndHoldsMatcher : public testing::MatcherInterface<StatusOrType> {
 public:
  using Value = typename std::remove_cvref_t<StatusOrType>::value_type;
  template <typename Inner>
  explicit IsOkAndHoldsMatcher(Inner&& inner)
      : inner_(testing::SafeMatcherCast<const Value&>(std::forward<Inner>(inner))) {}

  bool MatchAndExplain(StatusOrType actual, testing::MatchResultListener* listener) const override {
    if (!actual.ok()) {
      *listener << "which has status " << actual.status();
      return false;
    }
    return inner_.MatchAndExplain(*actual, listener);
  }
  void DescribeTo(std::ostream* os) const override {
    *os << "is OK and has a value that ";
    inner_.DescribeTo(os);
  }
  void DescribeNegationTo(std::ostream* os) const override {
    *os << "isn't OK or has a value that ";
    inner_.DescribeNegationTo(os);
  }

 private:
  const testing::Matcher<const Value&> inner_;
};

template <typename Inner>
class IsOkAndHoldsPolymorphic {
 public:
  explicit IsOkAndHoldsPolymorphic(Inner inner) : inner_(std::move(inner)) {}
  template <typename StatusOrType>
  operator testing::Matcher<StatusOrType>() const {  // NOLINT: as gMock's own matchers convert
    return testing::Matcher<StatusOrType>(new IsOkAndHoldsMatcher<const StatusOrType&>(inner_));
  }

 private:
  const Inner inner_;
};

}  // namespace internal

// Matches a Status or StatusOr that is OK.
MATCHER(IsOk, negation ? "isn't OK" : "is OK") {
  const absl::Status& status = internal::StatusOf(arg);
  if (status.ok()) return true;
  *result_listener << "which is " << status;
  return false;
}

// Matches a StatusOr that holds a value which `inner`, a matcher or a value, matches.
template <typename Inner>
internal::IsOkAndHoldsPolymorphic<std::decay_t<Inner>> IsOkAndHolds(Inner&& inner) {
  return internal::IsOkAndHoldsPolymorphic<std::decay_t<Inner>>(std::forward<Inner>(inner));
}

namespace internal {

class StatusIsMatcher {
 public:
  using is_gtest_matcher = void;

  StatusIsMatcher(absl::StatusCode code, testing::Matcher<const std::string&> message)
      : code_(code), message_(std::move(message)) {}

  template <typename T>
  bool MatchAndExplain(const T& actual, std::ostream* os) const {
    const absl::Status& status = StatusOf(actual);
    if (os != nullptr) *os << "which is " << status;
    return status.code() == code_ && message_.Matches(std::string(status.message()));
  }
  void DescribeTo(std::ostream* os) const {
    *os << "is " << absl::StatusCodeToString(code_) << " with a message that ";
    message_.DescribeTo(os);
  }
  void DescribeNegationTo(std::ostream* os) const {
    *os << "isn't " << absl::StatusCodeToString(code_) << ", or has a message that ";
    message_.DescribeNegationTo(os);
  }

 private:
  absl::StatusCode code_;
  testing::Matcher<const std::string&> message_;
};

template <typename Payload>
class HasPayloadMatcher {
 public:
  using is_gtest_matcher = void;

  explicit HasPayloadMatcher(testing::Matcher<const Payload&> inner) : inner_(std::move(inner)) {}

  template <typename T>
  bool MatchAndExplain(const T& actual, std::ostream* os) const {
    const absl::Status& status = StatusOf(actual);
    const std::optional<Payload> payload = ErrorPayload<Payload>(status);
    if (!payload.has_value()) {
      if (os != nullptr) *os << "which is " << status << ", without a " << Name();
      return false;
    }
    if (os == nullptr) return inner_.Matches(*payload);
    testing::StringMatchResultListener explanation;
    const bool matches = inner_.MatchAndExplain(*payload, &explanation);
    *os << "whose " << Name() << " is {" << payload->ShortDebugString() << "}";
    if (!explanation.str().empty()) *os << ", " << explanation.str();
    return matches;
  }
  void DescribeTo(std::ostream* os) const {
    *os << "carries a " << Name() << " that ";
    inner_.DescribeTo(os);
  }
  void DescribeNegationTo(std::ostream* os) const {
    *os << "carries no " << Name() << ", or one that ";
    inner_.DescribeNegationTo(os);
  }

 private:
  static const std::string& Name() { return Payload::descriptor()->full_name(); }

  testing::Matcher<const Payload&> inner_;
};

}  // namespace internal

// Matches a Status or StatusOr of this code, whose message `message`, a matcher or a string,
// matches.
inline internal::StatusIsMatcher StatusIs(absl::StatusCode code) {
  return internal::StatusIsMatcher(code, testing::_);
}
template <typename MessageMatcher>
internal::StatusIsMatcher StatusIs(absl::StatusCode code, MessageMatcher&& message) {
  return internal::StatusIsMatcher(
      code, testing::SafeMatcherCast<const std::string&>(std::forward<MessageMatcher>(message)));
}

// Matches a Status or StatusOr that carries a typed payload M (daybook/v1/errors.proto) which
// `inner` matches: HasPayload<v1::InvalidField>(EqualsProto(R"(field: "x" rule: "y")")).
template <typename M>
internal::HasPayloadMatcher<M> HasPayload() {
  return internal::HasPayloadMatcher<M>(testing::_);
}
template <typename M, typename Inner>
internal::HasPayloadMatcher<M> HasPayload(Inner&& inner) {
  return internal::HasPayloadMatcher<M>(
      testing::SafeMatcherCast<const M&>(std::forward<Inner>(inner)));
}

}  // namespace daybook

#endif  // DAYBOOK_TESTKIT_STATUS_MATCHERS_H_
