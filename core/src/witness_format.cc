#include "witness_format.h"

#include <cstring>

#include "absl/strings/str_cat.h"
#include "coding.h"
#include "crc32c.h"

namespace daybook::internal {
namespace {

constexpr absl::string_view kSlotMagic = "daybookW";
constexpr absl::string_view kRecordMagic = "DBwg";
constexpr size_t kSlotCrcAt = 8;
constexpr size_t kRecordCrcAt = 4;
constexpr uint32_t kClean = 1;

void AppendHash(const ChainHash& hash, std::string* to) {
  to->append(reinterpret_cast<const char*>(hash.data()), hash.size());
}

// Takes fixed fields off the front; the caller has made sure that they are there.
class Fields {
 public:
  explicit Fields(const char* at) : at_(at) {}
  template <typename T>
  T Take() {
    const T value = LoadLittle<T>(at_);
    at_ += sizeof(T);
    return value;
  }
  ChainHash TakeHash() {
    ChainHash hash;
    std::memcpy(hash.data(), at_, hash.size());
    at_ += hash.size();
    return hash;
  }
  Uuid TakeUuid() {
    const Uuid id = Uuid::FromBytes({at_, Uuid::kBytes});
    at_ += Uuid::kBytes;
    return id;
  }

 private:
  const char* at_;
};

}  // namespace

std::string EncodeSlot(const WitnessSlot& slot) {
  std::string bytes(kSlotMagic);
  AppendLittle<uint32_t>(0, &bytes);
  AppendLittle(kWitnessVersion, &bytes);
  AppendLittle(slot.epoch, &bytes);
  bytes.append(slot.header.store_id.bytes().data(), Uuid::kBytes);
  AppendLittle(slot.ring_bytes, &bytes);
  AppendLittle(slot.head, &bytes);
  AppendLittle(slot.head_link, &bytes);
  AppendLittle<uint32_t>(slot.header.clean ? kClean : 0, &bytes);
  AppendLittle(slot.header.flushed_group, &bytes);
  AppendLittle(slot.header.flushed_tip, &bytes);
  AppendHash(slot.header.flushed_chain, &bytes);
  AppendLittle(slot.header.manifest.number, &bytes);
  AppendLittle(slot.header.manifest.size, &bytes);
  AppendLittle(slot.header.manifest.crc32c, &bytes);
  bytes.resize(kWitnessBlock);
  StoreLittle(Crc32c(absl::string_view(bytes).substr(kSlotCrcAt + 4)), bytes.data() + kSlotCrcAt);
  return bytes;
}

absl::StatusOr<WitnessSlot> DecodeSlot(absl::string_view bytes) {
  if (bytes.size() != kWitnessBlock || bytes.substr(0, kSlotMagic.size()) != kSlotMagic ||
      LoadLittle<uint32_t>(bytes.data() + kSlotCrcAt) != Crc32c(bytes.substr(kSlotCrcAt + 4))) {
    return absl::DataLossError("not an intact header slot");
  }
  Fields fields(bytes.data() + kSlotCrcAt + 4);
  if (const auto version = fields.Take<uint32_t>(); version != kWitnessVersion) {
    return absl::FailedPreconditionError(
        absl::StrCat("format ", version, " of the witness; this Daybook knows ", kWitnessVersion));
  }
  WitnessSlot slot;
  slot.epoch = fields.Take<uint64_t>();
  slot.header.store_id = fields.TakeUuid();
  slot.ring_bytes = fields.Take<uint64_t>();
  slot.head = fields.Take<uint64_t>();
  slot.head_link = fields.Take<uint32_t>();
  slot.header.clean = (fields.Take<uint32_t>() & kClean) != 0;
  slot.header.flushed_group = fields.Take<uint64_t>();
  slot.header.flushed_tip = fields.Take<uint64_t>();
  slot.header.flushed_chain = fields.TakeHash();
  slot.header.manifest.number = fields.Take<uint64_t>();
  slot.header.manifest.size = fields.Take<uint64_t>();
  slot.header.manifest.crc32c = fields.Take<uint32_t>();
  return slot;
}

uint32_t EncodeRecord(const Uuid& store_id, const WitnessGroup& group, uint32_t link,
                      bool after_sync, std::string* to) {
  to->clear();
  to->reserve(RecordSpace(group.batch.size()));
  to->append(kRecordMagic.data(), kRecordMagic.size());
  AppendLittle<uint32_t>(0, to);
  AppendLittle(link, to);
  AppendLittle<uint32_t>((group.digest_only ? kDigestOnly : 0) | (after_sync ? kAfterSync : 0), to);
  AppendLittle(group.number, to);
  AppendLittle(group.tip, to);
  AppendLittle<uint64_t>(group.batch.size(), to);
  AppendHash(group.chain, to);
  to->append(group.batch);
  const uint32_t crc =
      ExtendCrc32c(Crc32c(store_id.bytes()), absl::string_view(*to).substr(kRecordCrcAt + 4));
  StoreLittle(crc, to->data() + kRecordCrcAt);
  to->resize(RecordSpace(group.batch.size()));
  return crc;
}

std::optional<RecordHead> DecodeRecordHead(absl::string_view bytes) {
  if (bytes.size() < kRecordHead || bytes.substr(0, kRecordMagic.size()) != kRecordMagic) {
    return std::nullopt;
  }
  Fields fields(bytes.data() + kRecordCrcAt);
  RecordHead head;
  head.crc32c = fields.Take<uint32_t>();
  head.link = fields.Take<uint32_t>();
  head.flags = fields.Take<uint32_t>();
  head.number = fields.Take<uint64_t>();
  head.tip = fields.Take<uint64_t>();
  head.batch_bytes = fields.Take<uint64_t>();
  head.chain = fields.TakeHash();
  return head;
}

bool IsRecordIntact(const Uuid& store_id, const RecordHead& head, absl::string_view bytes) {
  if (bytes.size() < kRecordHead || bytes.size() - kRecordHead < head.batch_bytes) return false;
  const absl::string_view covered =
      bytes.substr(kRecordCrcAt + 4, kRecordHead - kRecordCrcAt - 4 + head.batch_bytes);
  return head.crc32c == ExtendCrc32c(Crc32c(store_id.bytes()), covered);
}

}  // namespace daybook::internal
