#include "kv.h"

#include "coding.h"

namespace daybook::internal {

void KvBatch::Begin(uint8_t op, Family family, absl::string_view key) {
  bytes_.push_back(static_cast<char>(op));
  bytes_.push_back(static_cast<char>(family));
  AppendVarint(key.size(), &bytes_);
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
  AppendVarint(size, &bytes_);
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
  if (!ConsumeLengthPrefixed(&bytes, &operation.key)) return false;
  return operation.op == kDelete || ConsumeLengthPrefixed(&bytes, &operation.value);
}

}  // namespace daybook::internal
