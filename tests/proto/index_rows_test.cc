// What is generated for the indexes of a row.
#include "daybook/proto/index_rows.h"

#include <string>
#include <type_traits>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "guide/orders.daybook.h"

namespace orders {
namespace {

using daybook::IndexRange;
using daybook::IndexRows;
using daybook::Make;
using daybook::internal::IndexQuery;

using Orders = OrdersProjection;

template <typename... Values>
std::string BytesOf(const Values&... values) {
  std::string bytes;
  (daybook::internal::AppendIndexValue(values, &bytes), ...);
  return bytes;
}

TEST(IndexRows, AskForLeadingFieldsAndARangeOfTheNext) {
  static_assert(
      std::is_same_v<decltype(Orders::ByCustomer()), IndexRange<CustomerOrder, absl::string_view>>);
  static_assert(
      std::is_same_v<decltype(Orders::ByCustomer("ann")), IndexRange<CustomerOrder, uint64_t>>);
  static_assert(std::is_same_v<decltype(Orders::ByCustomer("ann", 7)), IndexRows<CustomerOrder>>);

  const IndexQuery all = Orders::ByCustomer().query();
  EXPECT_EQ(all.index, "by_customer");
  EXPECT_EQ(all.equal, "");
  EXPECT_FALSE(all.from.has_value() || all.until.has_value());
  const IndexQuery some = Orders::ByCustomer("ann").From(5).From(6).Until(10).query();
  EXPECT_EQ(some.equal, BytesOf(absl::string_view("ann")));
  EXPECT_EQ(some.from, BytesOf(uint64_t{6}));  // the last one counts
  EXPECT_EQ(some.until, BytesOf(uint64_t{10}));
  const IndexQuery one = Orders::ByCustomer("ann", 7).query();
  EXPECT_EQ(one.equal, BytesOf(absl::string_view("ann"), uint64_t{7}));
}

TEST(IndexRows, TheValuesOfARow) {
  static_assert(Orders::kIndexes.size() == 1);
  static_assert(Orders::kIndexes[0].name == "by_customer");
  static_assert(Orders::kIndexes[0].fields == "customer, pieces");
  std::string bytes;
  Orders::AppendIndexValues(0, Make<CustomerOrder>({.customer = "ann", .pieces = 7}), &bytes);
  EXPECT_EQ(bytes, Orders::ByCustomer("ann", 7).query().equal);
  bytes.clear();
  Orders::AppendIndexValues(0, CustomerOrder(), &bytes);
  EXPECT_EQ(bytes, Orders::ByCustomer("", 0).query().equal);
}

}  // namespace
}  // namespace orders
