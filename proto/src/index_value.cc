#include "daybook/proto/index_value.h"

#include <algorithm>
#include <limits>

#include "google/protobuf/timestamp.pb.h"

namespace daybook::internal {
namespace {

// A 0x00 in text stands as 0x00 0xff; the end, 0x00 0x01, comes before that and all other bytes.
constexpr char kEscaped = '\xff';
constexpr char kEnd = '\x01';

template <typename T>
void AppendBigEndian(T value, std::string* bytes) {
  for (int shift = 8 * (static_cast<int>(sizeof(T)) - 1); shift >= 0; shift -= 8) {
    bytes->push_back(static_cast<char>(value >> shift));
  }
}

// The least value is 0.
template <typename Signed>
std::make_unsigned_t<Signed> FlipSign(Signed value) {
  using Unsigned = std::make_unsigned_t<Signed>;
  return static_cast<Unsigned>(value) ^ static_cast<Unsigned>(std::numeric_limits<Signed>::min());
}

}  // namespace

void AppendIndexValue(bool value, std::string* bytes) {
  bytes->push_back(value ? '\x01' : '\x00');
}

void AppendIndexValue(int32_t value, std::string* bytes) {
  AppendBigEndian(FlipSign(value), bytes);
}

void AppendIndexValue(int64_t value, std::string* bytes) {
  AppendBigEndian(FlipSign(value), bytes);
}

void AppendIndexValue(uint32_t value, std::string* bytes) {
  AppendBigEndian(value, bytes);
}

void AppendIndexValue(uint64_t value, std::string* bytes) {
  AppendBigEndian(value, bytes);
}

void AppendIndexValue(absl::string_view value, std::string* bytes) {
  for (const char byte : value) {
    bytes->push_back(byte);
    if (byte == '\0') bytes->push_back(kEscaped);
  }
  bytes->push_back('\0');
  bytes->push_back(kEnd);
}

void AppendIndexValue(absl::Time value, std::string* bytes) {
  const int64_t seconds = absl::ToUnixSeconds(value);
  const absl::Duration rest = value - absl::FromUnixSeconds(seconds);
  AppendIndexValue(seconds, bytes);
  // Of what is infinite the seconds are the least or the greatest that there are.
  AppendIndexValue(
      static_cast<int32_t>(std::clamp<int64_t>(absl::ToInt64Nanoseconds(rest), 0, 999'999'999)),
      bytes);
}

void AppendIndexValue(const google::protobuf::Timestamp& value, std::string* bytes) {
  AppendIndexValue(int64_t{value.seconds()}, bytes);
  AppendIndexValue(int32_t{value.nanos()}, bytes);
}

bool SkipIndexValue(size_t width, absl::string_view* bytes) {
  if (width > 0) {
    if (bytes->size() < width) return false;
    bytes->remove_prefix(width);
    return true;
  }
  for (size_t i = 0; i + 1 < bytes->size(); ++i) {
    if ((*bytes)[i] != '\0') continue;
    ++i;
    if ((*bytes)[i] == kEscaped) continue;
    if ((*bytes)[i] != kEnd) return false;
    bytes->remove_prefix(i + 1);
    return true;
  }
  return false;
}

}  // namespace daybook::internal
