#include "lanes.h"

#include <algorithm>
#include <iterator>

#include "absl/hash/hash.h"

namespace daybook::internal {

Lanes::Lanes(LaneHost* host, size_t capacity)
    : host_(host),
      shard_count_(std::clamp<size_t>(capacity, 1, kMaxShards)),
      shard_capacity_(capacity / shard_count_) {}

Lanes::Shard& Lanes::ShardOf(absl::string_view stream) {
  // The map takes the low bits.
  return shards_[(absl::Hash<absl::string_view>()(stream) >> 32) % shard_count_];
}

Lane* Lanes::Pin(const RegisteredAggregate* aggregate, const std::string& stream) {
  Shard& shard = ShardOf(stream);
  MutexLock lock(&shard.mutex);
  const auto found = shard.by_stream.find(stream);
  if (found != shard.by_stream.end()) {
    shard.lanes.splice(shard.lanes.begin(), shard.lanes, found->second);
  } else {
    shard.lanes.emplace_front(host_, aggregate, stream);
    shard.by_stream[shard.lanes.front().stream()] = shard.lanes.begin();
  }
  Lane* const lane = &shard.lanes.front();
  lane->Pin();
  if (shard.lanes.size() > shard_capacity_) DropUnused(shard);
  return lane;
}

Lane* Lanes::Find(absl::string_view stream) {
  Shard& shard = ShardOf(stream);
  MutexLock lock(&shard.mutex);
  const auto found = shard.by_stream.find(stream);
  if (found == shard.by_stream.end()) return nullptr;
  found->second->Pin();
  return &*found->second;
}

void Lanes::DropUnused(Shard& shard) {
  auto lane = shard.lanes.end();
  for (int looked = 0; looked < kLookedAt && lane != shard.lanes.begin(); ++looked) {
    if (shard.lanes.size() <= shard_capacity_) return;
    --lane;
    if (lane->pinned()) continue;
    shard.by_stream.erase(lane->stream());
    lane = shard.lanes.erase(lane);
    host_->parts().counters->states_dropped.Add();
  }
}

size_t Lanes::size() const {
  size_t size = 0;
  for (const Shard& shard : shards_) {
    MutexLock lock(&shard.mutex);
    size += shard.lanes.size();
  }
  return size;
}

}  // namespace daybook::internal
