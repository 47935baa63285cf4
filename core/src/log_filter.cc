#include "log_filter.h"

#include <algorithm>
#include <optional>
#include <string>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "daybook/core/status_macros.h"

namespace daybook::internal {
namespace {

template <typename T>
bool Contains(const std::vector<T>& list, const T& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

}  // namespace

absl::StatusOr<LogFilter> LogFilter::Of(const EventFilter& filter, const Dictionary& dictionary) {
  LogFilter ready(filter, dictionary);
  for (const std::string& name : filter.categories) {
    DAYBOOK_ASSIGN_OR_RETURN(
        const std::optional<uint32_t> id,
        dictionary.names.FindCategory(dictionary.kv, dictionary.snapshot, name));
    if (id.has_value()) ready.categories_.push_back(*id);
  }
  for (const std::string& name : filter.types) {
    if (const std::optional<TypeId> id = dictionary.names.FindType(name))
      ready.types_.push_back(*id);
  }
  for (const QueryItem& item : filter.query) ready.items_.emplace_back(item, dictionary.names);
  return ready;
}

std::optional<std::vector<std::vector<std::string>>> LogFilter::TagSets() const {
  std::vector<std::vector<std::string>> sets;
  for (const ItemMatch& item : items_) {
    std::vector<std::string>& tags = sets.emplace_back(filter_.tags);
    tags.insert(tags.end(), item.tags().begin(), item.tags().end());
  }
  if (items_.empty()) sets.push_back(filter_.tags);
  const auto has_none = [](const std::vector<std::string>& tags) { return tags.empty(); };
  if (absl::c_any_of(sets, has_none)) return std::nullopt;
  return sets;
}

absl::StatusOr<bool> LogFilter::Matches(const RecordView& record) {
  if (!filter_.categories.empty() && !Contains(categories_, CategoryIdOf(record.stream()))) {
    return false;
  }
  if (!filter_.types.empty() && !Contains(types_, record.type())) return false;
  if (filter_.type_matches != nullptr) {
    DAYBOOK_ASSIGN_OR_RETURN(const bool matches, MatchesType(record.type()));
    if (!matches) return false;
  }
  if (!filter_.stream_prefixes.empty() || filter_.stream_matches != nullptr) {
    DAYBOOK_ASSIGN_OR_RETURN(const bool matches, MatchesStream(record.stream()));
    if (!matches) return false;
  }
  if (!HasTags(record, filter_.tags)) return false;
  const auto matches = [&record](const ItemMatch& item) { return item.Matches(record); };
  return items_.empty() || absl::c_any_of(items_, matches);
}

absl::StatusOr<bool> LogFilter::MatchesType(TypeId type) {
  if (const auto known = known_types_.find(type); known != known_types_.end()) {
    return known->second;
  }
  DAYBOOK_ASSIGN_OR_RETURN(const std::string name, dictionary_.names.TypeName(type));
  return known_types_[type] = filter_.type_matches(name);
}

absl::StatusOr<bool> LogFilter::MatchesStream(StreamId stream) {
  if (const auto known = known_streams_.find(stream); known != known_streams_.end()) {
    return known->second;
  }
  DAYBOOK_ASSIGN_OR_RETURN(
      const std::string name,
      dictionary_.names.StreamName(dictionary_.kv, dictionary_.snapshot, stream));
  const std::vector<std::string>& prefixes = filter_.stream_prefixes;
  const bool begins =
      prefixes.empty() || std::any_of(prefixes.begin(), prefixes.end(), [&](const auto& prefix) {
        return absl::StartsWith(name, prefix);
      });
  return known_streams_[stream] =
             begins && (filter_.stream_matches == nullptr || filter_.stream_matches(name));
}

}  // namespace daybook::internal
