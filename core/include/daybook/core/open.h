// Opening a store.
#ifndef DAYBOOK_CORE_OPEN_H_
#define DAYBOOK_CORE_OPEN_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "daybook/core/clock.h"
#include "daybook/core/event_store.h"
#include "daybook/core/file_system.h"
#include "daybook/core/runtime.h"

namespace daybook {

enum class Durability : uint8_t {
  // Acknowledged means synced twice, in RocksDB's log and in the witness (G2).
  kStrict,
  // Acknowledged means synced once; the witness follows. Gives up the second copy for the newest
  // group only.
  kRelaxed,
  // Nothing is synced: a power cut loses what the system had not yet written, a killed process
  // nothing. For benchmarks and throw-away stores.
  kNone,
};

struct StoreOptions {
  // ---- behaviour
  bool create_if_missing = true;
  Durability durability = Durability::kStrict;
  // While less than so many bytes are free where the store lies, commits are refused with
  // ResourceExhausted (LowSpace) before anything of them is written; reads, and closing, go on.
  // They are taken again as soon as there is enough. No less than witness_bytes: a flush writes
  // about as much. 0: never asked for. What a medium without a bound, and a store in memory, lack.
  uint64_t min_free_bytes = uint64_t{64} << 20;
  // nullptr: the system's. Must outlive the store.
  Clock* clock = nullptr;
  FileSystem* files = nullptr;
  Runtime* runtime = nullptr;

  // ---- performance
  // Bytes of commits that may wait; more are refused with ResourceExhausted, but for a commit that
  // finds the queue empty. 1 MiB to 4 GiB.
  size_t queue_bytes = size_t{256} << 20;
  // The witness ring, 1 MiB to 1 GiB, fixed when the store is made. It holds every group that is
  // not yet in a table file; a larger one means fewer, larger flushes and a longer opening.
  size_t witness_bytes = size_t{64} << 20;
  // Shared by all reads of table files. More: fewer reads from the disk.
  size_t block_cache_bytes = size_t{64} << 20;
  // Stream heads and names kept in memory, for who appends and who reads, each about 100 bytes.
  size_t stream_cache_entries = 200'000;
};

// Opens the store in the directory `path`, and makes it when it is not there.
//   NotFound            no store there, and create_if_missing is false
//   InvalidArgument     the path is no store's (a file, a directory of other things); an option out
//                       of range
//   Unavailable         the store is open elsewhere, in this process or another
//   FailedPrecondition  written by a newer format: use a newer Daybook
//   DataLoss            damaged beyond repair by the witness (Damage names what): verify, restore
//   PermissionDenied    the system's refusal, as is
//   ResourceExhausted   no space left
absl::StatusOr<std::unique_ptr<EventStore>> OpenStore(absl::string_view path,
                                                      const StoreOptions& options = {});

// A store in memory: the same engine, gone with the object.
absl::StatusOr<std::unique_ptr<EventStore>> OpenMemoryStore(const StoreOptions& options = {});

// Opens for reading beside nobody: takes the store's lock, changes nothing, refuses appends with
// Unavailable. Errors as OpenStore.
absl::StatusOr<std::unique_ptr<EventStore>> OpenStoreReadOnly(absl::string_view path,
                                                              const StoreOptions& options = {});

struct VerifyReport {
  Position tip;
  uint64_t events = 0;
  uint64_t streams = 0;
  // The chain hash at the tip, 64 hexadecimal digits: two stores with the same have the same log.
  std::string chain;
};

// Reads the whole store: every table file's checksum, every event's leaf and the chain, the
// witness (both header slots, and the records of groups that are not yet in table files), and every
// index against the log. DataLoss with a Damage that names the first bad position, where one is
// known; one with what `witness` where only the second copy has lost something: opening the store
// for writing mends that. `progress`, when set, is called now and then with the position reached.
absl::StatusOr<VerifyReport> VerifyStore(
    absl::string_view path, const StoreOptions& options = {},
    absl::FunctionRef<void(Position)> progress = [](Position) {});

}  // namespace daybook

#endif  // DAYBOOK_CORE_OPEN_H_
