// The second durable record (G2): a preallocated ring file outside of RocksDB that holds every
// group which is not yet in a table file, and the chain hash at its end. docs/formats/witness.md
// has the grammar.
#ifndef DAYBOOK_CORE_SRC_WITNESS_H_
#define DAYBOOK_CORE_SRC_WITNESS_H_

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "daybook/core/file_system.h"
#include "daybook/core/uuid.h"
#include "rocks_kv.h"

namespace daybook::internal {

using ChainHash = std::array<uint8_t, 32>;

// One group of commits, as the ring holds it.
struct WitnessGroup {
  uint64_t number = 0;  // 1, 2, 3…: no gap
  uint64_t tip = 0;     // the store's last position when the group is applied
  ChainHash chain{};    // the chain hash at that tip
  // The group's KvBatch. Empty with `digest_only`: the group was too large for the ring, so its
  // loss can be told, not mended.
  std::string batch;
  bool digest_only = false;
};

// Written when flushes finish and when the store is opened or closed: two slots, by turns.
struct WitnessHeader {
  Uuid store_id;
  // Groups up to this one are in table files: the ring may overwrite them.
  uint64_t flushed_group = 0;
  // The tip and the chain hash at flushed_group.
  uint64_t flushed_tip = 0;
  ChainHash flushed_chain{};
  // The MANIFEST that holds those table files.
  ManifestMark manifest;
  bool clean = false;  // closed in order: nothing follows flushed_group
};

struct WitnessContent {
  WitnessHeader header;
  // The intact groups after header.flushed_group, in order. A number that is missing between two of
  // them is a group that was synced, and damaged since. What a crash tore is not among them, nor
  // anything after it. Where one is missing, WriteHeader comes before the next Append.
  std::vector<WitnessGroup> groups;
  // The header slot, 0 or 1, that is not intact. The next WriteHeader writes both.
  std::optional<uint64_t> damaged_slot;
};

// Not thread-safe, but for one thread in Append beside one in WriteHeader; SpaceFor, Free and
// Capacity from any. After a failed Append or WriteHeader every later one fails with the same
// status: what the file holds is known only by opening it again.
class Witness {
 public:
  // Makes the file of `bytes` bytes (at least 64 KiB), filled with zeros and synced (so that later
  // writes move no metadata), with `header` in both slots. It is there under `path` whole or not at
  // all; one that was there before is replaced.
  static absl::StatusOr<std::unique_ptr<Witness>> Create(FileSystem* files, const std::string& path,
                                                         uint64_t bytes,
                                                         const WitnessHeader& header);
  // Reads it, and writes nothing. NotFound; DataLoss when neither header slot is intact or the file
  // was cut short; FailedPrecondition when it is of a newer format.
  static absl::StatusOr<std::unique_ptr<Witness>> Open(FileSystem* files, const std::string& path,
                                                       WitnessContent* content);
  virtual ~Witness() = default;

  // The bytes that a group of `batch_bytes` takes in the ring.
  virtual uint64_t SpaceFor(uint64_t batch_bytes) const = 0;
  // Free space: what Append may take before WriteHeader releases more.
  virtual uint64_t Free() const = 0;
  virtual uint64_t Capacity() const = 0;

  // Writes the group and, when `sync`, syncs the file. Its number follows the last one's. Requires
  // SpaceFor(group.batch.size()) <= Free().
  virtual absl::Status Append(const WitnessGroup& group, bool sync) = 0;
  // Writes both slots, the older one first, and syncs after each. Groups up to header.flushed_group
  // are released after that. header.flushed_group does not decrease; one beyond the last group
  // appended empties the ring, and the next group's number follows it. Requires the store's id to
  // be the one that the witness was made with.
  virtual absl::Status WriteHeader(const WitnessHeader& header) = 0;
};

}  // namespace daybook::internal

#endif  // DAYBOOK_CORE_SRC_WITNESS_H_
