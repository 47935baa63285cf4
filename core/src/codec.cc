#include "daybook/core/codec.h"

#include <limits>

#include "absl/strings/str_cat.h"
#include "daybook/core/errors.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"

namespace daybook {

std::string EncodeMessage(const google::protobuf::MessageLite& message) {
  std::string bytes;
  bytes.reserve(message.ByteSizeLong());
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream out(&stream);
    out.SetSerializationDeterministic(true);
    message.SerializeWithCachedSizes(&out);
  }
  return bytes;
}

absl::Status UnknownVersionError(const RecordedEvent& event, uint32_t known_schema_version) {
  return UnknownEventError(
      event.type, event.schema_version, event.position,
      event.schema_version > known_schema_version
          ? absl::StrCat("version ", known_schema_version, " is the newest that this build knows")
          : absl::StrCat("this build knows version ", known_schema_version,
                         ", and no upcaster takes the older one"));
}

absl::Status DecodeEvent(const RecordedEvent& event, uint32_t schema_version,
                         google::protobuf::MessageLite* message) {
  if (event.schema_version != schema_version) return UnknownVersionError(event, schema_version);
  const auto damage = [&](absl::string_view detail) {
    return DamageError("event", event.position, absl::StrCat(event.type, ": ", detail));
  };
  if (event.removed) return damage("the payload was removed");
  if (event.encoding == PayloadEncoding::kSealed) return damage("the payload is sealed");
  if (event.payload.size() > std::numeric_limits<int>::max() ||
      !message->ParseFromArray(event.payload.data(), static_cast<int>(event.payload.size()))) {
    return damage(absl::StrCat("the payload is no ", message->GetTypeName()));
  }
  return absl::OkStatus();
}

}  // namespace daybook
