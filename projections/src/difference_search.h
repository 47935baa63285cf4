// Which event made a row of an old build another one than today's code makes.
#ifndef DAYBOOK_PROJECTIONS_SRC_DIFFERENCE_SEARCH_H_
#define DAYBOOK_PROJECTIONS_SRC_DIFFERENCE_SEARCH_H_

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
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
// is the first that the two took differently. Not thread-safe.
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

  // Reads a piece of the log, and looks at the end. False when done.
  absl::StatusOr<bool> Step();
  // In the order of the rows.
  const std::vector<std::optional<DifferenceOrigin>>& origins() const { return origins_; }

 private:
  struct Searched {
    Row row;
    std::unique_ptr<RowFold> fold;
    std::deque<EventTail::Kept> events;                // that were folded into it
    std::vector<std::optional<std::string>> versions;  // the row after each of them
    bool given_up = false;
  };
  // How often the old build took an event, or of an event of the past what is for that handler.
  using Times = std::function<int(size_t event, size_t handler)>;

  std::unique_ptr<RowFold> FoldOf(const std::string& key) const;
  void Take(const RecordedEvent& event, const Reading::Target& target);
  std::optional<DifferenceOrigin> Find(const Searched& searched);
  // The first event of a type that the old build left out, be it the type that was recorded or one
  // that the event is today.
  std::optional<DifferenceOrigin> FindType(const Searched& searched);
  // Those that get what the event is today.
  std::vector<size_t> HandlersOf(const RecordedEvent& event);
  // Whether the events, each folded so many times, give the old row.
  bool Gives(const Searched& searched, const Times& times);

  const ProjectionDefinition& definition_;
  const std::shared_ptr<const StoreReader> reader_;
  const Position until_;
  EventDispatcher dispatcher_;
  ReadLogOptions next_;
  std::vector<Searched> rows_;
  std::vector<std::optional<DifferenceOrigin>> origins_;
};

}  // namespace daybook::internal

#endif  // DAYBOOK_PROJECTIONS_SRC_DIFFERENCE_SEARCH_H_
