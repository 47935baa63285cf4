// The lanes of an application: one for each stream in use, and the hot states that stay in memory.
#ifndef DAYBOOK_AGGREGATES_SRC_LANES_H_
#define DAYBOOK_AGGREGATES_SRC_LANES_H_

#include <array>
#include <cstddef>
#include <list>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "daybook/core/mutex.h"
#include "lane.h"

namespace daybook::internal {

// A bounded cache: lanes that nobody uses are dropped, the least recently used first, while there
// are more than `capacity`. Thread-safe.
class Lanes {
 public:
  Lanes(LaneHost* host, size_t capacity);

  // The stream's lane, pinned: the caller unpins it.
  Lane* Pin(const RegisteredAggregate* aggregate, const std::string& stream);
  // The same where the lane is there already; nullptr otherwise.
  Lane* Find(absl::string_view stream);

  size_t size() const;

 private:
  static constexpr size_t kMaxShards = 16;
  // Lanes in use that one Pin passes over in its search for one to drop.
  static constexpr int kLookedAt = 8;

  struct Shard {
    mutable Mutex mutex;
    // The most recently used first.
    std::list<Lane> lanes ABSL_GUARDED_BY(mutex);
    absl::flat_hash_map<absl::string_view, std::list<Lane>::iterator> by_stream
        ABSL_GUARDED_BY(mutex);
  };

  Shard& ShardOf(absl::string_view stream);
  void DropUnused(Shard& shard) ABSL_EXCLUSIVE_LOCKS_REQUIRED(shard.mutex);

  LaneHost* const host_;
  const size_t shard_count_;
  const size_t shard_capacity_;
  std::array<Shard, kMaxShards> shards_;
};

}  // namespace daybook::internal

#endif  // DAYBOOK_AGGREGATES_SRC_LANES_H_
