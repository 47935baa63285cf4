#include "record.h"

#include "daybook/core/errors.h"

namespace daybook::internal {
namespace {

constexpr size_t kDigestBytes = 32;

absl::Status Malformed(uint64_t sequence, absl::string_view detail) {
  return DamageError("event", Position(sequence), detail);
}

// Takes a name with its length off the front of `*rest`.
bool ConsumeName(absl::string_view* rest, absl::string_view* name) {
  if (rest->size() < 2) return false;
  const size_t size = LoadLittle<uint16_t>(rest->data());
  if (rest->size() < 2 + size) return false;
  *name = rest->substr(2, size);
  rest->remove_prefix(2 + size);
  return true;
}

void AppendName(absl::string_view name, std::string* to) {
  AppendLittle(static_cast<uint16_t>(name.size()), to);
  to->append(name.data(), name.size());
}

}  // namespace

void AppendHeader(const RecordHeader& header, std::string* to) {
  to->push_back(static_cast<char>(header.flags));
  to->push_back(static_cast<char>(header.encoding));
  AppendLittle(header.schema_version, to);
  AppendLittle(header.type, to);
  AppendLittle(header.stream, to);
  AppendLittle(header.version, to);
  AppendLittle(header.recorded_micros, to);
  to->append(header.id.bytes().data(), EventId::kBytes);
  AppendLittle(header.payload_size, to);
  AppendLittle(header.metadata_size, to);
  if ((header.flags & kIntroducesStream) != 0) AppendName(header.stream_name, to);
  if ((header.flags & kIntroducesType) != 0) AppendName(header.type_name, to);
}

absl::StatusOr<RecordView> RecordView::Parse(uint64_t sequence, absl::string_view record) {
  RecordView view;
  view.sequence_ = sequence;
  view.record_ = record;
  if (record.size() < 1 + kFixedHeaderBytes + kChainPrefixBytes) {
    return Malformed(sequence, "too short");
  }
  const bool stub = view.kind() == RecordKind::kStub;
  if (!stub && view.kind() != RecordKind::kEvent) return Malformed(sequence, "unknown kind");
  if ((view.flags() & ~kKnownFlags) != 0) return Malformed(sequence, "unknown flags");
  if (view.encoding() > PayloadEncoding::kSealed) return Malformed(sequence, "unknown encoding");
  const size_t payload_size = LoadLittle<uint32_t>(record.data() + 49);
  const size_t metadata_size = LoadLittle<uint32_t>(record.data() + 53);

  absl::string_view rest = record.substr(1 + kFixedHeaderBytes);
  if ((view.flags() & kIntroducesStream) != 0 && !ConsumeName(&rest, &view.stream_name_)) {
    return Malformed(sequence, "the stream's name is cut off");
  }
  if ((view.flags() & kIntroducesType) != 0 && !ConsumeName(&rest, &view.type_name_)) {
    return Malformed(sequence, "the type's name is cut off");
  }
  view.header_size_ = record.size() - rest.size() - 1;
  const size_t body_size = stub ? kDigestBytes : payload_size;
  const size_t chain_size = view.ends_commit() ? sizeof(Hash) : kChainPrefixBytes;
  if (rest.size() != metadata_size + body_size + chain_size) {
    return Malformed(sequence, "its sizes do not add up");
  }
  view.metadata_ = rest.substr(0, metadata_size);
  view.body_ = rest.substr(metadata_size, body_size);
  view.chain_ = rest.substr(metadata_size + body_size);
  return view;
}

RecordedEvent RecordView::ToEvent() const {
  RecordedEvent event;
  event.position = Position(sequence_);
  event.version = version();
  event.id = id();
  event.schema_version = schema_version();
  event.recorded_time = absl::FromUnixMicros(recorded_micros());
  event.encoding = encoding();
  event.removed = kind() == RecordKind::kStub;
  if (!event.removed) event.payload = body_;
  event.metadata = MetadataView(metadata_);
  event.stream_id = stream();
  event.type_id = type();
  event.record = record_;
  return event;
}

}  // namespace daybook::internal
