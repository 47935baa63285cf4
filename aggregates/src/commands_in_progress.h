// The command ids being executed: a second command with the same id waits for the first.
#ifndef DAYBOOK_AGGREGATES_SRC_COMMANDS_IN_PROGRESS_H_
#define DAYBOOK_AGGREGATES_SRC_COMMANDS_IN_PROGRESS_H_

#include <array>
#include <cstddef>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "call.h"
#include "daybook/core/mutex.h"
#include "daybook/core/uuid.h"

namespace daybook::internal {

// Thread-safe.
class CommandsInProgress {
 public:
  // True: the id is the call's own until Leave. False: another call has it; this one was taken, and
  // Leave returns it.
  bool Enter(std::unique_ptr<Call>& call);
  // Those that wait for the id, in their order.
  std::vector<std::unique_ptr<Call>> Leave(const CommandId& id);

 private:
  static constexpr size_t kShards = 16;
  struct Shard {
    Mutex mutex;
    absl::flat_hash_map<CommandId, std::vector<std::unique_ptr<Call>>> ids ABSL_GUARDED_BY(mutex);
  };
  Shard& ShardOf(const CommandId& id);

  std::array<Shard, kShards> shards_;
};

}  // namespace daybook::internal

#endif  // DAYBOOK_AGGREGATES_SRC_COMMANDS_IN_PROGRESS_H_
