// metadata := part*             docs/formats/metadata.md
// part     := tag:u8 len:varint32 bytes[len]
// free     := key_len:varint32 key[key_len] value      (the bytes of a kFree part)
// The tags ascend; kTag and kFree may repeat.
#include "daybook/core/metadata.h"

#include "absl/strings/str_cat.h"
#include "coding.h"
#include "daybook/core/errors.h"
#include "daybook/core/limits.h"
#include "daybook/proto/field_rules.h"

namespace daybook {
namespace {

using internal::IsUtf8;

enum PartTag : uint8_t {
  kCommandId = 1,
  kCorrelationId = 2,
  kCausationId = 3,
  kActor = 4,
  kProducer = 5,
  kTraceContext = 6,
  kContentType = 7,
  kKeyId = 8,
  kTag = 9,
  kFree = 10,
};

bool IsUuid(uint8_t tag) {
  return tag >= kCommandId && tag <= kCausationId;
}

size_t VarintSize(size_t value) {
  size_t size = 1;
  while (value >= 0x80) {
    value >>= 7;
    ++size;
  }
  return size;
}

// A length in its one, shortest form, and as many bytes.
bool TakeBytes(absl::string_view* from, absl::string_view* bytes) {
  const size_t before = from->size();
  if (!internal::ConsumeLengthPrefixed(from, bytes)) return false;
  return before - from->size() == VarintSize(bytes->size()) + bytes->size();
}

struct Part {
  uint8_t tag = 0;
  absl::string_view bytes;
};

// False at the end and where no part is well formed: *rest tells which.
bool TakePart(absl::string_view* rest, Part* part) {
  if (rest->empty()) return false;
  absl::string_view next = rest->substr(1);
  if (!TakeBytes(&next, &part->bytes)) return false;
  part->tag = static_cast<uint8_t>(rest->front());
  *rest = next;
  return true;
}

// The key and the value of a free entry.
bool SplitFree(absl::string_view bytes, absl::string_view* key, absl::string_view* value) {
  if (!TakeBytes(&bytes, key)) return false;
  *value = bytes;
  return true;
}

absl::string_view Find(absl::string_view bytes, uint8_t tag) {
  Part part;
  while (TakePart(&bytes, &part) && part.tag <= tag) {
    if (part.tag == tag) return part.bytes;
  }
  return {};
}

Uuid UuidOf(absl::string_view bytes) {
  return bytes.size() == Uuid::kBytes ? Uuid::FromBytes(bytes) : Uuid();
}

void PutPart(std::string& out, PartTag tag, absl::string_view bytes) {
  out += static_cast<char>(tag);
  internal::AppendVarint(bytes.size(), &out);
  out.append(bytes.data(), bytes.size());
}

void PutUuid(std::string& out, PartTag tag, const Uuid& uuid) {
  if (!uuid.is_nil()) PutPart(out, tag, uuid.bytes());
}

void PutText(std::string& out, PartTag tag, absl::string_view text) {
  if (!text.empty()) PutPart(out, tag, text);
}

// At least what it takes when encoded.
size_t LargestSize(const Metadata& metadata) {
  size_t bytes = 3 * (2 + Uuid::kBytes) + 5 * 4 + metadata.actor.size() + metadata.producer.size() +
                 metadata.trace_context.size() + metadata.content_type.size() +
                 metadata.key_id.size();
  for (const std::string& tag : metadata.tags) bytes += 4 + tag.size();
  for (const auto& [key, value] : metadata.free) bytes += 8 + key.size() + value.size();
  return bytes;
}

// What is wrong with the part; empty when it is sound.
absl::string_view PartError(const Part& part) {
  if (part.tag < kCommandId || part.tag > kFree) return "unknown part";
  if (IsUuid(part.tag)) {
    if (part.bytes.size() != Uuid::kBytes) return "an id that is not 16 bytes long";
    return UuidOf(part.bytes).is_nil() ? "an id of zeros" : "";
  }
  if (part.tag == kFree) {
    absl::string_view key, value;
    if (!SplitFree(part.bytes, &key, &value)) return "a free entry without its key";
    if (key.empty()) return "a free entry with an empty key";
    return IsUtf8(key) && IsUtf8(value) ? "" : "text that is not UTF-8";
  }
  if (part.bytes.empty()) return "an empty part";
  return IsUtf8(part.bytes) ? "" : "text that is not UTF-8";
}

}  // namespace

CommandId MetadataView::command_id() const {
  return UuidOf(Find(bytes_, kCommandId));
}
Uuid MetadataView::correlation_id() const {
  return UuidOf(Find(bytes_, kCorrelationId));
}
Uuid MetadataView::causation_id() const {
  return UuidOf(Find(bytes_, kCausationId));
}
absl::string_view MetadataView::actor() const {
  return Find(bytes_, kActor);
}
absl::string_view MetadataView::producer() const {
  return Find(bytes_, kProducer);
}
absl::string_view MetadataView::trace_context() const {
  return Find(bytes_, kTraceContext);
}
absl::string_view MetadataView::content_type() const {
  return Find(bytes_, kContentType);
}
bool MetadataView::HasTag(absl::string_view tag) const {
  absl::string_view rest = bytes_;
  Part part;
  while (TakePart(&rest, &part) && part.tag <= kTag) {
    if (part.tag == kTag && part.bytes == tag) return true;
  }
  return false;
}
bool MetadataView::HasTags() const {
  absl::string_view rest = bytes_;
  Part part;
  while (TakePart(&rest, &part) && part.tag <= kTag) {
    if (part.tag == kTag) return true;
  }
  return false;
}
std::vector<absl::string_view> MetadataView::Tags() const {
  std::vector<absl::string_view> tags;
  absl::string_view rest = bytes_;
  Part part;
  while (TakePart(&rest, &part) && part.tag <= kTag) {
    if (part.tag == kTag) tags.push_back(part.bytes);
  }
  return tags;
}
absl::string_view MetadataView::key_id() const {
  return Find(bytes_, kKeyId);
}

Metadata MetadataView::ToMetadata() const {
  Metadata m;
  m.command_id = command_id();
  m.correlation_id = correlation_id();
  m.causation_id = causation_id();
  m.actor = std::string(actor());
  m.producer = std::string(producer());
  m.trace_context = std::string(trace_context());
  m.content_type = std::string(content_type());
  m.key_id = std::string(key_id());
  absl::string_view rest = bytes_;
  Part part;
  while (TakePart(&rest, &part)) {
    absl::string_view key, value;
    if (part.tag == kTag) m.tags.emplace_back(part.bytes);
    if (part.tag == kFree && SplitFree(part.bytes, &key, &value)) m.free.emplace_back(key, value);
  }
  return m;
}

std::string EncodeMetadata(const Metadata& metadata) {
  std::string out;
  out.reserve(LargestSize(metadata));
  PutUuid(out, kCommandId, metadata.command_id);
  PutUuid(out, kCorrelationId, metadata.correlation_id);
  PutUuid(out, kCausationId, metadata.causation_id);
  PutText(out, kActor, metadata.actor);
  PutText(out, kProducer, metadata.producer);
  PutText(out, kTraceContext, metadata.trace_context);
  PutText(out, kContentType, metadata.content_type);
  PutText(out, kKeyId, metadata.key_id);
  for (const std::string& tag : metadata.tags) PutPart(out, kTag, tag);
  for (const auto& [key, value] : metadata.free) {
    out += static_cast<char>(kFree);
    internal::AppendVarint(VarintSize(key.size()) + key.size() + value.size(), &out);
    internal::AppendVarint(key.size(), &out);
    out += key;
    out += value;
  }
  return out;
}

absl::Status CheckMetadata(absl::string_view bytes) {
  const auto damage = [](absl::string_view detail) {
    return DamageError("metadata", Position::Start(), detail);
  };
  if (bytes.size() > kMaxMetadataBytes) return damage("longer than the limit");
  uint8_t last_tag = 0;
  Part part;
  while (TakePart(&bytes, &part)) {
    const absl::string_view error = PartError(part);
    if (!error.empty()) return damage(error);
    if (part.tag < last_tag || (part.tag == last_tag && part.tag < kTag)) {
      return damage(absl::StrCat("part ", part.tag, " after part ", last_tag));
    }
    last_tag = part.tag;
  }
  if (!bytes.empty()) return damage("a part that is cut off");
  return absl::OkStatus();
}

absl::Status ValidateMetadata(const Metadata& metadata, absl::string_view field) {
  const auto check = [&](absl::string_view member, absl::string_view text) {
    return IsUtf8(text) ? absl::OkStatus()
                        : InvalidFieldError(absl::StrCat(field, ".", member), "valid UTF-8");
  };
  absl::Status status = check("actor", metadata.actor);
  status.Update(check("producer", metadata.producer));
  status.Update(check("trace_context", metadata.trace_context));
  status.Update(check("content_type", metadata.content_type));
  status.Update(check("key_id", metadata.key_id));
  for (const std::string& tag : metadata.tags) {
    if (tag.empty()) status.Update(InvalidFieldError(absl::StrCat(field, ".tags"), "not empty"));
    status.Update(check("tags", tag));
  }
  for (const auto& [key, value] : metadata.free) {
    if (key.empty()) status.Update(InvalidFieldError(absl::StrCat(field, ".free"), "a key"));
    status.Update(check("free", key));
    status.Update(check("free", value));
  }
  // Nearly always nothing has to be encoded to know.
  if (LargestSize(metadata) > kMaxMetadataBytes &&
      EncodeMetadata(metadata).size() > kMaxMetadataBytes) {
    status.Update(
        InvalidFieldError(field, absl::StrCat("at most ", kMaxMetadataBytes, " bytes encoded")));
  }
  return status;
}

}  // namespace daybook
