// Format 1: the keys of every family, in one place. The grammar and its reasons stand in
// docs/formats/store.md; the value of a log entry in record.h and docs/formats/event.md.
#ifndef DAYBOOK_CORE_SRC_FORMAT_H_
#define DAYBOOK_CORE_SRC_FORMAT_H_

#include <array>
#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "coding.h"
#include "daybook/core/uuid.h"

namespace daybook::internal {

inline constexpr uint32_t kFormat = 1;

using Hash = std::array<uint8_t, 32>;
inline constexpr size_t kChainPrefixBytes = 8;

// A stream's id: the number of its category above, its number within the category below, both from
// 1. So the streams of a category lie side by side, and an event tells its category by itself.
using StreamId = uint64_t;
constexpr StreamId MakeStreamId(uint32_t category, uint32_t number) {
  return (StreamId{category} << 32) | number;
}
constexpr uint32_t CategoryIdOf(StreamId id) {
  return static_cast<uint32_t>(id >> 32);
}
constexpr uint32_t NumberOf(StreamId id) {
  return static_cast<uint32_t>(id);
}

using TypeId = uint32_t;

// A fixed-size key, built without touching the heap.
template <size_t N>
struct FixedKey {
  char bytes[N];
  operator absl::string_view() const { return {bytes, N}; }  // NOLINT: that is its purpose
};

// log: position → record
inline FixedKey<8> LogKey(uint64_t sequence) {
  FixedKey<8> key;
  StoreBig(sequence, key.bytes);
  return key;
}

// streams: stream id, version → position (varint)
inline FixedKey<16> StreamKey(StreamId id, uint64_t version) {
  FixedKey<16> key;
  StoreBig(id, key.bytes);
  StoreBig(version, key.bytes + 8);
  return key;
}

// The value of both indexes: a position.
inline std::string EncodePosition(uint64_t sequence) {
  std::string bytes;
  AppendVarint(sequence, &bytes);
  return bytes;
}

// ids: event id → position (varint)
inline absl::string_view IdKey(const Uuid& id) {
  return id.bytes();
}

// rows: table id, key → row
inline std::string RowKey(uint32_t table, absl::string_view key) {
  std::string row;
  row.reserve(4 + key.size());
  AppendBig(table, &row);
  row.append(key.data(), key.size());
  return row;
}

// meta: a letter, then
inline constexpr absl::string_view kFormatKey = "F";  // → format, store id, time made
inline constexpr absl::string_view kGroupKey = "G";   // → the newest group, see GroupMark
inline std::string CategoryNameKey(absl::string_view name) {
  return absl::StrCat("c", name);
}
inline std::string StreamNameKey(absl::string_view name) {
  return absl::StrCat("s", name);
}
inline std::string TypeKey(TypeId id) {
  std::string key = "t";
  AppendBig(id, &key);
  return key;
}
inline std::string TableKey(absl::string_view name) {
  return absl::StrCat("T", name);
}
inline FixedKey<5> CategoryKey(uint32_t id) {
  FixedKey<5> key;
  key.bytes[0] = 'C';
  StoreBig(id, key.bytes + 1);
  return key;
}
inline FixedKey<9> StreamIdKey(StreamId id) {
  FixedKey<9> key;
  key.bytes[0] = 'n';
  StoreBig(id, key.bytes + 1);
  return key;
}

// What the newest group left: written with each group, so that a recovered store knows how far it
// got, table writes included.
struct GroupMark {
  uint64_t number = 0;
  uint64_t tip = 0;
  uint64_t streams = 0;
  uint32_t categories = 0;
  Hash chain{};
  static constexpr size_t kBytes = 8 + 8 + 8 + 4 + 32;

  std::string Encode() const {
    std::string bytes;
    AppendLittle(number, &bytes);
    AppendLittle(tip, &bytes);
    AppendLittle(streams, &bytes);
    AppendLittle(categories, &bytes);
    bytes.append(reinterpret_cast<const char*>(chain.data()), chain.size());
    return bytes;
  }
  static bool Decode(absl::string_view bytes, GroupMark* mark) {
    if (bytes.size() != kBytes) return false;
    mark->number = LoadLittle<uint64_t>(bytes.data());
    mark->tip = LoadLittle<uint64_t>(bytes.data() + 8);
    mark->streams = LoadLittle<uint64_t>(bytes.data() + 16);
    mark->categories = LoadLittle<uint32_t>(bytes.data() + 24);
    std::memcpy(mark->chain.data(), bytes.data() + 28, 32);
    return true;
  }
};

}  // namespace daybook::internal

#endif  // DAYBOOK_CORE_SRC_FORMAT_H_
