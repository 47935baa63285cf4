// Where an event stands in the whole store.
#ifndef DAYBOOK_CORE_POSITION_H_
#define DAYBOOK_CORE_POSITION_H_

#include <compare>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace daybook {

// The number of an event in its partition: gapless, from 1; 0 stands before everything. The
// embedded store has the one partition 0. A plain value; callers compare and store it, and do no
// arithmetic on it.
class Position {
 public:
  constexpr Position() = default;
  constexpr explicit Position(uint64_t sequence, uint16_t partition = 0)
      : sequence_(sequence), partition_(partition) {}

  // Before every event.
  static constexpr Position Start() { return Position(); }
  // After every event that can ever be: where a backward read from the end starts.
  static constexpr Position End() { return Position(~uint64_t{0}); }

  constexpr uint64_t sequence() const { return sequence_; }
  constexpr uint16_t partition() const { return partition_; }

  // The one text form: "17", or "3:17" in partition 3.
  std::string ToString() const;
  // InvalidArgument (InvalidField "position") when `text` is not in that form.
  static absl::StatusOr<Position> Parse(absl::string_view text);

  // Orders positions of the same partition; across partitions the order means nothing.
  friend constexpr auto operator<=>(const Position&, const Position&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const Position& p) {
    return H::combine(std::move(h), p.sequence_, p.partition_);
  }

 private:
  uint64_t sequence_ = 0;
  uint16_t partition_ = 0;
};

}  // namespace daybook

#endif  // DAYBOOK_CORE_POSITION_H_
