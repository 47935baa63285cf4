// The descriptors of every event type, kept in the store: so that a tool can show a payload without
// the application that wrote it.
#ifndef DAYBOOK_CORE_SCHEMA_CATALOG_H_
#define DAYBOOK_CORE_SCHEMA_CATALOG_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "daybook/core/event_store.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace daybook {

// What the payload of an event type is, as of a schema version.
struct EventSchema {
  std::string type;
  uint32_t schema_version = 1;                               // 1 to 65,535
  const google::protobuf::Descriptor* descriptor = nullptr;  // required
};

// What a store knows of its payloads. Immutable: it shows the schemas as of Load. Thread-safe.
// docs/formats/schemas.md says how they are kept.
class SchemaCatalog {
 public:
  // Keeps the schemas in `store`, with every file that their messages need. Writes only what is
  // new, in one commit without events; so an application calls it each time it opens its store. A
  // schema that is there already, but of another descriptor, is replaced: the newest build knows
  // the most fields. InvalidArgument for a bad type name or schema version, or two descriptors for
  // one; else the errors of an append.
  static absl::Status Register(EventStore* store, absl::Span<const EventSchema> schemas);

  // The schemas of `store` as of now; empty when it keeps none. DataLoss (Damage "row") where they
  // cannot be read.
  static absl::StatusOr<std::unique_ptr<SchemaCatalog>> Load(const EventStore& store);

  ~SchemaCatalog();
  SchemaCatalog(const SchemaCatalog&) = delete;
  SchemaCatalog& operator=(const SchemaCatalog&) = delete;

  // The type and schema version of every schema, ordered.
  std::vector<std::pair<std::string, uint32_t>> Schemas() const;

  // What a schema was recorded as; nullptr when the store keeps none. It must not outlive the
  // catalog.
  const google::protobuf::Descriptor* Find(absl::string_view type, uint32_t schema_version) const;

  // The message of the event's payload; it must not outlive the catalog. NotFound when the catalog
  // has no schema for it; else the errors of DecodeEvent.
  absl::StatusOr<std::unique_ptr<google::protobuf::Message>> Decode(
      const RecordedEvent& event) const;
  // The same as JSON on one line, in Protocol Buffers' mapping, with the fields named as in the
  // .proto. DataLoss also where the message has no JSON form (a string that is not UTF-8, an Any of
  // a type that was not registered).
  absl::StatusOr<std::string> DecodeToJson(const RecordedEvent& event) const;

 private:
  struct State;
  explicit SchemaCatalog(std::unique_ptr<State> state);
  const std::unique_ptr<State> state_;
};

}  // namespace daybook

#endif  // DAYBOOK_CORE_SCHEMA_CATALOG_H_
