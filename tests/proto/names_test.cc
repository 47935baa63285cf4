#include "names.h"

#include "gtest/gtest.h"

namespace daybook::generator {
namespace {

TEST(Names, SnakeCase) {
  EXPECT_EQ(SnakeCase("Account"), "account");
  EXPECT_EQ(SnakeCase("LoanApplication"), "loan_application");
  EXPECT_EQ(SnakeCase("HTTPServer"), "http_server");
  EXPECT_EQ(SnakeCase("Area51Gate"), "area51_gate");
  EXPECT_EQ(SnakeCase("already_Snake"), "already_snake");
  EXPECT_EQ(SnakeCase("x"), "x");
}

TEST(Names, CamelCase) {
  EXPECT_EQ(CamelCase("by_customer"), "ByCustomer");
  EXPECT_EQ(CamelCase("by_x_2"), "ByX2");
  EXPECT_EQ(CamelCase("x"), "X");
}

TEST(Names, Identifiers) {
  EXPECT_TRUE(IsIdentifier("Account2_b"));
  for (const char* name : {"", "2x", "_x", "a-b", "a.b", "a b", "ä"}) {
    EXPECT_FALSE(IsIdentifier(name)) << name;
  }
}

TEST(Names, LiteralsTakeAnyBytes) {
  EXPECT_EQ(Literal("a\"b\\c\n"), R"("a\"b\\c\n")");
  // No trigraph.
  EXPECT_EQ(Literal("?\?="), "\"\\?\\?=\"");
  // Octal escapes end after three digits, so that a digit may follow.
  EXPECT_EQ(Literal(absl::string_view("\0"
                                      "1",
                                      2)),
            R"("\0001")");
}

}  // namespace
}  // namespace daybook::generator
