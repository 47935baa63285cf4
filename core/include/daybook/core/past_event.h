// A past event (upcast.h) without its type: how an old payload is read as events of today.
#ifndef DAYBOOK_CORE_PAST_EVENT_H_
#define DAYBOOK_CORE_PAST_EVENT_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "daybook/core/codec.h"
#include "daybook/core/event.h"
#include "daybook/proto/message_traits.h"
#include "daybook/proto/upcast.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message_lite.h"

namespace daybook {

// An event of today, decoded.
struct TodaysEvent {
  absl::string_view type;  // its stable name
  uint32_t schema_version = 1;
  std::unique_ptr<google::protobuf::MessageLite> message;
};

// Constant, hence thread-safe.
struct PastEvent {
  absl::string_view type;  // its stable name
  uint32_t schema_version = 1;
  uint32_t upcast_revision = 0;
  const google::protobuf::Descriptor* descriptor = nullptr;
  // The stable names of the events of today that may come of it.
  std::vector<absl::string_view> becomes;
  // What `event`, which is of this type and schema version, is today: none, one or several events.
  // Errors as DecodeEvent.
  absl::StatusOr<std::vector<TodaysEvent>> (*read)(const RecordedEvent& event) = nullptr;
};

// A text that changes with every upcaster: what fingerprints take in. Empty without past events, in
// whatever order they come.
std::string DescribeUpcasts(absl::Span<const PastEvent> events);

namespace internal {

template <typename E>
absl::StatusOr<std::vector<TodaysEvent>> ReadPast(const RecordedEvent& recorded) {
  E old;
  absl::Status status = DecodeEvent(recorded, MessageTraits<E>::kSchemaVersion, &old);
  if (!status.ok()) return status;
  std::vector<TodaysEvent> events;
  VisitToday(std::move(old), [&events]<typename T>(T event) {
    events.push_back({MessageTraits<T>::kTypeName, MessageTraits<T>::kSchemaVersion,
                      std::make_unique<T>(std::move(event))});
  });
  return events;
}

}  // namespace internal

// That of the message E.
template <typename E>
PastEvent PastEventOf() {
  PastEvent past{.type = MessageTraits<E>::kTypeName,
                 .schema_version = MessageTraits<E>::kSchemaVersion,
                 .upcast_revision = MessageTraits<E>::kUpcastRevision,
                 .descriptor = E::descriptor(),
                 .read = &internal::ReadPast<E>};
  TodaysEvents<E>::ForEach(
      [&past]<typename T>() { past.becomes.push_back(MessageTraits<T>::kTypeName); });
  return past;
}

}  // namespace daybook

#endif  // DAYBOOK_CORE_PAST_EVENT_H_
