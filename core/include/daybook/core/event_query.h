// Events by what they are about, whichever streams they stand in: the queries and conditions of a
// dynamic consistency boundary. Specification: https://dcb.events/specification.
#ifndef DAYBOOK_CORE_EVENT_QUERY_H_
#define DAYBOOK_CORE_EVENT_QUERY_H_

#include <string>
#include <vector>

#include "daybook/core/position.h"

namespace daybook {

// Events of one of these types that have all of these tags (`key:value`). An empty list leaves its
// side open.
struct QueryItem {
  std::vector<std::string> types;
  std::vector<std::string> tags;
};

// Events that one of the items asks for. No items: every event.
using EventQuery = std::vector<QueryItem>;

// No event after `after` matches: what whoever decided had read up to there is still all that there
// is. Start: no event at all matches.
//
// Where each item has a tag, the check costs a look at each tag, however many events the store has,
// and where all tags of an item got events meanwhile, at the fewest of these. An item of types
// alone is answered from memory, but reads the log back to `after` when no one since the store was
// opened asked so far: about a second for a million events, during which other appends wait. So do
// items with tags in a store whose events are older than its index of tags, up to where that
// begins: once, where none of these has a tag; each time, where some have.
struct AppendCondition {
  EventQuery none_match;
  // At most the tip: a reader tells where it stood.
  Position after = Position::Start();
};

}  // namespace daybook

#endif  // DAYBOOK_CORE_EVENT_QUERY_H_
