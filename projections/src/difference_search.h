// Which event made a row of an old build another one than today's code makes.
#ifndef DAYBOOK_PROJECTIONS_SRC_DIFFERENCE_SEARCH_H_
#define DAYBOOK_PROJECTIONS_SRC_DIFFERENCE_SEARCH_H_

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "daybook/core/event_store.h"
#include "daybook/projections/projection.h"
#include "daybook/projections/rebuild.h"
#include "event_dispatcher.h"
#include "event_tail.h"

namespace daybook::internal {

// Of the old build there are rows and no history. So the rows' events are gathered from the log,
// and today's code, upcasters among it, folds them as an old build may have: one of them left out,
// or taken twice, one type left out, or all from one on. Where this gives the old row, that event
// is the first that the two took differently. What is held in memory is bounded: of rows with more
// events nothing is said. Not thread-safe.
class DifferenceSearch {
 public:
  struct Row {
    std::string key;
    std::optional<std::string> before;
  };

  // Of the log up to `until`. `definition` must outlive this.
  DifferenceSearch(const ProjectionDefinition& definition,
                   std::shared_ptr<const StoreReader> reader, Position until,
                   std::vector<Row> rows);

  // Reads a piece of the log; at its end tries one fold of one row. False when done.
  absl::StatusOr<bool> Step();
  // In the order of the rows.
  const std::vector<std::optional<DifferenceOrigin>>& origins() const { return origins_; }

 private:
  struct Searched {
    Row row;
    std::unique_ptr<RowFold> fold;
    std::deque<EventTail::Kept> events;                 // that were folded into it
    size_t bytes = 0;                                   // of them
    bool is_as_before = false;                          // after them
    std::optional<size_t> last_as_before;               // the latest before which it was
    std::vector<std::pair<std::string, size_t>> types;  // with the first event of each
    std::vector<std::pair<size_t, size_t>> handlers;    // the same
    bool forgotten = false;
  };
  // How often the old build took an event, or of an event of the past what is for that handler.
  using Times = std::function<int(size_t event, size_t handler)>;
  // What the old build may have done, and the first event that it did it with.
  struct Guess {
    size_t event;
    std::string what;
    Times times;
  };

  std::unique_ptr<RowFold> FoldOf(const std::string& key) const;
  absl::Status Read();
  void Take(const RecordedEvent& event, const Reading::Target& target);
  void Keep(Searched& searched, const RecordedEvent& event, const Reading::Target& target);
  // Nothing more is to be said of it.
  void Forget(Searched& searched);
  // In the order in which they are tried.
  std::deque<Guess> GuessesOf(const Searched& searched) const;
  // Tries one, of the first row that has no origin yet.
  void Try();
  // Whether the events, each folded so many times, give the old row.
  bool Gives(const Searched& searched, const Times& times);

  const ProjectionDefinition& definition_;
  const std::shared_ptr<const StoreReader> reader_;
  const Position until_;
  EventDispatcher dispatcher_;
  ReadLogOptions next_;
  bool read_ = false;  // all of it
  std::vector<Searched> rows_;
  size_t bytes_ = 0;  // of all their events
  // Those not tried yet; none yet: nullopt.
  std::optional<std::deque<Guess>> guesses_;
  std::vector<std::optional<DifferenceOrigin>> origins_;
};

}  // namespace daybook::internal

#endif  // DAYBOOK_PROJECTIONS_SRC_DIFFERENCE_SEARCH_H_
