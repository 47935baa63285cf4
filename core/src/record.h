// The value of a log entry: an event as format 1 stores it. docs/formats/event.md has the grammar:
//
//   record  := kind header metadata body chain
//   kind    := 1 (event: body is the payload) | 2 (stub: body is the payload's SHA-256)
//   header  := flags:u8 encoding:u8 schema_version:u16 type:u32 stream:u64 version:u64
//              recorded_time:i64 event_id:16 payload_size:u32 metadata_size:u32
//              [name_size:u16 stream_name] [name_size:u16 type_name]
//   chain   := the first 8 bytes of the chain hash; all 32 in the last event of a commit
//
// Integers are little-endian. Everything is read in place.
#ifndef DAYBOOK_CORE_SRC_RECORD_H_
#define DAYBOOK_CORE_SRC_RECORD_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "daybook/core/event.h"
#include "format.h"

namespace daybook::internal {

enum class RecordKind : uint8_t { kEvent = 1, kStub = 2 };

inline constexpr uint8_t kEndsCommit = 1;        // the full chain hash stands at the end
inline constexpr uint8_t kIntroducesStream = 2;  // the stream's name stands in the header
inline constexpr uint8_t kIntroducesType = 4;    // the type's name stands in the header
inline constexpr uint8_t kIdGiven = 8;           // by the caller: it stands in the id index
inline constexpr uint8_t kKnownFlags = 15;

inline constexpr size_t kFixedHeaderBytes = 56;

// The fields of a header.
struct RecordHeader {
  uint8_t flags = 0;
  PayloadEncoding encoding = PayloadEncoding::kPlain;
  uint16_t schema_version = 1;
  TypeId type = 0;
  StreamId stream = 0;
  uint64_t version = 0;
  int64_t recorded_micros = 0;
  EventId id;
  uint32_t payload_size = 0;
  uint32_t metadata_size = 0;
  absl::string_view stream_name;  // with kIntroducesStream
  absl::string_view type_name;    // with kIntroducesType
};

// Appends the bytes of a header, as they are stored and hashed.
void AppendHeader(const RecordHeader& header, std::string* to);

// A record, read in place.
class RecordView {
 public:
  // DataLoss (Damage "event" at `sequence`) unless `record` is well formed.
  static absl::StatusOr<RecordView> Parse(uint64_t sequence, absl::string_view record);

  uint64_t sequence() const { return sequence_; }
  RecordKind kind() const { return static_cast<RecordKind>(record_[0]); }
  uint8_t flags() const { return static_cast<uint8_t>(record_[1]); }
  bool ends_commit() const { return (flags() & kEndsCommit) != 0; }
  PayloadEncoding encoding() const { return static_cast<PayloadEncoding>(record_[2]); }
  uint16_t schema_version() const { return LoadLittle<uint16_t>(record_.data() + 3); }
  TypeId type() const { return LoadLittle<uint32_t>(record_.data() + 5); }
  StreamId stream() const { return LoadLittle<uint64_t>(record_.data() + 9); }
  uint64_t version() const { return LoadLittle<uint64_t>(record_.data() + 17); }
  int64_t recorded_micros() const { return LoadLittle<int64_t>(record_.data() + 25); }
  // Of the payload, also where it was removed.
  uint32_t payload_size() const { return LoadLittle<uint32_t>(record_.data() + 49); }
  EventId id() const { return EventId::FromBytes(record_.substr(33, 16)); }

  absl::string_view header() const { return record_.substr(1, header_size_); }
  absl::string_view stream_name() const { return stream_name_; }
  absl::string_view type_name() const { return type_name_; }
  absl::string_view metadata() const { return metadata_; }
  absl::string_view body() const { return body_; }    // the payload, or its digest in a stub
  absl::string_view chain() const { return chain_; }  // 8 or 32 bytes

  // Everything but the names, which the dictionary adds.
  RecordedEvent ToEvent() const;

 private:
  uint64_t sequence_ = 0;
  absl::string_view record_;
  size_t header_size_ = 0;
  absl::string_view stream_name_;
  absl::string_view type_name_;
  absl::string_view metadata_;
  absl::string_view body_;
  absl::string_view chain_;
};

}  // namespace daybook::internal

#endif  // DAYBOOK_CORE_SRC_RECORD_H_
