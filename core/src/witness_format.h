// The bytes of the witness file, as docs/formats/witness.md lays them down.
#ifndef DAYBOOK_CORE_SRC_WITNESS_FORMAT_H_
#define DAYBOOK_CORE_SRC_WITNESS_FORMAT_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "witness.h"

namespace daybook::internal {

inline constexpr uint32_t kWitnessVersion = 1;
// What no write tears from its neighbours: the page of the system and the sector of the medium.
inline constexpr uint64_t kWitnessBlock = 4096;
inline constexpr uint64_t kWitnessSlots = 2;
inline constexpr uint64_t kWitnessRingStart = kWitnessSlots * kWitnessBlock;
inline constexpr uint64_t kMinWitnessBytes = 64 << 10;

// A header slot.
struct WitnessSlot {
  uint64_t epoch = 0;       // of the two intact slots, the higher one counts
  uint64_t ring_bytes = 0;  // a multiple of kWitnessBlock
  uint64_t head = 0;        // where in the ring the group after flushed_group begins
  uint32_t head_link = 0;   // the link that this group has
  WitnessHeader header;
};

// kWitnessBlock bytes.
std::string EncodeSlot(const WitnessSlot& slot);
// DataLoss; FailedPrecondition for an intact slot of a newer format.
absl::StatusOr<WitnessSlot> DecodeSlot(absl::string_view bytes);

// A group's record: its fixed head, then the batch, then zeros up to the next block.
inline constexpr uint64_t kRecordHead = 72;
inline constexpr uint32_t kDigestOnly = 1;  // of RecordHead::flags
inline constexpr uint32_t kAfterSync =
    2;  // all records before it were synced before it was written

// The bytes of a record with a batch of that length in the ring.
constexpr uint64_t RecordSpace(uint64_t batch_bytes) {
  return (kRecordHead + batch_bytes + kWitnessBlock - 1) / kWitnessBlock * kWitnessBlock;
}

struct RecordHead {
  uint32_t crc32c = 0;  // of the store's id, then of everything after this field
  uint32_t link = 0;    // crc32c of the record before
  uint32_t flags = 0;
  uint64_t number = 0;
  uint64_t tip = 0;
  uint64_t batch_bytes = 0;
  ChainHash chain{};
};

// Replaces `*to` with the record, padded; returns its CRC, the link of the next one.
uint32_t EncodeRecord(const Uuid& store_id, const WitnessGroup& group, uint32_t link,
                      bool after_sync, std::string* to);
// nullopt when `bytes`, a block, does not begin with a record's head.
std::optional<RecordHead> DecodeRecordHead(absl::string_view bytes);
// Whether `bytes`, at least the head and the batch, are the record that was written.
bool IsRecordIntact(const Uuid& store_id, const RecordHead& head, absl::string_view bytes);

}  // namespace daybook::internal

#endif  // DAYBOOK_CORE_SRC_WITNESS_FORMAT_H_
