// How views are asked.
#ifndef DAYBOOK_PROJECTIONS_VIEW_QUERY_H_
#define DAYBOOK_PROJECTIONS_VIEW_QUERY_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "daybook/core/event_store.h"
#include "daybook/core/position.h"
#include "daybook/core/token.h"

namespace daybook {

// When a view is kept up to date.
enum class Lifecycle : uint8_t {
  kInline,  // in the commit of the event
  kAsync,   // behind it
  kLive,    // never: a row is folded when it is asked for
};

// "inline", "async", "live".
absl::string_view LifecycleName(Lifecycle lifecycle);

struct GetOptions {
  // Wait until the view covers it. nullopt: what is there now. Of a row of which events up to it
  // are parked, Get returns the error that they are parked with; a range has the row as it is.
  std::optional<Token> at_least;
  // How long at most.
  absl::Duration timeout = absl::Seconds(10);
};

// Some rows of a view, in bytewise order of their keys, or in the reverse of it. The conditions are
// combined.
struct RangeOptions {
  std::string from;                  // the first key; empty: from the first row
  std::optional<std::string> until;  // the first key that is not in it; nullopt: to the last row
  std::string prefix;                // only keys that start with it
  size_t limit = ~size_t{0};         // rows
  std::optional<Token> at_least;     // as in GetOptions
  absl::Duration timeout = absl::Seconds(10);
  std::string page;  // only what comes after the page that gave this; empty: from the first row
  // Backwards: the last row first. `from`, `until` and `prefix` say which rows, as ever.
  Direction direction = Direction::kForwards;
};

// Rows by an index, in its order.
struct FindOptions {
  size_t limit = ~size_t{0};      // rows, at least 1
  std::string page;               // as in RangeOptions
  std::optional<Token> at_least;  // as in RangeOptions
  absl::Duration timeout = absl::Seconds(10);
  Direction direction = Direction::kForwards;  // as in RangeOptions
};

enum class ViewState : uint8_t {
  // Reads what the log already holds. An inline view is not part of the commits yet.
  kCatchingUp,
  // An async view that has reached the tip once and follows it; and every view that is folded when
  // it is asked.
  kLive,
  // An inline view that is part of every commit.
  kPromoted,
  // Stopped at an event that it could not take, as FailureOptions have it; `error` names it. Goes
  // on from there when the store is opened with a projection that can.
  kStopped,
  // Its rows are those that another definition made of the log up to the checkpoint. They answer
  // until the build of today's definition has caught up.
  kStale,
};

// "catching up", "live", "promoted", "stopped", "stale".
absl::string_view ViewStateName(ViewState state);

enum class GenerationState : uint8_t {
  kServing,   // answers queries
  kBuilding,  // catches up, to serve
  kPaused,    // was being built, and goes on when told to
  kKept,      // stands where it was when another took over; Rollback goes back to it
  kDropping,  // its rows are being deleted
};

// "serving", "building", "paused", "kept", "dropping".
absl::string_view GenerationStateName(GenerationState state);

// One build of a view.
struct GenerationStatus {
  uint32_t number = 0;
  GenerationState state = GenerationState::kServing;
  Position checkpoint;
  uint64_t parked_keys = 0;
};

// What an async view did not take, up to its checkpoint (FailureOptions). An event of several keys
// counts once for each that did not take it.
struct ViewFailures {
  // Keys whose rows are held, and the events of them.
  uint64_t parked_keys = 0;
  uint64_t parked_events = 0;
  // Of these keys, those that are tried again by themselves; and the memory that all take.
  uint64_t retrying_keys = 0;
  uint64_t parked_bytes = 0;
  // Events that the rows lack for good: passed over by FailurePolicy::kSkip, or since a scavenge
  // had removed their payloads when they were folded; and by DropParked.
  uint64_t skipped_events = 0;
  uint64_t dropped_events = 0;
  // The last one that was skipped: the error names it; OK: none was.
  Position last_skipped;
  absl::Status skip_error;
};

struct ViewStatus {
  std::string name;
  Lifecycle lifecycle = Lifecycle::kAsync;
  ViewState state = ViewState::kCatchingUp;
  // Which build of the view answers, from 1: one more each time that its definition changed or
  // that it was rebuilt. The rest is about this one. 0: it is folded when it is asked.
  uint32_t generation = 0;
  // Its rows are the fold of the log up to here, but for what `failures` tells.
  Position checkpoint;
  // Events of the log beyond the checkpoint, whether the view handles them or not, and the age of
  // the first of them.
  uint64_t lag_events = 0;
  absl::Duration lag;
  // Rows put and deleted since the store was opened.
  uint64_t rows_written = 0;
  // Why it stopped.
  absl::Status error;
  ViewFailures failures;
  // All builds that the store holds, by number.
  std::vector<GenerationStatus> generations;
};

}  // namespace daybook

#endif  // DAYBOOK_PROJECTIONS_VIEW_QUERY_H_
