// A matcher for the business "no".
#ifndef DAYBOOK_TESTKIT_REJECTION_MATCHERS_H_
#define DAYBOOK_TESTKIT_REJECTION_MATCHERS_H_

#include <ostream>
#include <utility>

#include "absl/strings/string_view.h"
#include "daybook/proto/message_traits.h"
#include "daybook/testkit/proto_matchers.h"
#include "daybook/testkit/status_matchers.h"
#include "gmock/gmock.h"
#include "google/protobuf/message.h"

namespace daybook {
namespace internal {

// Explains on `os`, which may be null, and returns false when `status` carries no rejection of
// this type.
bool RejectionForMatch(const absl::Status& status, absl::string_view type,
                       google::protobuf::Message* rejection, std::ostream* os);

template <typename R>
class RejectsMatcher {
 public:
  using is_gtest_matcher = void;

  explicit RejectsMatcher(testing::Matcher<const R&> inner) : inner_(std::move(inner)) {}

  template <typename T>
  bool MatchAndExplain(const T& actual, std::ostream* os) const {
    R rejection;
    if (!RejectionForMatch(StatusOf(actual), MessageTraits<R>::kTypeName, &rejection, os)) {
      return false;
    }
    if (os == nullptr) return inner_.Matches(rejection);
    testing::StringMatchResultListener explanation;
    const bool matches = inner_.MatchAndExplain(rejection, &explanation);
    *os << explanation.str();
    return matches;
  }
  void DescribeTo(std::ostream* os) const {
    *os << "is a rejection " << MessageTraits<R>::kTypeName << " that ";
    inner_.DescribeTo(os);
  }
  void DescribeNegationTo(std::ostream* os) const {
    *os << "is no rejection " << MessageTraits<R>::kTypeName << ", or one that ";
    inner_.DescribeNegationTo(os);
  }

 private:
  testing::Matcher<const R&> inner_;
};

}  // namespace internal

// Matches a Status or StatusOr, such as Execute's, that is a rejection R: any, one with exactly
// these fields, or one that `inner` matches.
template <typename R>
internal::RejectsMatcher<R> Rejects() {
  return internal::RejectsMatcher<R>(testing::_);
}
template <typename R>
internal::RejectsMatcher<R> Rejects(typename Fields<R>::Init fields) {
  return internal::RejectsMatcher<R>(EqualsProto(Make<R>(std::move(fields))));
}
template <typename R, typename M>
internal::RejectsMatcher<R> Rejects(M&& inner) {
  return internal::RejectsMatcher<R>(std::forward<M>(inner));
}

}  // namespace daybook

#endif  // DAYBOOK_TESTKIT_REJECTION_MATCHERS_H_
