// The newest heads of streams, for who reads: without it each load of a state asks the index where
// its stream ends.
#ifndef DAYBOOK_CORE_SRC_STREAM_HEADS_H_
#define DAYBOOK_CORE_SRC_STREAM_HEADS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/strings/string_view.h"
#include "bounded_cache.h"
#include "daybook/core/mutex.h"
#include "format.h"

namespace daybook::internal {

// Where a stream ends.
struct StreamHead {
  StreamId id = 0;
  uint64_t version = 0;   // of its last event
  uint64_t sequence = 0;  // the position of that
};

// What is known here is the newest, published or not: a reader whose tip is before its position
// cannot use it. Thread-safe.
class StreamHeads {
 public:
  explicit StreamHeads(size_t capacity);

  std::optional<StreamHead> Find(absl::string_view stream) const;
  // The stream got events. Before they are published, of the sequencer alone.
  void Put(absl::string_view stream, const StreamHead& head);
  // `head` was read from the store as of `tip`. Taken unless it may be out of date.
  void Offer(absl::string_view stream, const StreamHead& head, uint64_t tip);

 private:
  struct Shard {
    explicit Shard(size_t capacity) : heads(capacity) {}
    mutable Mutex mutex;
    BoundedCache<std::string, StreamHead> heads ABSL_GUARDED_BY(mutex);
    // The position up to which streams of this shard got events, whether they are still known.
    uint64_t newest ABSL_GUARDED_BY(mutex) = 0;
  };
  static constexpr size_t kShards = 16;

  Shard& ShardOf(absl::string_view stream) const;

  std::array<std::unique_ptr<Shard>, kShards> shards_;
};

}  // namespace daybook::internal

#endif  // DAYBOOK_CORE_SRC_STREAM_HEADS_H_
