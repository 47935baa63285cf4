// Moments of the past, and where they lie in the log.
#ifndef DAYBOOK_CORE_MOMENT_H_
#define DAYBOOK_CORE_MOMENT_H_

#include <cstdint>
#include <optional>
#include <variant>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "daybook/core/event_store.h"
#include "daybook/core/position.h"

namespace daybook {

// Right after a stream's event of this version.
struct Version {
  uint64_t number = 0;
};

// Right after the event at a position, or after the last event recorded at or before a time.
// Position::Start() is before everything; a time in the future is now.
using LogMoment = std::variant<Position, absl::Time>;
// The same, or a version of the stream at hand.
using StreamMoment = std::variant<Version, Position, absl::Time>;

// The position of the moment: the events up to it have happened. NotFound (InvalidField "moment")
// when the position is beyond the reader's tip; DataLoss as StoreReader. A time costs a binary
// search, about log2(tip) reads of one event: recorded time never decreases (G1).
absl::StatusOr<Position> PositionOf(const StoreReader& reader, const LogMoment& moment);

// Where the events that were recorded at `time` or later begin: after this position. At the same
// cost.
absl::StatusOr<Position> PositionBefore(const StoreReader& reader, absl::Time time);

// The version that `stream` stood at; nullopt: it had no events yet, or is not there now. NotFound
// (InvalidField) when the version is beyond its last one or the position beyond the tip; DataLoss
// as StoreReader. A binary search over the stream's versions, but for Version.
absl::StatusOr<std::optional<uint64_t>> VersionOf(const StoreReader& reader,
                                                  absl::string_view stream,
                                                  const StreamMoment& moment);

}  // namespace daybook

#endif  // DAYBOOK_CORE_MOMENT_H_
