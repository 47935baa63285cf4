// Events that a view could not take, and what is held behind them.
//
// A row of a view depends on nothing but the events of its key, in order. So when On refuses one,
// that event and all later ones of the key are parked: the row stays the fold of the events before
// it, and every other row is what it would be anyway. An event of several keys is parked for those
// whose row refused it, and folded into the others. Replayed by code that takes them, the parked
// events give the very row that the log would have given at once.
//
// Of a store: looked at without running the view, for tools. An application asks its engine.
#ifndef DAYBOOK_PROJECTIONS_PARKED_H_
#define DAYBOOK_PROJECTIONS_PARKED_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "daybook/core/event_store.h"
#include "daybook/core/position.h"

namespace daybook {

// A key whose sequence is held.
struct ParkedKey {
  std::string key;
  // The first event of the key that is not in the row, and when it was parked.
  Position position;
  absl::Time parked_at;
  // What was said to it at the last attempt, and how often it was tried. OK and 0: it is next to be
  // tried, after those before it were replayed.
  absl::Status error;
  uint32_t attempts = 0;
};

// One of its events.
struct ParkedEvent {
  Position position;
  absl::Time parked_at;
  // As the log has it.
  std::string stream;
  uint64_t version = 0;
  std::string type;
};

struct ParkedSequence {
  ParkedKey head;
  // The first ones, in order; and whether there are more.
  std::vector<ParkedEvent> events;
  bool more = false;
};

struct ParkedListOptions {
  // Only keys after this one, in the order of the list: to go on, the last key of the page before.
  std::optional<std::string> after;
  // 1 to 10,000.
  size_t limit = 100;
};

// The keys of generation `generation` of `view` that are held, in the order of their bytes; keys of
// more than some hundred bytes stand before the others, in an order of their own. `reader` is one
// of `store`.
//   InvalidArgument  an option out of range (InvalidField)
//   DataLoss         an entry is damaged
absl::StatusOr<std::vector<ParkedKey>> ListParked(const EventStore& store,
                                                  const StoreReader& reader, absl::string_view view,
                                                  uint32_t generation,
                                                  const ParkedListOptions& options = {});

// The first `max_events` events of one key, 1 to 10,000. NotFound: the key is not parked. Other
// errors as ListParked.
absl::StatusOr<ParkedSequence> ShowParked(const EventStore& store, const StoreReader& reader,
                                          absl::string_view view, uint32_t generation,
                                          absl::string_view key, size_t max_events = 100);

// What came of a replay. OK of the call does not mean that everything was taken.
struct ParkedReplay {
  uint64_t freed_keys = 0;    // nothing of them is parked any more
  uint64_t taken_events = 0;  // that are in the rows now
  uint64_t parked_keys = 0;   // that failed again, and stay parked from that event on
  absl::Status error;         // of the last one of these
};

}  // namespace daybook

#endif  // DAYBOOK_PROJECTIONS_PARKED_H_
