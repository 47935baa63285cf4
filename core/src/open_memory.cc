#include "daybook/core/open.h"
#include "daybook/core/status_macros.h"
#include "engine.h"
#include "memory_kv.h"

namespace daybook {

absl::StatusOr<std::unique_ptr<EventStore>> OpenMemoryStore(const StoreOptions& options) {
  DAYBOOK_RETURN_IF_ERROR(internal::CheckOptions(options));
  internal::EngineParts parts;
  parts.kv = internal::MemoryKv::Make();
  return internal::Engine::Open(std::move(parts), options);
}

}  // namespace daybook
