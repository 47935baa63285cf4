#include "commands_in_progress.h"

#include <utility>

#include "absl/hash/hash.h"

namespace daybook::internal {

CommandsInProgress::Shard& CommandsInProgress::ShardOf(const CommandId& id) {
  return shards_[(absl::Hash<CommandId>()(id) >> 32) % kShards];
}

bool CommandsInProgress::Enter(std::unique_ptr<Call>& call) {
  const CommandId id = call->metadata.command_id;
  Shard& shard = ShardOf(id);
  MutexLock lock(&shard.mutex);
  const auto [entry, is_new] = shard.ids.try_emplace(id);
  if (!is_new) entry->second.push_back(std::move(call));
  return is_new;
}

std::vector<std::unique_ptr<Call>> CommandsInProgress::Leave(const CommandId& id) {
  Shard& shard = ShardOf(id);
  MutexLock lock(&shard.mutex);
  const auto entry = shard.ids.find(id);
  std::vector<std::unique_ptr<Call>> waiting = std::move(entry->second);
  shard.ids.erase(entry);
  return waiting;
}

}  // namespace daybook::internal
