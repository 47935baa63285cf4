// The events of one stream, by their positions.
#ifndef DAYBOOK_CORE_SRC_STREAM_EVENTS_H_
#define DAYBOOK_CORE_SRC_STREAM_EVENTS_H_

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "daybook/core/event.h"
#include "event_storage.h"
#include "format.h"
#include "kv.h"

namespace daybook::internal {

// Looks them up some at a time, so that no more is read than is wanted; where they lie close to one
// another, an iterator goes from one to the next. For one call of Load.
class StreamEvents {
 public:
  StreamEvents(const Kv& kv, std::shared_ptr<const KvSnapshot> snapshot, StreamId stream,
               EventStorage* storage)
      : kv_(kv), snapshot_(std::move(snapshot)), stream_(stream), storage_(*storage) {}

  // Those at `sequences`, which ascend or descend, up to the one that reaches `max_bytes`, without
  // names. DataLoss where one is not there, or is another stream's.
  absl::StatusOr<std::vector<RecordedEvent>> Load(absl::Span<const uint64_t> sequences,
                                                  size_t max_bytes);

 private:
  size_t NextCount(size_t left, size_t max_bytes) const;
  absl::Status AddEach(absl::Span<const uint64_t> sequences, size_t max_bytes);
  absl::Status AddOnTheWay(absl::Span<const uint64_t> sequences, size_t max_bytes);
  absl::Status Add(uint64_t sequence, absl::string_view value);

  const Kv& kv_;
  const std::shared_ptr<const KvSnapshot> snapshot_;
  const StreamId stream_;
  EventStorage& storage_;
  std::vector<RecordedEvent> events_;
  size_t bytes_ = 0;
};

}  // namespace daybook::internal

#endif  // DAYBOOK_CORE_SRC_STREAM_EVENTS_H_
