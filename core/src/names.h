// The dictionary as readers use it: ids back to names.
#ifndef DAYBOOK_CORE_SRC_NAMES_H_
#define DAYBOOK_CORE_SRC_NAMES_H_

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "bounded_cache.h"
#include "daybook/core/event.h"
#include "daybook/core/mutex.h"
#include "format.h"
#include "kv.h"

namespace daybook::internal {

// The types, all in memory, and the streams' names that were used of late. Thread-safe.
class Names {
 public:
  explicit Names(size_t cached_streams) : streams_(cached_streams) {}

  // Reads every type from the store.
  absl::Status LoadTypes(const Kv& kv, std::shared_ptr<const KvSnapshot> snapshot);

  // Ids are given out in order, from 1.
  void AddType(TypeId id, absl::string_view name);
  std::optional<TypeId> FindType(absl::string_view name) const;
  size_t types() const;
  // DataLoss (Damage "dictionary"): there is no such type.
  absl::StatusOr<std::string> TypeName(TypeId id) const;

  void AddStream(StreamId id, absl::string_view name);

  // Gives each event its type and stream. Types' names live as long as this object, streams' names
  // in `*text`, which must not be moved after. DataLoss (Damage "dictionary") for an unknown id.
  absl::Status Resolve(const Kv& kv, const KvSnapshot* snapshot, absl::Span<RecordedEvent> events,
                       std::string* text);

  // The types alone.
  absl::Status ResolveTypes(absl::Span<RecordedEvent> events) const;

  absl::StatusOr<std::optional<uint32_t>> FindCategory(const Kv& kv, const KvSnapshot* snapshot,
                                                       absl::string_view name) const;
  // A stream's name alone.
  absl::StatusOr<std::string> StreamName(const Kv& kv, const KvSnapshot* snapshot, StreamId id);

 private:
  mutable SharedMutex mutex_;
  std::deque<std::string> types_ ABSL_GUARDED_BY(mutex_);  // by id - 1; elements never move
  absl::flat_hash_map<absl::string_view, TypeId> type_ids_ ABSL_GUARDED_BY(mutex_);
  BoundedCache<StreamId, std::string> streams_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace daybook::internal

#endif  // DAYBOOK_CORE_SRC_NAMES_H_
