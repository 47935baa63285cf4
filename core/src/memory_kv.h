// The seam in memory, deterministic, with the crash semantics of a real log: what was synced stays,
// of the rest a prefix; a write that failed can come back.
#ifndef DAYBOOK_CORE_SRC_MEMORY_KV_H_
#define DAYBOOK_CORE_SRC_MEMORY_KV_H_

#include <memory>

#include "kv.h"

namespace daybook::internal {

class MemoryKv : public Kv {
 public:
  static std::unique_ptr<MemoryKv> Make();

  // Power fails: the writes since the last SyncLog or Flush are lost but for the first `keep` of
  // them, and the store is as if opened again. Snapshots and iterators taken before must be gone.
  virtual void Crash(size_t keep) = 0;
  // How many writes a crash could lose now. A failed one counts: it reached the log, perhaps.
  virtual size_t unsynced() const = 0;
  // The n-th call of Write or SyncLog from now fails with `status`, and so does every later one,
  // Flush included, until Crash. A failed SyncLog syncs nothing; a failed Write is not seen, but
  // Crash may bring it back.
  virtual void FailAfter(int n, absl::Status status) = 0;
};

}  // namespace daybook::internal

#endif  // DAYBOOK_CORE_SRC_MEMORY_KV_H_
