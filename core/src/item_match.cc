#include "item_match.h"

#include <optional>

#include "absl/algorithm/container.h"
#include "daybook/core/metadata.h"

namespace daybook::internal {

bool HasTags(const RecordView& record, const std::vector<std::string>& tags) {
  const MetadataView metadata(record.metadata());
  return absl::c_all_of(tags, [&](const std::string& tag) { return metadata.HasTag(tag); });
}

ItemMatch::ItemMatch(const QueryItem& item, const Names& names) : item_(&item) {
  for (const std::string& name : item.types) {
    if (const std::optional<TypeId> id = names.FindType(name)) types_.push_back(*id);
  }
}

bool ItemMatch::Matches(const RecordView& record) const {
  return (item_->types.empty() || absl::c_linear_search(types_, record.type())) &&
         HasTags(record, item_->tags);
}

}  // namespace daybook::internal
