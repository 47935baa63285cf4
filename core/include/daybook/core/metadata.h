// What is known about an event beside its payload.
#ifndef DAYBOOK_CORE_METADATA_H_
#define DAYBOOK_CORE_METADATA_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "daybook/core/uuid.h"

namespace daybook {

// Every part is optional; what is unset takes no space. All text is UTF-8. A plain value.
struct Metadata {
  CommandId command_id;           // the command that caused it
  Uuid correlation_id;            // the business conversation
  Uuid causation_id;              // the message that caused this one
  std::string actor;              // who asked for it
  std::string producer;           // the build that wrote it
  std::string trace_context;      // a W3C traceparent
  std::string content_type;       // set where the payload is not Protobuf
  std::string key_id;             // the key that a sealed payload needs
  std::vector<std::string> tags;  // `key:value`, by which queries find the event
  std::vector<std::pair<std::string, std::string>> free;  // the application's own, in its order

  friend bool operator==(const Metadata&, const Metadata&) = default;
};

// A view of stored metadata: each part is found without decoding or copying the others. Valid as
// long as the bytes that it was made from.
class MetadataView {
 public:
  MetadataView() = default;
  // Requires bytes that EncodeMetadata made or that CheckMetadata accepts.
  explicit MetadataView(absl::string_view bytes) : bytes_(bytes) {}

  absl::string_view bytes() const { return bytes_; }
  bool empty() const { return bytes_.empty(); }

  CommandId command_id() const;
  Uuid correlation_id() const;
  Uuid causation_id() const;
  absl::string_view actor() const;
  absl::string_view producer() const;
  absl::string_view trace_context() const;
  absl::string_view content_type() const;
  absl::string_view key_id() const;
  bool HasTag(absl::string_view tag) const;
  bool HasTags() const;
  std::vector<absl::string_view> Tags() const;  // in the order in which they were given

  // Everything, copied.
  Metadata ToMetadata() const;

 private:
  absl::string_view bytes_;
};

// The stored form; the grammar stands in docs/formats/metadata.md.
std::string EncodeMetadata(const Metadata& metadata);

// What an append demands: text that is UTF-8, tags that are not empty, free entries with a key, at
// most kMaxMetadataBytes when encoded. InvalidArgument with an InvalidField "<field>.<member>".
absl::Status ValidateMetadata(const Metadata& metadata, absl::string_view field = "metadata");

// DataLoss (Damage "metadata") unless `bytes` is well formed.
absl::Status CheckMetadata(absl::string_view bytes);

}  // namespace daybook

#endif  // DAYBOOK_CORE_METADATA_H_
