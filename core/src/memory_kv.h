// The seam in memory, deterministic, with the crash semantics of a real log.
#ifndef DAYBOOK_CORE_SRC_MEMORY_KV_H_
#define DAYBOOK_CORE_SRC_MEMORY_KV_H_

#include <memory>

#include "kv.h"

namespace daybook::internal {

class MemoryKv : public Kv {
 public:
  static std::unique_ptr<MemoryKv> Make();

  // Power fails: the writes since the last SyncLog are lost but for the first `keep` of them.
  // Snapshots taken before must be gone.
  virtual void Crash(size_t keep) = 0;
  // How many writes a crash could lose now.
  virtual size_t unsynced() const = 0;
  // The n-th call of Write or SyncLog from now fails with `status`; a failed SyncLog syncs nothing.
  virtual void FailAfter(int n, absl::Status status) = 0;
};

}  // namespace daybook::internal

#endif  // DAYBOOK_CORE_SRC_MEMORY_KV_H_
