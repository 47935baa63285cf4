#include "printable.h"

#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace daybook::tools {
namespace {

TEST(PrintableTest, LeavesTextAlone) {
  for (const char* text : {"", "a b", "say \"hi\"", "Zürich", "счёт", "حساب", "口座", "😀"}) {
    EXPECT_EQ(Printable(text), text);
  }
}

TEST(PrintableTest, EscapesWhatATerminalWouldObey) {
  EXPECT_EQ(Printable("a\nb\r\t"), "a\\nb\\r\\t");
  EXPECT_EQ(Printable(absl::string_view("\0", 1)), "\\u0000");
  EXPECT_EQ(Printable("\x1b[2J\x07"), "\\u001b[2J\\u0007");
  EXPECT_EQ(Printable("\x7f"), "\\u007f");
  EXPECT_EQ(Printable("a\xc2\x9b"
                      "2Jb"),
            "a\\u009b2Jb");  // CSI in one character
  EXPECT_EQ(Printable("a\xe2\x80\xae"
                      "b"),
            "a\\u202eb");  // right-to-left override
  EXPECT_EQ(Printable("\xe2\x81\xa6\xe2\x80\xa8"), "\\u2066\\u2028");
  EXPECT_EQ(Printable("a\\nb"), "a\\\\nb");
}

TEST(PrintableTest, ReplacesWhatIsNotUtf8) {
  EXPECT_EQ(Printable("a\xff"
                      "b"),
            "a\xef\xbf\xbd"
            "b");
  EXPECT_EQ(Printable("\xc2"), "\xef\xbf\xbd");
  EXPECT_EQ(Printable("\x9b"), "\xef\xbf\xbd");
}

TEST(JsonLineTest, IsOneSafeLineThatReadsBackTheSame) {
  const nlohmann::ordered_json value = {{"b", "x\n\x1b\x7f\xc2\x9b\xe2\x80\xae é 😀"},
                                        {"a", {1, "\xc2\x80"}}};
  const std::string line = JsonLine(value);
  EXPECT_EQ(line, "{\"b\":\"x\\n\\u001b\\u007f\\u009b\\u202e é 😀\",\"a\":[1,\"\\u0080\"]}\n");
  EXPECT_EQ(nlohmann::ordered_json::parse(line), value);
}

}  // namespace
}  // namespace daybook::tools
