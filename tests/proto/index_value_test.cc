// The order of the bytes is that of the values, however they are put together.
#include "daybook/proto/index_value.h"

#include <limits>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/timestamp.pb.h"
#include "gtest/gtest.h"

namespace daybook::internal {
namespace {

enum Sign { kMinus = -1, kNone, kPlus };

template <typename T>
std::string BytesOf(const T& value) {
  std::string bytes;
  AppendIndexValue(value, &bytes);
  return bytes;
}

// `values` ascend; each takes `width` bytes, or is text.
template <typename T>
void ExpectAscending(const std::vector<T>& values, size_t width) {
  for (size_t i = 0; i < values.size(); ++i) {
    const std::string bytes = BytesOf(values[i]);
    if (i > 0) {
      EXPECT_LT(BytesOf(values[i - 1]), bytes) << i;
    }
    // What follows does not matter, nor does it belong to it.
    for (const std::string& rest : {std::string(), std::string(3, '\0'), std::string("\xff")}) {
      const std::string both = bytes + rest;
      absl::string_view left = both;
      ASSERT_TRUE(SkipIndexValue(width, &left));
      EXPECT_EQ(left, rest);
      if (i > 0) {
        EXPECT_LT(BytesOf(values[i - 1]) + "\xff\xff", both) << i;
      }
    }
    absl::string_view cut = bytes;
    cut.remove_suffix(1);
    EXPECT_FALSE(SkipIndexValue(width, &cut)) << i;
  }
}

template <typename T>
std::vector<T> Edges() {
  using Limits = std::numeric_limits<T>;
  std::vector<T> values = {Limits::min(), Limits::min() + 1};
  if (Limits::is_signed) {
    for (const int value : {-65'537, -65'536, -257, -256, -255, -1, 0}) {
      values.push_back(static_cast<T>(value));
    }
  }
  for (const int value : {2, 255, 256, 257, 65'535, 65'536})
    values.push_back(static_cast<T>(value));
  values.push_back(Limits::max() - 1);
  values.push_back(Limits::max());
  return values;
}

TEST(IndexValue, NumbersAscend) {
  ExpectAscending(Edges<int32_t>(), 4);
  ExpectAscending(Edges<int64_t>(), 8);
  ExpectAscending(Edges<uint32_t>(), 4);
  ExpectAscending(Edges<uint64_t>(), 8);
  ExpectAscending<Sign>({kMinus, kNone, kPlus}, 4);
  EXPECT_LT(BytesOf(false), BytesOf(true));
  EXPECT_EQ(BytesOf(true).size(), 1u);
}

TEST(IndexValue, TimesAscend) {
  using Limits = std::numeric_limits<int64_t>;
  std::vector<absl::Time> times = {absl::InfinitePast()};
  for (const int64_t second : {Limits::min() + 1, int64_t{-2}, int64_t{-1}, int64_t{0}, int64_t{1},
                               int64_t{1'800'000'000}, Limits::max() - 1}) {
    for (const int nanos : {0, 1, 256, 999'999'999}) {
      times.push_back(absl::FromUnixSeconds(second) + absl::Nanoseconds(nanos));
    }
  }
  times.push_back(absl::InfiniteFuture());
  ExpectAscending(times, kIndexTimeBytes);
  for (const absl::Time time : times) {
    if (time == absl::InfinitePast() || time == absl::InfiniteFuture()) continue;
    google::protobuf::Timestamp stamp;
    stamp.set_seconds(absl::ToUnixSeconds(time));
    stamp.set_nanos(static_cast<int32_t>(
        absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(stamp.seconds()))));
    EXPECT_EQ(BytesOf(stamp), BytesOf(time)) << time;
  }
  EXPECT_EQ(BytesOf(google::protobuf::Timestamp()), BytesOf(absl::UnixEpoch()));
}

TEST(IndexValue, TextAscends) {
  ExpectAscending<std::string>(
      {"", std::string(1, '\0'), std::string(2, '\0'), std::string("\0\x01", 2),
       std::string("\0\xff", 2), "\x01", std::string("\x01\0", 2), "a", std::string("a\0", 2),
       std::string("a\0b", 3), "aa", "b", "\xc3\xa4", "\xff", std::string("\xff\0", 2), "\xff\xff"},
      0);
}

TEST(IndexValue, TextThatDoesNotEndIsNone) {
  for (const std::string& bytes :
       {std::string(), std::string("a"), std::string(1, '\0'), std::string("a\0", 2),
        std::string("a\0\xff", 3), std::string("a\0\x02", 3), std::string("\0\0", 2)}) {
    absl::string_view left = bytes;
    EXPECT_FALSE(SkipIndexValue(0, &left));
  }
}

TEST(IndexValue, SeveralAreComparedByTheFirstThatDiffers) {
  constexpr uint64_t kSeed = 7;
  SCOPED_TRACE(absl::StrCat("seed ", kSeed));
  std::mt19937_64 random(kSeed);
  using Values = std::tuple<std::string, int32_t, bool, std::string, uint64_t>;
  const auto text = [&] {
    std::string value;
    for (size_t n = random() % 3; n > 0; --n)
      value += std::string(
          "\0\x01\xff"
          "a",
          4)[random() % 4];
    return value;
  };
  const auto draw = [&] {
    return Values(text(), static_cast<int32_t>(random() % 3) - 1, random() % 2 == 0, text(),
                  random() % 2);
  };
  const auto bytes = [](const Values& values) {
    std::string all;
    std::apply([&](const auto&... value) { (AppendIndexValue(value, &all), ...); }, values);
    return all;
  };
  for (int i = 0; i < 20'000; ++i) {
    const Values a = draw();
    const Values b = draw();
    ASSERT_EQ(a < b, bytes(a) < bytes(b));
    ASSERT_EQ(a == b, bytes(a) == bytes(b));
  }
}

}  // namespace
}  // namespace daybook::internal
