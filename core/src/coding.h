// Integers as bytes: big-endian where bytes are compared, little-endian where they are only read,
// varints (LEB128, as Protocol Buffers writes them) where most are small.
#ifndef DAYBOOK_CORE_SRC_CODING_H_
#define DAYBOOK_CORE_SRC_CODING_H_

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>

#include "absl/strings/string_view.h"

namespace daybook::internal {

static_assert(std::endian::native == std::endian::little, "little-endian machines only");

template <typename T>
T ByteSwap(T value) {
  static_assert(sizeof(T) == 2 || sizeof(T) == 4 || sizeof(T) == 8);
  if constexpr (sizeof(T) == 2) return __builtin_bswap16(value);
  if constexpr (sizeof(T) == 4) return __builtin_bswap32(value);
  if constexpr (sizeof(T) == 8) return __builtin_bswap64(value);
}

template <typename T>
void StoreLittle(T value, char* to) {
  std::memcpy(to, &value, sizeof(T));
}
template <typename T>
T LoadLittle(const char* from) {
  T value;
  std::memcpy(&value, from, sizeof(T));
  return value;
}
template <typename T>
void StoreBig(T value, char* to) {
  StoreLittle(ByteSwap(value), to);
}
template <typename T>
T LoadBig(const char* from) {
  return ByteSwap(LoadLittle<T>(from));
}

template <typename T>
void AppendLittle(T value, std::string* to) {
  char bytes[sizeof(T)];
  StoreLittle(value, bytes);
  to->append(bytes, sizeof(T));
}
template <typename T>
void AppendBig(T value, std::string* to) {
  char bytes[sizeof(T)];
  StoreBig(value, bytes);
  to->append(bytes, sizeof(T));
}

inline void AppendVarint(uint64_t value, std::string* to) {
  while (value >= 0x80) {
    to->push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  to->push_back(static_cast<char>(value));
}

// Takes a varint off the front of `*from`; false when there is none, or one over 64 bits.
inline bool ConsumeVarint(absl::string_view* from, uint64_t* value) {
  uint64_t result = 0;
  for (size_t i = 0; i < from->size() && i < 10; ++i) {
    const auto byte = static_cast<uint8_t>((*from)[i]);
    if (i == 9 && byte > 1) return false;
    result |= uint64_t{byte & 0x7Fu} << (7 * i);
    if ((byte & 0x80) == 0) {
      from->remove_prefix(i + 1);
      *value = result;
      return true;
    }
  }
  return false;
}

// Takes a varint length and as many bytes off the front of `*from`; false when they are not there.
inline bool ConsumeLengthPrefixed(absl::string_view* from, absl::string_view* value) {
  uint64_t size = 0;
  if (!ConsumeVarint(from, &size) || size > from->size()) return false;
  *value = from->substr(0, size);
  from->remove_prefix(size);
  return true;
}

}  // namespace daybook::internal

#endif  // DAYBOOK_CORE_SRC_CODING_H_
