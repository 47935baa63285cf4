// Events: to be appended, and as recorded.
#ifndef DAYBOOK_CORE_EVENT_H_
#define DAYBOOK_CORE_EVENT_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "daybook/core/metadata.h"
#include "daybook/core/position.h"
#include "daybook/core/uuid.h"

namespace daybook {

// How a payload stands in the log.
enum class PayloadEncoding : uint8_t {
  kPlain = 0,   // as the producer gave it
  kSealed = 1,  // encrypted; metadata.key_id names the key
};

// A fact to be appended.
struct Event {
  // Makes the append idempotent, in the whole store and for good: a second append of the same ids
  // changes nothing. Costs an index entry of about 29 bytes on disk and a look-up. None: a random
  // one is given, and a retry appends again.
  EventId id;
  // The stable name of its type, 1 to kMaxTypeNameBytes bytes.
  std::string type;
  uint32_t schema_version = 1;  // 1 to 65,535
  PayloadEncoding encoding = PayloadEncoding::kPlain;
  std::string payload;  // at most kMaxPayloadBytes
  Metadata metadata;    // at most kMaxMetadataBytes when encoded
};

// An event of the log: a view, valid as long as the EventBatch that it came from.
struct RecordedEvent {
  Position position;
  absl::string_view stream;
  uint64_t version = 0;  // in its stream, from 0
  EventId id;
  absl::string_view type;
  uint32_t schema_version = 1;
  absl::Time recorded_time;  // to the microsecond; never decreases along positions
  PayloadEncoding encoding = PayloadEncoding::kPlain;
  // A scavenge removed the payload; its digest remains in the log, `payload` is empty.
  bool removed = false;
  absl::string_view payload;
  MetadataView metadata;
  // The stream's number in this store's dictionary: equal for events of one stream. For indexes
  // and caches of this process; never stored outside of the store.
  uint64_t stream_id = 0;
  uint32_t type_id = 0;  // likewise
  // The event as the log holds it (docs/formats/event.md), for LogEntryOf; empty where it is not
  // from the log: in a CommitParticipant.
  absl::string_view record;
};

// Some events in order, with the memory that they view. Cheap to copy (shared); immutable, so any
// number of threads may read it.
class EventBatch {
 public:
  using value_type = RecordedEvent;
  using const_iterator = const RecordedEvent*;
  using iterator = const_iterator;

  EventBatch() = default;
  // `storage` keeps alive what `events` view.
  EventBatch(std::vector<RecordedEvent> events, std::shared_ptr<const void> storage, Position next,
             bool at_end);

  size_t size() const { return events_ ? events_->size() : 0; }
  bool empty() const { return size() == 0; }
  const RecordedEvent& operator[](size_t i) const { return (*events_)[i]; }
  const RecordedEvent* begin() const { return events_ ? events_->data() : nullptr; }
  const RecordedEvent* end() const { return events_ ? events_->data() + events_->size() : nullptr; }
  const RecordedEvent& front() const { return events_->front(); }
  const RecordedEvent& back() const { return events_->back(); }

  // Log reads: the position to give as `after` (forwards) or `before` (backwards) to go on. It
  // also moves over events that a filter left out.
  Position next() const { return next_; }
  // No event is left in this direction as of the reader's tip.
  bool at_end() const { return at_end_; }

 private:
  std::shared_ptr<const std::vector<RecordedEvent>> events_;
  std::shared_ptr<const void> storage_;
  Position next_;
  bool at_end_ = true;
};

}  // namespace daybook

#endif  // DAYBOOK_CORE_EVENT_H_
