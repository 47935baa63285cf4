// Holds the table of streams against the log.
#ifndef DAYBOOK_CORE_SRC_STREAM_VERIFIER_H_
#define DAYBOOK_CORE_SRC_STREAM_VERIFIER_H_

#include <cstdint>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "kv.h"
#include "record.h"
#include "stream_lifecycles.h"

namespace daybook::internal {

// Each event is added in order, and then it is finished. DataLoss where they differ.
class StreamVerifier {
 public:
  explicit StreamVerifier(const Kv& kv) : kv_(kv) {}

  absl::Status Add(const RecordView& record);
  // `next_versions`: of every stream.
  absl::Status Finish(const absl::flat_hash_map<StreamId, uint64_t>& next_versions);

 private:
  struct Newest {
    std::string payload;
    uint64_t sequence = 0;
  };

  const Kv& kv_;
  absl::flat_hash_map<StreamId, std::string> subjects_;  // of streams of metadata
  absl::flat_hash_map<std::string, Newest> metadata_;    // by the stream that they are about
  // Of a stream whose first events have no payload: the version of the first one that has, and the
  // position of the one before.
  struct Removed {
    uint64_t before = 0;
    uint64_t sequence = 0;
  };
  absl::flat_hash_map<StreamId, Removed> removed_;
};

}  // namespace daybook::internal

#endif  // DAYBOOK_CORE_SRC_STREAM_VERIFIER_H_
