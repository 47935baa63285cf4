// What may not be exceeded. Checked at the edge, where a breach is InvalidArgument and names the
// field and the rule.
#ifndef DAYBOOK_CORE_LIMITS_H_
#define DAYBOOK_CORE_LIMITS_H_

#include <cstddef>
#include <cstdint>

namespace daybook {

inline constexpr size_t kMaxStreamNameBytes = 512;
inline constexpr size_t kMaxTypeNameBytes = 255;
inline constexpr size_t kMaxTableNameBytes = 255;
inline constexpr size_t kMaxRowKeyBytes = 1024;
inline constexpr size_t kMaxRowBytes = size_t{4} << 20;
inline constexpr size_t kMaxPayloadBytes = size_t{4} << 20;
inline constexpr size_t kMaxMetadataBytes = size_t{64} << 10;
inline constexpr size_t kMaxEventsPerCommit = 10'000;
// Items, types and tags of all its conditions together.
inline constexpr size_t kMaxConditionPartsPerCommit = 10'000;
inline constexpr size_t kMaxTableWritesPerCommit = 1'000'000;
inline constexpr size_t kMaxCommitBytes = size_t{64} << 20;
// The last version that a stream can reach and the last position of a store: both stay clear of
// the ends of their types, so that "one more" never overflows.
inline constexpr uint64_t kMaxVersion = (uint64_t{1} << 62) - 1;
inline constexpr uint64_t kMaxSequence = (uint64_t{1} << 62) - 1;

}  // namespace daybook

#endif  // DAYBOOK_CORE_LIMITS_H_
