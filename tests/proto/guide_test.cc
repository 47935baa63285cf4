// The code that docs/guides/contract.md shows.
#include "absl/status/status.h"
#include "daybook/core/errors.h"
#include "gtest/gtest.h"
#include "guide/orders.daybook.h"

namespace orders {
namespace {

using daybook::Make;

TEST(Guide, MakesMessages) {
  //! [make]
  const PlaceOrder order = Make<PlaceOrder>({
      .order = "2026-17",
      .customer = "ann",
      .currency = "CHF",
      .lines = {{.article = "lamp", .pieces = 2}, {.article = "bulb", .pieces = 4}},
  });
  const OrderPlaced placed =
      Make<OrderPlaced>({.customer = order.customer(), .lines = order.lines()});
  //! [make]
  EXPECT_FALSE(order.has_voucher());
  EXPECT_EQ(placed.lines(1).article(), "bulb");
}

TEST(Guide, ChecksRules) {
  PlaceOrder order = Make<PlaceOrder>({.order = "2026-17", .customer = "ann", .currency = "CHF"});
  order.add_lines()->set_article("lamp");
  //! [validate]
  const absl::Status status = daybook::MessageTraits<PlaceOrder>::Validate(order);
  EXPECT_EQ(status.message(), "PlaceOrder.lines[0].pieces: must be >= 1");
  const auto payload = daybook::ErrorPayload<daybook::v1::InvalidField>(status);
  EXPECT_EQ(payload->field(), "PlaceOrder.lines[0].pieces");
  EXPECT_EQ(payload->rule(), "must be >= 1");
  //! [validate]
}

TEST(Guide, KnowsTheContract) {
  static_assert(std::is_same_v<OrderAggregate::Events, daybook::TypeList<OrderPlaced>>);
  EXPECT_EQ(daybook::MessageTraits<OrderPlaced>::kTypeName, "orders.placed");
  EXPECT_EQ(daybook::MessageTraits<OrderPlaced>::Tags(Make<OrderPlaced>({.customer = "ann"})),
            std::vector<std::string>{"customer:ann"});
}

}  // namespace
}  // namespace orders
