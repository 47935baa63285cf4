// Make and Fields<M>::Init over every kind of field.
#include "daybook/proto/field_init.h"

#include <string>

#include "gmock/gmock.h"
#include "golden/kinds.daybook.h"
#include "google/protobuf/util/message_differencer.h"

namespace daybook {
namespace {

using ::testing::ElementsAre;

google::protobuf::Timestamp At(int64_t seconds) {
  google::protobuf::Timestamp at;
  at.set_seconds(seconds);
  return at;
}

TEST(Make, WithNothingIsTheDefault) {
  EXPECT_EQ(Make<Paint>().ByteSizeLong(), 0u);
  EXPECT_EQ(Make<Paint>({}).ByteSizeLong(), 0u);
}

TEST(Make, Scalars) {
  const Paint paint = Make<Paint>({.wall = -1,
                                   .a_double = 0.5,
                                   .a_float = 0.25f,
                                   .an_int32 = -3,
                                   .a_uint32 = 4000000000u,
                                   .a_uint64 = 5,
                                   .a_fixed64 = 6,
                                   .a_bool = true,
                                   .some_bytes = std::string("\0x", 2),
                                   .color = RED});
  EXPECT_EQ(paint.wall(), -1);
  EXPECT_EQ(paint.a_double(), 0.5);
  EXPECT_EQ(paint.a_float(), 0.25f);
  EXPECT_EQ(paint.an_int32(), -3);
  EXPECT_EQ(paint.a_uint32(), 4000000000u);
  EXPECT_EQ(paint.a_uint64(), 5u);
  EXPECT_EQ(paint.a_fixed64(), 6u);
  EXPECT_TRUE(paint.a_bool());
  EXPECT_EQ(paint.some_bytes(), std::string("\0x", 2));
  EXPECT_EQ(paint.color(), RED);
}

TEST(Make, NamesThatAreNoNamesInCpp) {
  const Paint paint = Make<Paint>({.class_ = "first", .camelcase = true, .std = 3});
  EXPECT_EQ(paint.class_(), "first");
  EXPECT_TRUE(paint.camelcase());
  EXPECT_EQ(paint.std(), 3);
}

TEST(Make, MessagesFromBracesOrMessages) {
  const Paint braces = Make<Paint>({
      .address = {{.zip = "8000"}},
      .coat = {{.finish = Paint_Coat_Finish_GLOSS, .layers = 2}},
      .tree = {{.name = "root",
                .left = {{.name = "left"}},
                .more = {{.name = "a"}, {.name = "b"}}}},
  });
  EXPECT_EQ(braces.address().zip(), "8000");
  EXPECT_EQ(braces.coat().finish(), Paint::Coat::GLOSS);
  EXPECT_EQ(braces.tree().left().name(), "left");
  EXPECT_EQ(braces.tree().more(1).name(), "b");
  EXPECT_FALSE(braces.tree().left().has_left());

  const Paint copied =
      Make<Paint>({.address = braces.address(), .at = At(7), .tree = braces.tree()});
  EXPECT_EQ(copied.address().zip(), "8000");
  EXPECT_EQ(copied.at().seconds(), 7);
  EXPECT_EQ(copied.tree().more_size(), 2);
}

TEST(Make, AnEmptyMessageIsThere) {
  EXPECT_TRUE(Make<Paint>({.address = Address()}).has_address());
  EXPECT_FALSE(Make<Paint>({.address = {}}).has_address());
}

TEST(Make, RepeatedFromBracesOrFields) {
  const Paint braces = Make<Paint>({.numbers = {1, 2},
                                    .words = {"a", "b"},
                                    .flags = {true, false},
                                    .colors = {RED},
                                    .coats = {{.layers = 1}, {.layers = 2}},
                                    .blobs = {"x"},
                                    .times = {At(1), At(2)}});
  EXPECT_THAT(braces.numbers(), ElementsAre(1, 2));
  EXPECT_THAT(braces.words(), ElementsAre("a", "b"));
  EXPECT_THAT(braces.flags(), ElementsAre(true, false));
  EXPECT_THAT(braces.colors(), ElementsAre(RED));
  EXPECT_EQ(braces.coats(1).layers(), 2);
  EXPECT_EQ(braces.times(1).seconds(), 2);

  const Paint copied = Make<Paint>({.numbers = braces.numbers(),
                                    .words = braces.words(),
                                    .flags = braces.flags(),
                                    .colors = braces.colors(),
                                    .coats = braces.coats(),
                                    .blobs = braces.blobs(),
                                    .times = braces.times()});
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(braces, copied));
  EXPECT_THAT(Make<Paint>({.numbers = std::vector<int32_t>{5}}).numbers(), ElementsAre(5));
}

TEST(Make, Maps) {
  const Paint braces = Make<Paint>({
      .counts = {{"a", 1}, {"b", 2}},
      .places = {{1, Make<Address>({.zip = "1000"})}},
  });
  EXPECT_EQ(braces.counts().at("b"), 2);
  EXPECT_EQ(braces.places().at(1).zip(), "1000");
  EXPECT_EQ(Make<Paint>({.counts = braces.counts()}).counts().size(), 2u);
}

TEST(Make, OptionalsAreAbsentUnlessGiven) {
  const Paint without = Make<Paint>();
  EXPECT_FALSE(without.has_maybe());
  const Paint zero = Make<Paint>({.maybe = 0, .maybe_text = "", .maybe_color = RED});
  EXPECT_TRUE(zero.has_maybe());
  EXPECT_TRUE(zero.has_maybe_text());
  EXPECT_EQ(zero.maybe_color(), RED);
}

TEST(Make, OneOfAOneof) {
  EXPECT_EQ(Make<Paint>().method_case(), Paint::METHOD_NOT_SET);
  EXPECT_EQ(Make<Paint>({.number = 0}).method_case(), Paint::kNumber);
  EXPECT_EQ(Make<Paint>({.text = "x"}).text(), "x");
  EXPECT_EQ(Make<Paint>({.other_coat = {{.layers = 3}}}).other_coat().layers(), 3);
  EXPECT_EQ(Make<Paint>({.raw = "x"}).method_case(), Paint::kRaw);
}

TEST(MakeDeathTest, TwoOfAOneofEndTheProcess) {
  EXPECT_DEATH(Make<Paint>({.number = 1, .text = "x"}),
               "2 members of oneof Paint.method are given, at most one can be");
}

}  // namespace
}  // namespace daybook
