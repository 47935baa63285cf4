#include "tag_skip.h"

#include <algorithm>

#include "daybook/core/status_macros.h"

namespace daybook::internal {

absl::StatusOr<TagSkip> TagSkip::Of(const std::optional<std::vector<TaggedPositions::TagSet>>& sets,
                                    const Kv& kv, const std::shared_ptr<const KvSnapshot>& snapshot,
                                    Direction direction) {
  TagSkip skip(direction);
  if (!sets.has_value()) return skip;
  DAYBOOK_ASSIGN_OR_RETURN(const std::optional<TagTable> table, FindTagTable(kv, snapshot.get()));
  if (!table.has_value()) return skip;
  skip.complete_after_ = table->complete_after;
  skip.positions_ = std::make_unique<TaggedPositions>(kv, snapshot, table->id, *sets, direction);
  return skip;
}

absl::StatusOr<uint64_t> TagSkip::From(uint64_t sequence) {
  if (sequence <= complete_after_) return 0;
  DAYBOOK_ASSIGN_OR_RETURN(const std::optional<uint64_t> at, positions_->Seek(sequence));
  if (forwards_) return at.has_value() ? *at - sequence : ~uint64_t{0};
  return sequence - std::max(at.value_or(0), complete_after_);
}

}  // namespace daybook::internal
