#include "kv.h"

namespace daybook::internal {
namespace {

void AppendVarint32(std::string& out, uint32_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<char>(value));
}

bool TakeVarint32(absl::string_view& bytes, uint32_t& value) {
  uint64_t result = 0;
  for (int shift = 0; shift <= 28; shift += 7) {
    if (bytes.empty()) return false;
    const auto byte = static_cast<uint8_t>(bytes.front());
    bytes.remove_prefix(1);
    result |= uint64_t{byte & 0x7fu} << shift;
    if (byte < 0x80) {
      value = static_cast<uint32_t>(result);
      return result <= UINT32_MAX;
    }
  }
  return false;
}

bool TakeString(absl::string_view& bytes, absl::string_view& string) {
  uint32_t size = 0;
  if (!TakeVarint32(bytes, size) || size > bytes.size()) return false;
  string = bytes.substr(0, size);
  bytes.remove_prefix(size);
  return true;
}

}  // namespace

void KvBatch::Begin(uint8_t op, Family family, absl::string_view key) {
  bytes_.push_back(static_cast<char>(op));
  bytes_.push_back(static_cast<char>(family));
  AppendVarint32(bytes_, static_cast<uint32_t>(key.size()));
  bytes_.append(key.data(), key.size());
}

void KvBatch::Put(Family family, absl::string_view key, absl::string_view value) {
  Put(family, key, absl::MakeConstSpan(&value, 1));
}

void KvBatch::Put(Family family, absl::string_view key,
                  absl::Span<const absl::string_view> value_parts) {
  size_t size = 0;
  for (const absl::string_view part : value_parts) size += part.size();
  Begin(kPut, family, key);
  AppendVarint32(bytes_, static_cast<uint32_t>(size));
  for (const absl::string_view part : value_parts) bytes_.append(part.data(), part.size());
}

void KvBatch::Delete(Family family, absl::string_view key) {
  Begin(kDelete, family, key);
}

bool KvBatch::Take(absl::string_view& bytes, Operation& operation) {
  if (bytes.size() < 2) return false;
  operation.op = static_cast<uint8_t>(bytes[0]);
  const auto family = static_cast<uint8_t>(bytes[1]);
  if (operation.op != kPut && operation.op != kDelete) return false;
  if (family >= kFamilies) return false;
  operation.family = static_cast<Family>(family);
  bytes.remove_prefix(2);
  if (!TakeString(bytes, operation.key)) return false;
  return operation.op == kDelete || TakeString(bytes, operation.value);
}

}  // namespace daybook::internal
