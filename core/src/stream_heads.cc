#include "stream_heads.h"

#include <algorithm>

#include "absl/hash/hash.h"

namespace daybook::internal {

StreamHeads::StreamHeads(size_t capacity) {
  for (std::unique_ptr<Shard>& shard : shards_) {
    shard = std::make_unique<Shard>(capacity / kShards);
  }
}

StreamHeads::Shard& StreamHeads::ShardOf(absl::string_view stream) const {
  // The maps within take the lower bits.
  return *shards_[(absl::HashOf(stream) >> 48) % kShards];
}

std::optional<StreamHead> StreamHeads::Find(absl::string_view stream) const {
  Shard& shard = ShardOf(stream);
  MutexLock lock(&shard.mutex);
  const StreamHead* const head = shard.heads.Find(stream);
  return head != nullptr ? std::optional<StreamHead>(*head) : std::nullopt;
}

void StreamHeads::Put(absl::string_view stream, const StreamHead& head) {
  Shard& shard = ShardOf(stream);
  MutexLock lock(&shard.mutex);
  shard.newest = std::max(shard.newest, head.sequence);
  if (StreamHead* const known = shard.heads.Find(stream); known != nullptr) {
    *known = head;
  } else {
    shard.heads.Put(std::string(stream), head);
  }
}

void StreamHeads::Offer(absl::string_view stream, const StreamHead& head, uint64_t tip) {
  Shard& shard = ShardOf(stream);
  MutexLock lock(&shard.mutex);
  // Since that tip the stream may have got events that are forgotten here.
  if (shard.newest > tip) return;
  if (shard.heads.Find(stream) == nullptr) shard.heads.Put(std::string(stream), head);
}

}  // namespace daybook::internal
