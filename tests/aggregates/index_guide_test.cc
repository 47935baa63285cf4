// The code of docs/guides/indexes.md.
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "daybook/aggregates/app.h"
#include "daybook/core/open.h"
#include "daybook/projections/view_index.h"
#include "daybook/testkit/status_matchers.h"
#include "gmock/gmock.h"
#include "guide/orders.daybook.h"

namespace orders {
namespace {

using daybook::App;
using daybook::IndexRows;
using daybook::IndexText;
using daybook::IsOk;
using daybook::Make;
using daybook::ViewPage;
using daybook::ViewRow;
using testing::ElementsAre;
using testing::IsEmpty;

struct Order : OrderAggregate {
  static Decision Decide(const State&, const PlaceOrder& order) {
    return daybook::Emit<OrderPlaced>({.customer = order.customer(), .lines = order.lines()});
  }
  static void Evolve(State& state, const OrderPlaced&) noexcept { state.set_placed(true); }
};

//! [view]
// Keyed by order.
struct Orders : OrdersProjection {
  static void On(Row& row, const OrderPlaced& event) {
    row.set_customer(event.customer());
    for (const Line& line : event.lines()) row.set_pieces(row.pieces() + line.pieces());
  }
};
//! [view]

//! [page]
// Twenty orders of a customer, the smallest first. `page` is empty, or `next` of the page before.
absl::StatusOr<ViewPage<Orders>> OrdersOf(const App& app, absl::string_view customer,
                                          std::string page) {
  return app.Find<Orders>(Orders::ByCustomer(customer), {.limit = 20, .page = std::move(page)});
}
//! [page]

//! [text]
// For `?by=by_customer&equals=ann&from=100`.
absl::StatusOr<ViewPage<Orders>> Search(const App& app, const IndexText& text) {
  const absl::StatusOr<IndexRows<CustomerOrder>> rows = daybook::ParseIndexRows<Orders>(text);
  if (!rows.ok()) return rows.status();  // InvalidArgument: "equals[0]: ..."
  return app.Find<Orders>(*rows, {.limit = 20});
}
//! [text]

std::vector<std::string> KeysOf(const absl::StatusOr<ViewPage<Orders>>& page) {
  EXPECT_THAT(page, IsOk());
  std::vector<std::string> keys;
  if (page.ok()) {
    for (const ViewRow<Orders>& row : page->rows) keys.push_back(row.key);
  }
  return keys;
}

TEST(IndexGuide, RowsByAnIndexAndPages) {
  auto store = daybook::OpenMemoryStore();
  ASSERT_THAT(store, IsOk());
  auto app = App::Open(*std::move(store), daybook::AppOptions(), daybook::Aggregate<Order>(),
                       daybook::Inline<Orders>());
  ASSERT_THAT(app, IsOk());
  for (int i = 0; i < 30; ++i) {
    const auto placed = app->Execute(Make<PlaceOrder>(
        {.order = absl::StrCat("order", i % 3, i),
         .customer = i % 3 == 0 ? "bob" : "ann",
         .currency = "CHF",
         .lines = {{.article = "lamp", .pieces = static_cast<uint32_t>(30 - i)}}}));
    ASSERT_THAT(placed, IsOk());
  }
  const auto first = OrdersOf(*app, "ann", "");
  EXPECT_EQ(KeysOf(first).size(), 20u);
  EXPECT_THAT(first->next, IsEmpty());
  EXPECT_EQ(first->rows.front().row.pieces(), 1u);

  //! [queries]
  // All of ann's, those of 5 to 9 pieces, those of exactly 7, and everybody's by customer.
  auto all = app->Find<Orders>(Orders::ByCustomer("ann"));
  auto some = app->Find<Orders>(Orders::ByCustomer("ann").From(5).Until(10));
  auto seven = app->Find<Orders>(Orders::ByCustomer("ann", 7));
  auto everybody = app->Find<Orders>(Orders::ByCustomer(), {.limit = 100});
  //! [queries]
  EXPECT_EQ(KeysOf(all), KeysOf(first));
  EXPECT_THAT(KeysOf(some), ElementsAre("order125", "order223", "order122"));
  EXPECT_THAT(KeysOf(seven), ElementsAre("order223"));
  EXPECT_EQ(KeysOf(everybody).size(), 30u);

  //! [watch]
  auto query = app->Watch<Orders>(Orders::ByCustomer("ann"));
  //! [watch]
  ASSERT_THAT(query, IsOk());
  const auto hers = query->Next(absl::ZeroDuration());
  ASSERT_THAT(hers, IsOk());
  EXPECT_EQ(hers->rows.size(), KeysOf(all).size());
  EXPECT_EQ(hers->rows.front().key, KeysOf(all).front());

  //! [keys]
  auto page = app->Page<Orders>({.prefix = "order1", .limit = 4});
  page = app->Page<Orders>({.prefix = "order1", .limit = 4, .page = page->next});
  //! [keys]
  EXPECT_EQ(KeysOf(page).size(), 4u);

  //! [backwards]
  // Ann's three largest orders, the largest first.
  auto largest = app->Find<Orders>(Orders::ByCustomer("ann"),
                                   {.limit = 3, .direction = daybook::Direction::kBackwards});
  //! [backwards]
  EXPECT_THAT(KeysOf(largest), ElementsAre("order11", "order22", "order14"));

  EXPECT_THAT(KeysOf(Search(*app, {.index = "by_customer", .equals = {"ann"}, .from = "29"})),
              ElementsAre("order11"));
  EXPECT_THAT(
      Search(*app, {.index = "by_size"}).status(),
      daybook::StatusIs(absl::StatusCode::kInvalidArgument, testing::HasSubstr("by_customer")));
}

}  // namespace
}  // namespace orders
