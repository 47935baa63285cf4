// When a state is worth a snapshot, and how many of a stream are kept.
#ifndef DAYBOOK_SNAPSHOTS_SNAPSHOT_POLICY_H_
#define DAYBOOK_SNAPSHOTS_SNAPSHOT_POLICY_H_

#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace daybook {

// A snapshot is due with the first event that fulfils one of events, bytes and age, counted from
// the last snapshot of the stream, or from its beginning. With none of them none is taken, and none
// that is there is used. A plain value; one out of its range is refused by App::Open.
//
//   {.events = 100, .bytes = 64 << 10, .age = absl::Hours(1)}
struct SnapshotPolicy {
  // So many events came. nullopt: the `snapshot_every` of the .proto; 0: however many.
  std::optional<uint64_t> events;
  // Their payloads have so many bytes in all. 0: however many.
  uint64_t bytes = 0;
  // The event is so much later than the last one in the snapshot. No event, no snapshot: an idle
  // stream costs nothing. More than 0.
  absl::Duration age = absl::InfiniteDuration();
  // Snapshots kept of a stream, the newest ones: for LoadAt, and for when the newest cannot be
  // used. Each beyond the first costs a second writing of the one that it replaces. 1 to 64.
  uint32_t keep = 1;
};

inline constexpr uint32_t kMaxKeptSnapshots = 64;

// The events of a stream that its newest snapshot lacks.
struct EventsBehind {
  uint64_t count = 0;
  uint64_t bytes = 0;  // of their payloads
  // When the last event in the snapshot was recorded; the first of the stream where there is no
  // snapshot, and the infinite future where there is no event.
  absl::Time since = absl::InfiniteFuture();
};

bool TakesSnapshots(const SnapshotPolicy& policy);

// Whether a snapshot is due at `now`, when the last of the events behind was recorded.
bool IsSnapshotDue(const SnapshotPolicy& policy, const EventsBehind& behind, absl::Time now);

// InvalidArgument (InvalidField "<owner>: snapshots.<field>") for the first value that is out of
// its range.
absl::Status CheckSnapshotPolicy(const SnapshotPolicy& policy, absl::string_view owner);

}  // namespace daybook

#endif  // DAYBOOK_SNAPSHOTS_SNAPSHOT_POLICY_H_
