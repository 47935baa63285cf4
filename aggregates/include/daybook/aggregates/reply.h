// The stored outcome of a command.
#ifndef DAYBOOK_AGGREGATES_REPLY_H_
#define DAYBOOK_AGGREGATES_REPLY_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "daybook/core/errors.h"
#include "daybook/core/token.h"
#include "daybook/core/uuid.h"
#include "daybook/proto/message_traits.h"

namespace daybook {

// An event that a command brought about. Of a command that was executed before, what it is today:
// an event of the past stands here upcast, as none, one or several with its id.
struct RecordedReplyEvent {
  EventId id;
  std::string type;  // its stable name
  uint32_t schema_version = 1;
  std::string payload;
  bool removed = false;  // the payload was erased since, and is empty

  // The event as an E; nullopt when it is of another type, was removed or does not parse.
  template <typename E>
  std::optional<E> As() const {
    E event;
    if (removed || type != MessageTraits<E>::kTypeName ||
        schema_version != MessageTraits<E>::kSchemaVersion || !event.ParseFromString(payload)) {
      return std::nullopt;
    }
    return event;
  }
};

// An accepted command: durable before it is returned. A plain value.
struct Reply {
  std::string stream;
  // The stream's version after the command; nullopt: the stream has no events.
  std::optional<uint64_t> version;
  // A query that is given it sees what the command did.
  Token token;
  CommandId command_id;
  std::vector<RecordedReplyEvent> events;  // in order; may be empty
  // The command was executed before: this is the reply that was stored then.
  bool repeated = false;
};

// The rejection that `status` carries, when it is an R. A rejection is FailedPrecondition with a
// daybook.v1.Rejection.
template <typename R>
std::optional<R> RejectionAs(const absl::Status& status) {
  const std::optional<v1::Rejection> payload = ErrorPayload<v1::Rejection>(status);
  R rejection;
  if (!payload.has_value() || payload->type() != MessageTraits<R>::kTypeName ||
      !rejection.ParseFromString(payload->value())) {
    return std::nullopt;
  }
  return rejection;
}

}  // namespace daybook

#endif  // DAYBOOK_AGGREGATES_REPLY_H_
