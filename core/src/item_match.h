// One item of a query against the events of the log.
#ifndef DAYBOOK_CORE_SRC_ITEM_MATCH_H_
#define DAYBOOK_CORE_SRC_ITEM_MATCH_H_

#include <string>
#include <vector>

#include "daybook/core/event_query.h"
#include "names.h"
#include "record.h"

namespace daybook::internal {

// Whether the event has all of these tags.
bool HasTags(const RecordView& record, const std::vector<std::string>& tags);

class ItemMatch {
 public:
  // `item` must outlive it. A type that is unknown now matches nothing.
  ItemMatch(const QueryItem& item, const Names& names);

  // No event can match: the store knows none of the types.
  bool is_never() const { return types_.empty() && !item_->types.empty(); }
  const std::vector<TypeId>& types() const { return types_; }
  const std::vector<std::string>& tags() const { return item_->tags; }
  bool Matches(const RecordView& record) const;

 private:
  const QueryItem* item_;
  std::vector<TypeId> types_;
};

}  // namespace daybook::internal

#endif  // DAYBOOK_CORE_SRC_ITEM_MATCH_H_
