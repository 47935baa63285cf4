// Reading events with their types: for subscribers, and whoever else reads the log himself.
#ifndef DAYBOOK_CORE_READ_EVENT_H_
#define DAYBOOK_CORE_READ_EVENT_H_

#include <algorithm>
#include <cstdint>
#include <utility>

#include "absl/status/status.h"
#include "daybook/core/codec.h"
#include "daybook/core/errors.h"
#include "daybook/core/event.h"
#include "daybook/proto/message_traits.h"
#include "daybook/proto/upcast.h"

namespace daybook {

// Calls `visit(const E&)` for each event of today that `event` is, in order: once, but for an event
// of the past that was split or dropped. `Reader` names the events that may come: an aggregate or a
// projection, or what the generator made of it.
//
//   ReadEvent<AccountAggregate>(event, [&](const auto& today) { ... });
//
//   DataLoss  the type or its schema version is none of Reader's (UnknownEvent); or the errors of
//             DecodeEvent. `visit` was not called then.
template <typename Reader, typename Visit>
absl::Status ReadEvent(const RecordedEvent& event, Visit&& visit) {
  bool found = false;
  uint32_t newest = 0;
  absl::Status status;
  const auto try_as = [&]<typename E>() {
    if (found || event.type != MessageTraits<E>::kTypeName) return;
    newest = std::max(newest, MessageTraits<E>::kSchemaVersion);
    if (event.schema_version != MessageTraits<E>::kSchemaVersion) return;
    found = true;
    E message;
    status = DecodeEvent(event, MessageTraits<E>::kSchemaVersion, &message);
    if (!status.ok()) return;
    VisitToday(std::move(message), [&visit](const auto& today) { visit(today); });
  };
  Reader::Events::ForEach(try_as);
  Reader::PastEvents::ForEach(try_as);
  if (found) return status;
  if (newest > 0) return UnknownVersionError(event, newest);
  return UnknownEventError(event.type, event.schema_version, event.position,
                           "this build has no event of that name");
}

}  // namespace daybook

#endif  // DAYBOOK_CORE_READ_EVENT_H_
