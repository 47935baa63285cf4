// A matcher for Protobuf messages that says which fields differ.
#ifndef DAYBOOK_TESTKIT_PROTO_MATCHERS_H_
#define DAYBOOK_TESTKIT_PROTO_MATCHERS_H_

#include <memory>
#include <ostream>
#include <string>

#include "daybook/proto/message_traits.h"
#include "gmock/gmock.h"
#include "google/protobuf/message.h"

namespace daybook {
namespace internal {

class EqualsProtoMatcher {
 public:
  using is_gtest_matcher = void;

  explicit EqualsProtoMatcher(const google::protobuf::Message& expected);
  explicit EqualsProtoMatcher(std::string text);

  bool MatchAndExplain(const google::protobuf::Message& actual, std::ostream* os) const;
  void DescribeTo(std::ostream* os) const;
  void DescribeNegationTo(std::ostream* os) const;

 private:
  std::shared_ptr<const google::protobuf::Message> expected_;  // nullptr: compare with text_
  std::string text_;
};

}  // namespace internal

// Matches a message of the same type with equal fields; the explanation lists each field that
// differs with its path. Floating point numbers are compared exactly.
inline internal::EqualsProtoMatcher EqualsProto(const google::protobuf::Message& expected) {
  return internal::EqualsProtoMatcher(expected);
}
// The same, from the text format; the type is that of the message it is compared with. Text that
// is no such message matches nothing, and the explanation says why.
inline internal::EqualsProtoMatcher EqualsProto(std::string text) {
  return internal::EqualsProtoMatcher(std::move(text));
}
// The same, from fields: EqualsProto<Balance>({.amount = 30}).
template <typename M>
internal::EqualsProtoMatcher EqualsProto(typename Fields<M>::Init fields) {
  return internal::EqualsProtoMatcher(Make<M>(std::move(fields)));
}

}  // namespace daybook

#endif  // DAYBOOK_TESTKIT_PROTO_MATCHERS_H_
