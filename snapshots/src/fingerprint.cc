#include "daybook/snapshots/fingerprint.h"

#include <openssl/sha.h>

#include <array>
#include <map>

#include "absl/strings/str_cat.h"
#include "daybook/core/codec.h"
#include "google/protobuf/descriptor.pb.h"

namespace daybook {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;

// By full name, so that the order of discovery does not matter.
using Reached = std::map<std::string, std::string>;

void ReachEnum(const EnumDescriptor& descriptor, Reached& reached) {
  google::protobuf::EnumDescriptorProto proto;
  descriptor.CopyTo(&proto);
  reached[descriptor.full_name()] = EncodeMessage(proto);
}

void ReachMessage(const Descriptor& descriptor, Reached& reached) {
  if (reached.count(descriptor.full_name()) != 0) return;
  google::protobuf::DescriptorProto proto;
  descriptor.CopyTo(&proto);
  // Those that are reached stand on their own.
  proto.clear_nested_type();
  proto.clear_enum_type();
  reached[descriptor.full_name()] = EncodeMessage(proto);
  for (int i = 0; i < descriptor.field_count(); ++i) {
    const FieldDescriptor& field = *descriptor.field(i);
    if (field.message_type() != nullptr) ReachMessage(*field.message_type(), reached);
    if (field.enum_type() != nullptr) ReachEnum(*field.enum_type(), reached);
  }
}

}  // namespace

std::string FingerprintOf(const Descriptor& state, uint32_t evolve_revision,
                          absl::Span<const PastEvent> past_events) {
  Reached reached;
  ReachMessage(state, reached);
  std::string text = absl::StrCat("daybook snapshot 1\n", evolve_revision, "\n", state.full_name());
  for (const auto& [name, proto] : reached) {
    absl::StrAppend(&text, "\n", name, " ", proto.size(), "\n", proto);
  }
  absl::StrAppend(&text, DescribeUpcasts(past_events));
  std::array<uint8_t, SHA256_DIGEST_LENGTH> digest;
  SHA256(reinterpret_cast<const uint8_t*>(text.data()), text.size(), digest.data());
  return std::string(digest.begin(), digest.begin() + kFingerprintBytes);
}

}  // namespace daybook
