// Which positions a read of the log for certain tags need not look at.
#ifndef DAYBOOK_CORE_SRC_TAG_SKIP_H_
#define DAYBOOK_CORE_SRC_TAG_SKIP_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "tag_index.h"

namespace daybook::internal {

// Not thread-safe.
class TagSkip {
 public:
  // nullopt: the read is for others, too, so that nothing is skipped.
  static absl::StatusOr<TagSkip> Of(const std::optional<std::vector<TaggedPositions::TagSet>>& sets,
                                    const Kv& kv, const std::shared_ptr<const KvSnapshot>& snapshot,
                                    Direction direction);

  bool skips() const { return positions_ != nullptr; }
  // How many, from this one on in the direction of the read; it may be more than there are. Only
  // where it skips.
  absl::StatusOr<uint64_t> From(uint64_t sequence);

 private:
  explicit TagSkip(Direction direction) : forwards_(direction == Direction::kForwards) {}

  bool forwards_;
  uint64_t complete_after_ = 0;
  std::unique_ptr<TaggedPositions> positions_;  // nullptr: nothing is skipped
};

}  // namespace daybook::internal

#endif  // DAYBOOK_CORE_SRC_TAG_SKIP_H_
