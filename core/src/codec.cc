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

absl::Status DecodeEvent(const RecordedEvent& event, uint32_t known_schema_version,
                         google::protobuf::MessageLite* message) {
  const auto damage = [&](absl::string_view detail) {
    return DamageError("event", event.position, absl::StrCat(event.type, ": ", detail));
  };
  if (event.removed) return damage("the payload was removed");
  if (event.encoding == PayloadEncoding::kSealed) return damage("the payload is sealed");
  if (event.schema_version > known_schema_version) {
    return damage(absl::StrCat("schema version ", event.schema_version, ", but this build knows ",
                               known_schema_version));
  }
  if (event.payload.size() > std::numeric_limits<int>::max() ||
      !message->ParseFromArray(event.payload.data(), static_cast<int>(event.payload.size()))) {
    return damage(absl::StrCat("the payload is no ", message->GetTypeName()));
  }
  return absl::OkStatus();
}

}  // namespace daybook
