// The events that are appended, and the check that what is read is what was appended.
#ifndef DAYBOOK_BENCH_PEERS_EVENTS_H_
#define DAYBOOK_BENCH_PEERS_EVENTS_H_

#include <cstdint>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace daybook::peers {

inline constexpr size_t kPayloadBytes = 256;

// All streams are of one category, as the accounts of a bank would be.
std::string StreamName(uint64_t stream);

// 256 bytes that tell of which stream and version they are, the rest random. They are a JSON
// object as PostgreSQL writes it, so that a store that keeps JSON gives back the same bytes.
std::string PayloadOf(uint64_t stream, uint64_t version);

// Takes payloads as they are read: each must be what PayloadOf gave, and the next of its stream.
class Reading {
 public:
  // DataLoss where it is not.
  absl::Status Take(absl::string_view payload);
  uint64_t events() const { return events_; }

 private:
  uint64_t events_ = 0;
  absl::flat_hash_map<uint64_t, uint64_t> next_;  // versions, by stream
};

}  // namespace daybook::peers

#endif  // DAYBOOK_BENCH_PEERS_EVENTS_H_
