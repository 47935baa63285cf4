// What an event did to a value that events fold into: a row of a view, or an aggregate's state.
#ifndef DAYBOOK_CORE_CHANGE_H_
#define DAYBOOK_CORE_CHANGE_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/time/time.h"
#include "daybook/core/event.h"
#include "daybook/core/metadata.h"
#include "daybook/core/position.h"
#include "daybook/core/uuid.h"

namespace daybook {

// A recorded event without its payload, copied: it outlives the batch. Type and schema version are
// those that were recorded, of an event of the past too. A plain value.
struct EventHeader {
  Position position;
  std::string stream;
  uint64_t version = 0;
  EventId id;
  std::string type;
  uint32_t schema_version = 1;
  absl::Time recorded_time;
  Metadata metadata;  // by which command, for whom
};

EventHeader HeaderOf(const RecordedEvent& event);

// One step in the life of a Value: a message, or one in its stored form. What a recorded event is
// today, be it several events, is one step. A plain value.
template <typename Value>
struct Change {
  EventHeader event;
  std::optional<Value> before;  // nullopt: there was none
  std::optional<Value> after;   // nullopt: it was deleted
};

// With the values in deterministic serialization, for those who know their type at run time only.
using StoredChange = Change<std::string>;
// Returns false to end the telling.
using VisitStoredChange = absl::FunctionRef<bool(const StoredChange&)>;

}  // namespace daybook

#endif  // DAYBOOK_CORE_CHANGE_H_
