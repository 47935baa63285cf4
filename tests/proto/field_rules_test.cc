// Each rule at its bounds, with the payload that a breach carries.
#include "daybook/proto/field_rules.h"

#include <cmath>
#include <functional>
#include <limits>
#include <string>

#include "absl/strings/str_cat.h"
#include "daybook/core/errors.h"
#include "gmock/gmock.h"
#include "golden/kinds.daybook.h"
#include "golden/transfers.daybook.h"

namespace daybook {
namespace {

// Keeps every rule.
Check Sound() {
  return Make<Check>({.wall = "w",
                      .text = "ab",
                      .code = "A?",
                      .currency = "EUR",
                      .data = "x",
                      .some = 1,
                      .ratio = 1,
                      .share = 0.5f,
                      .items = {1},
                      .color = RED,
                      .address = {{.zip = "8000"}},
                      .needed = 0,
                      .words = {"a"},
                      .places = {{"home", Make<Address>({.zip = "8001"})}},
                      .agreed = true,
                      .token = "t",
                      .weight = 1});
}

// "" or "field: rule", as the payload has them.
template <typename Command>
std::string Broken(const Command& command) {
  const absl::Status status = MessageTraits<Command>::Validate(command);
  if (status.ok()) return "";
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  const auto payload = ErrorPayload<v1::InvalidField>(status);
  EXPECT_TRUE(payload.has_value()) << status;
  if (!payload.has_value()) return "no payload";
  const std::string text = absl::StrCat(payload->field(), ": ", payload->rule());
  EXPECT_EQ(status.message(), text);
  return text;
}

// The same of a sound Check after the change.
std::string After(const std::function<void(Check&)>& change) {
  Check check = Sound();
  change(check);
  return Broken(check);
}

TEST(FieldRules, SoundIsOk) {
  EXPECT_EQ(Broken(Sound()), "");
}

TEST(FieldRules, TheKeyOfTheStreamMustBeSet) {
  EXPECT_EQ(After([](Check& c) { c.clear_wall(); }),
            "Check.wall: must be set: it is the key of the stream");
  EXPECT_EQ(Broken(Make<Paint>({.wall = 0})), "");
}

TEST(FieldRules, StringLengthInCodePoints) {
  const std::string rule_low = "Check.text: must have at least 2 characters";
  const std::string rule_high = "Check.text: must have at most 3 characters";
  EXPECT_EQ(After([](Check& c) { c.set_text(""); }), rule_low);
  EXPECT_EQ(After([](Check& c) { c.set_text("ä"); }), rule_low);
  EXPECT_EQ(After([](Check& c) { c.set_text("äö"); }), "");
  EXPECT_EQ(After([](Check& c) { c.set_text("a€😀"); }), "");
  EXPECT_EQ(After([](Check& c) { c.set_text("abcd"); }), rule_high);
}

TEST(FieldRules, StringsMustBeUtf8) {
  for (const char* text : {"\xff", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82",
                           "\x80", "\xf0\x8f\xbf\xbf", "a\xc3"}) {
    EXPECT_EQ(After([&](Check& c) { c.set_wall(text); }), "Check.wall: must be valid UTF-8");
  }
  for (const char* text :
       {"\x7f", "\xc2\x80", "\xed\x9f\xbf", "\xf4\x8f\xbf\xbf", "\xee\x80\x80"}) {
    EXPECT_EQ(After([&](Check& c) { c.set_wall(text); }), "");
  }
}

TEST(FieldRules, Pattern) {
  const std::string rule = "Check.code: must match ^[A-Z]\\?$";
  EXPECT_EQ(After([](Check& c) { c.set_code("Z?"); }), "");
  EXPECT_EQ(After([](Check& c) { c.set_code(""); }), rule);
  EXPECT_EQ(After([](Check& c) { c.set_code("AB?"); }), rule);
  // A NUL does not end the text.
  EXPECT_EQ(After([](Check& c) { c.set_code(std::string("A?\0", 3)); }), rule);
}

TEST(FieldRules, StringIn) {
  EXPECT_EQ(After([](Check& c) { c.set_currency("USD"); }), "");
  EXPECT_EQ(After([](Check& c) { c.set_currency("usd"); }),
            "Check.currency: must be one of \"EUR\", \"USD\"");
}

TEST(FieldRules, BytesLength) {
  EXPECT_EQ(After([](Check& c) { c.set_data(""); }), "Check.data: must have at least 1 byte");
  EXPECT_EQ(After([](Check& c) { c.set_data("\xff\xff"); }), "");
  EXPECT_EQ(After([](Check& c) { c.set_data("xxx"); }), "Check.data: must have at most 2 bytes");
}

TEST(FieldRules, OpenBounds) {
  EXPECT_EQ(After([](Check& c) { c.set_open(-2); }), "Check.open: must be > -2");
  EXPECT_EQ(After([](Check& c) { c.set_open(-1); }), "");
  EXPECT_EQ(After([](Check& c) { c.set_open(1); }), "");
  EXPECT_EQ(After([](Check& c) { c.set_open(2); }), "Check.open: must be < 2");
}

TEST(FieldRules, ClosedBoundsAtTheEndsOfTheirTypes) {
  EXPECT_EQ(After([](Check& c) { c.set_closed(INT64_MIN); }), "");
  EXPECT_EQ(After([](Check& c) { c.set_closed(5); }), "");
  EXPECT_EQ(After([](Check& c) { c.set_closed(6); }), "Check.closed: must be <= 5");
  EXPECT_EQ(After([](Check& c) { c.set_big(INT64_MAX); }), "");
  EXPECT_EQ(After([](Check& c) { c.set_big(uint64_t{INT64_MAX} + 1); }),
            "Check.big: must be <= 9223372036854775807");
}

TEST(FieldRules, IntegerIn) {
  EXPECT_EQ(After([](Check& c) { c.set_some(7); }), "");
  EXPECT_EQ(After([](Check& c) { c.set_some(2); }), "Check.some: must be one of 1, 7");
}

TEST(FieldRules, Floating) {
  EXPECT_EQ(After([](Check& c) { c.set_ratio(0); }), "Check.ratio: must be > 0");
  EXPECT_EQ(After([](Check& c) { c.set_ratio(std::numeric_limits<double>::denorm_min()); }), "");
  EXPECT_EQ(After([](Check& c) { c.set_ratio(1.5); }), "Check.ratio: must be < 1.5");
  EXPECT_EQ(After([](Check& c) { c.set_ratio(std::nextafter(1.5, 0)); }), "");
  EXPECT_EQ(After([](Check& c) { c.set_ratio(std::nan("")); }), "Check.ratio: must be > 0");
}

TEST(FieldRules, FloatBoundsAreFloats) {
  EXPECT_EQ(After([](Check& c) { c.set_share(0.1f); }), "");
  EXPECT_EQ(After([](Check& c) { c.set_share(0.7f); }), "");
  EXPECT_EQ(After([](Check& c) { c.set_share(std::nextafter(0.1f, 0.0f)); }),
            "Check.share: must be >= 0.1");
  EXPECT_EQ(After([](Check& c) { c.set_share(std::nextafter(0.7f, 1.0f)); }),
            "Check.share: must be <= 0.7");
}

TEST(FieldRules, RepeatedCountsAndEachItem) {
  EXPECT_EQ(After([](Check& c) { c.clear_items(); }), "Check.items: must have at least 1 item");
  EXPECT_EQ(After([](Check& c) { c.add_items(2); }), "");
  EXPECT_EQ(After([](Check& c) {
              c.add_items(2);
              c.add_items(3);
            }),
            "Check.items: must have at most 2 items");
  EXPECT_EQ(After([](Check& c) { c.add_items(0); }), "Check.items[1]: must be > 0");
  EXPECT_EQ(After([](Check& c) { c.add_words("abc"); }),
            "Check.words[1]: must have at most 2 characters");
}

TEST(FieldRules, DefinedOnly) {
  EXPECT_EQ(After([](Check& c) { c.set_color(static_cast<Color>(9)); }),
            "Check.color: must be a value that Color defines");
  EXPECT_EQ(After([](Check& c) {
              c.add_colors(RED);
              c.add_colors(static_cast<Color>(-1));
            }),
            "Check.colors[1]: must be a value that Color defines");
}

TEST(FieldRules, Required) {
  EXPECT_EQ(After([](Check& c) { c.clear_color(); }), "Check.color: must be set");
  EXPECT_EQ(After([](Check& c) { c.clear_address(); }), "Check.address: must be set");
  EXPECT_EQ(After([](Check& c) { c.clear_needed(); }), "Check.needed: must be set");
  EXPECT_EQ(After([](Check& c) { c.clear_words(); }), "Check.words: must be set");
  EXPECT_EQ(After([](Check& c) { c.clear_places(); }), "Check.places: must be set");
  EXPECT_EQ(After([](Check& c) { c.clear_agreed(); }), "Check.agreed: must be set");
  EXPECT_EQ(After([](Check& c) { c.clear_token(); }), "Check.token: must be set");
  EXPECT_EQ(After([](Check& c) { c.clear_weight(); }), "Check.weight: must be set");
}

TEST(FieldRules, AbsentFieldsKeepTheirRules) {
  EXPECT_EQ(After([](Check& c) { c.clear_maybe(); }), "");
  EXPECT_EQ(After([](Check& c) { c.set_maybe(0); }), "Check.maybe: must be > 0");
  EXPECT_EQ(After([](Check& c) { c.clear_method(); }), "");
  EXPECT_EQ(After([](Check& c) { c.set_name(""); }), "Check.name: must have at least 1 character");
}

TEST(FieldRules, NestedMessagesByPath) {
  EXPECT_EQ(After([](Check& c) { c.mutable_address()->set_zip("x"); }),
            "Check.address.zip: must match ^[0-9]{4}$");
  EXPECT_EQ(After([](Check& c) { c.mutable_other(); }), "Check.other.zip: must match ^[0-9]{4}$");
  EXPECT_EQ(After([](Check& c) { (*c.mutable_places())["b"].set_zip("1"); }),
            "Check.places.zip: must match ^[0-9]{4}$");
  EXPECT_EQ(After([](Check& c) {
              c.add_nodes()->set_name("a");
              Node* second = c.add_nodes();
              second->set_name("b");
              second->mutable_left()->set_name("c");
              second->mutable_left()->add_more();
            }),
            "Check.nodes[1].left.more[0].name: must be set");
}

TEST(FieldRules, MessagesOfAnImportToo) {
  using golden::transfers::v1::StartTransfer;
  EXPECT_EQ(Broken(StartTransfer()), "StartTransfer.deposit: must be set");
  EXPECT_EQ(Broken(Make<StartTransfer>({.deposit = {{.account = "a", .amount = 0}}})),
            "StartTransfer.deposit.amount: must be > 0");
}

}  // namespace
}  // namespace daybook
