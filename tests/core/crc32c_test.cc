#include "crc32c.h"

#include <iostream>
#include <random>
#include <string>

#include "gtest/gtest.h"

namespace daybook::internal {
namespace {

// The examples of RFC 3720, B.4, and the check value of the polynomial.
TEST(Crc32c, KeepsTheStandard) {
  std::string ascending;
  for (int i = 0; i < 32; ++i) ascending.push_back(static_cast<char>(i));
  for (const auto extend : {ExtendCrc32c, ExtendCrc32cPortable}) {
    EXPECT_EQ(extend(0, std::string(32, '\0')), 0x8A9136AAu);
    EXPECT_EQ(extend(0, std::string(32, '\xff')), 0x62A8AB43u);
    EXPECT_EQ(extend(0, ascending), 0x46DD794Eu);
    EXPECT_EQ(extend(0, "123456789"), 0xE3069283u);
    EXPECT_EQ(extend(0, ""), 0u);
  }
}

TEST(Crc32c, BothWaysAgreeAndExtend) {
  const uint64_t seed = std::random_device()();
  std::cout << "seed " << seed << "\n";
  std::mt19937_64 random(seed);
  for (int i = 0; i < 300; ++i) {
    std::string bytes(random() % 100, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    const absl::string_view view = bytes;
    const size_t split = bytes.empty() ? 0 : random() % bytes.size();
    EXPECT_EQ(Crc32c(view), ExtendCrc32cPortable(0, view));
    EXPECT_EQ(Crc32c(view), ExtendCrc32c(Crc32c(view.substr(0, split)), view.substr(split)));
  }
}

}  // namespace
}  // namespace daybook::internal
