// Whether the conditions of a commit hold, against everything that was added before it.
#ifndef DAYBOOK_CORE_SRC_CONDITION_CHECK_H_
#define DAYBOOK_CORE_SRC_CONDITION_CHECK_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "bounded_cache.h"
#include "daybook/core/event_query.h"
#include "format.h"
#include "item_match.h"
#include "kv.h"
#include "names.h"
#include "record.h"
#include "tag_index.h"

namespace daybook::internal {

// Remembers the newest event of each type and of the tags in use: nearly always that tells that
// nothing was appended since. Of the commit builder alone.
class ConditionCheck {
 public:
  // What the newest event's position is, where the index is, and how what was added is made to
  // stand in the backend.
  struct Log {
    uint64_t tip;
    TagTable tags;
    absl::FunctionRef<absl::Status()> write_pending;
  };

  // `seen_after`: the tip before the first Note.
  ConditionCheck(const Kv* kv, const Names* names, uint64_t seen_after)
      : kv_(*kv), names_(*names), newest_(kNewestTags), seen_after_(seen_after) {}

  // An event was added.
  void Note(TypeId type, uint64_t sequence) { types_[type] = sequence; }
  void NoteTag(absl::string_view tag, uint64_t sequence);

  // The position of an event after `after` that matches; nullopt: there is none. DataLoss, and
  // errors of write_pending.
  absl::StatusOr<std::optional<uint64_t>> FindMatch(const EventQuery& query, uint64_t after,
                                                    const Log& log);
  // Whether an event up to `until` has a tag. Reads them all.
  absl::StatusOr<bool> AnyTagged(uint64_t until) const;

 private:
  static constexpr size_t kNewestTags = size_t{1} << 17;
  static constexpr size_t kMostTagBytes = 256;  // of one that is remembered
  // Returns false to end.
  using VisitRecord = absl::FunctionRef<absl::StatusOr<bool>(const RecordView&)>;

  absl::StatusOr<std::optional<uint64_t>> FindMatchOf(const QueryItem& item, uint64_t after,
                                                      const Log& log);
  absl::StatusOr<std::optional<uint64_t>> FindOfTypes(absl::Span<const TypeId> types,
                                                      uint64_t after, const Log& log);
  absl::StatusOr<std::optional<uint64_t>> FindTagged(const ItemMatch& item, uint64_t after,
                                                     const Log& log);
  absl::StatusOr<uint64_t> NewestOf(const std::string& tag, const Log& log);
  // The events after `after` and up to `until`, in order.
  absl::Status ForEach(uint64_t after, uint64_t until, VisitRecord visit) const;

  const Kv& kv_;
  const Names& names_;
  BoundedCache<std::string, uint64_t> newest_;  // by tag: the position of its newest event
  // Of all events after seen_after_, the newest of each type.
  absl::flat_hash_map<TypeId, uint64_t> types_;
  uint64_t seen_after_;
};

}  // namespace daybook::internal

#endif  // DAYBOOK_CORE_SRC_CONDITION_CHECK_H_
