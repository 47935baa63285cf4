// Where the events with a tag are: docs/formats/store.md. A table of the store like any other, made
// with the first tagged event; what stands in the log before that is not in it.
#ifndef DAYBOOK_CORE_SRC_TAG_INDEX_H_
#define DAYBOOK_CORE_SRC_TAG_INDEX_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "daybook/core/commit.h"
#include "daybook/core/event_store.h"
#include "kv.h"

namespace daybook::internal {

inline constexpr absl::string_view kTagTable = "$tags";

struct TagTable {
  TableId id = 0;
  uint64_t complete_after = 0;  // events up to this position are not in it
};

// nullopt: there is none yet. DataLoss.
absl::StatusOr<std::optional<TagTable>> FindTagTable(const Kv& kv, const KvSnapshot* snapshot);

// The row that says from where it is complete, and that of an event.
std::string TagTableKey(TableId table);
std::string TagEntryKey(TableId table, absl::string_view tag, uint64_t sequence);

// The position of the newest event with `tag`; 0: there is none in the index. DataLoss.
absl::StatusOr<uint64_t> NewestTagged(const Kv& kv, TableId table, absl::string_view tag);

// Calls `visit` with the tag and position of each entry. DataLoss, and errors of `visit`.
absl::Status ForEachTagEntry(
    const Kv& kv, TableId table,
    absl::FunctionRef<absl::Status(absl::string_view tag, uint64_t sequence)> visit);

// The positions of events that have all tags of one of some sets, each once, in order. Not
// thread-safe.
class TaggedPositions {
 public:
  using TagSet = std::vector<std::string>;  // at least one each

  TaggedPositions(const Kv& kv, std::shared_ptr<const KvSnapshot> snapshot, TableId table,
                  const std::vector<TagSet>& sets, Direction direction);
  ~TaggedPositions();

  // The first one at `sequence` or behind it in the direction, in which calls must go, too;
  // nullopt: there is none. DataLoss.
  absl::StatusOr<std::optional<uint64_t>> Seek(uint64_t sequence);

 private:
  class Cursor;
  using Set = std::vector<std::unique_ptr<Cursor>>;

  absl::StatusOr<std::optional<uint64_t>> SeekIn(Set& set, uint64_t sequence) const;
  bool IsBehind(uint64_t sequence, uint64_t other) const {
    return direction_ == Direction::kForwards ? sequence > other : sequence < other;
  }

  const Direction direction_;
  std::vector<Set> sets_;
};

}  // namespace daybook::internal

#endif  // DAYBOOK_CORE_SRC_TAG_INDEX_H_
