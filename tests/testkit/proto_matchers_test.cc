#include "daybook/testkit/proto_matchers.h"

#include <string>

#include "daybook/v1/errors.pb.h"
#include "gmock/gmock.h"
#include "google/protobuf/descriptor.pb.h"
#include "gtest/gtest.h"

namespace daybook {
namespace {

using ::google::protobuf::DescriptorProto;
using ::testing::ElementsAre;
using ::testing::ExplainMatchResult;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StringMatchResultListener;

v1::VersionConflict Conflict(const std::string& stream, const std::string& expected) {
  v1::VersionConflict conflict;
  conflict.set_stream(stream);
  conflict.set_expected(expected);
  return conflict;
}

template <typename M>
std::string Explain(const internal::EqualsProtoMatcher& matcher, const M& actual) {
  StringMatchResultListener listener;
  EXPECT_FALSE(ExplainMatchResult(matcher, actual, &listener));
  return listener.str();
}

TEST(EqualsProto, ComparesMessages) {
  EXPECT_THAT(Conflict("a", "3"), EqualsProto(Conflict("a", "3")));
  EXPECT_THAT(Conflict("a", "3"), Not(EqualsProto(Conflict("b", "3"))));
  EXPECT_THAT(Conflict("a", "3"), Not(EqualsProto(v1::InvalidField())));
}

TEST(EqualsProto, ComparesWithText) {
  EXPECT_THAT(Conflict("a", "3"), EqualsProto(R"pb(stream: "a" expected: "3")pb"));
  EXPECT_THAT(Conflict("a", "3"), Not(EqualsProto(R"pb(stream: "a")pb")));
}

TEST(EqualsProto, SeesThePresenceOfAField) {
  v1::VersionConflict present = Conflict("a", "3");
  present.set_actual(0);
  EXPECT_THAT(present, Not(EqualsProto(Conflict("a", "3"))));
}

TEST(EqualsProto, IsAMatcherForContainers) {
  const std::vector<v1::VersionConflict> conflicts = {Conflict("a", "1"), Conflict("b", "2")};
  EXPECT_THAT(conflicts, ElementsAre(EqualsProto(Conflict("a", "1")),
                                     EqualsProto(R"pb(stream: "b" expected: "2")pb")));
}

TEST(EqualsProto, NamesEveryFieldThatDiffers) {
  const std::string text = Explain(EqualsProto(Conflict("a", "3")), Conflict("b", ""));
  EXPECT_THAT(text, HasSubstr("stream: \"b\" instead of \"a\""));
  EXPECT_THAT(text, HasSubstr("expected: nothing instead of \"3\""));
}

TEST(EqualsProto, NamesTheFieldInsideOfAnother) {
  DescriptorProto expected, actual;
  expected.add_field()->set_name("id");
  expected.add_field()->set_name("amount");
  actual.add_field()->set_name("id");
  actual.add_field()->set_name("sum");
  EXPECT_THAT(Explain(EqualsProto(expected), actual),
              HasSubstr("field[1].name: \"sum\" instead of \"amount\""));
}

TEST(EqualsProto, NamesAnElementThatIsTooMany) {
  DescriptorProto expected, actual;
  actual.add_field()->set_name("id");
  EXPECT_THAT(Explain(EqualsProto(expected), actual),
              HasSubstr("field[0]: {name: \"id\"} instead of nothing"));
}

TEST(EqualsProto, SaysWhereTheTextIsWrong) {
  EXPECT_THAT(Explain(EqualsProto("stream: \"a\"\nstrem: \"b\""), Conflict("a", "3")),
              HasSubstr("the expected text is no daybook.v1.VersionConflict: 2:6"));
}

TEST(EqualsProto, SaysWhichOtherTypeItIs) {
  EXPECT_THAT(Explain(EqualsProto(v1::InvalidField()), Conflict("a", "3")),
              HasSubstr("which is a daybook.v1.VersionConflict {stream: \"a\" expected: \"3\"}"));
}

}  // namespace
}  // namespace daybook
