#include "reference_model.h"

#include <algorithm>
#include <set>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "daybook/core/errors.h"
#include "daybook/core/limits.h"
#include "daybook/core/status_macros.h"
#include "tombstoned.h"

namespace daybook {
namespace {

std::string CategoryIn(absl::string_view stream) {
  return std::string(stream.substr(0, stream.find('-')));
}

bool OneOf(const std::vector<std::string>& list, absl::string_view value) {
  return list.empty() || absl::c_any_of(list, [&](const auto& one) { return one == value; });
}

absl::Status Invalid(absl::string_view field) {
  return InvalidFieldError(field, "as the model has it");
}

bool IsMetadataStream(absl::string_view stream) {
  return absl::StartsWith(stream, "$$");
}

// Names that begin with '$' are the store's own, but for the streams of metadata.
absl::Status CheckName(const StreamAppend& append, absl::string_view field) {
  absl::string_view name = append.stream;
  if (IsMetadataStream(name) &&
      absl::c_all_of(append.events, [](const auto& event) { return event.type == "$metadata"; })) {
    name.remove_prefix(2);
  }
  return name.empty() || name[0] == '$' ? Invalid(field) : absl::OkStatus();
}

absl::Status CheckContent(const StreamAppend& append, const Event& event, const std::string& path) {
  if (!IsMetadataStream(append.stream)) {
    const bool is_own = event.type.empty() || event.type[0] == '$';
    return is_own ? Invalid(path + ".type") : absl::OkStatus();
  }
  if (event.encoding != PayloadEncoding::kPlain) return Invalid(path + ".encoding");
  v1::StreamMetadata metadata;
  if (!metadata.ParseFromString(event.payload)) return Invalid(path + ".payload");
  const auto& age = metadata.max_age();
  const int64_t micros = age.seconds() * 1'000'000 + age.nanos() / 1'000;
  if (metadata.has_max_age() && (age.seconds() < 0 || age.nanos() < 0 || micros == 0)) {
    return Invalid(path + ".payload.max_age");
  }
  if (metadata.has_max_count() && metadata.max_count() == 0) {
    return Invalid(path + ".payload.max_count");
  }
  if (metadata.truncate_before() > kMaxVersion) return Invalid(path + ".payload.truncate_before");
  if (metadata.deleted_before() > kMaxVersion) return Invalid(path + ".payload.deleted_before");
  return absl::OkStatus();
}

}  // namespace

absl::Status ReferenceModel::CheckArguments(const Commit& commit) const {
  size_t events = 0;
  for (size_t i = 0; i < commit.appends.size(); ++i) {
    const StreamAppend& append = commit.appends[i];
    const std::string path = absl::StrCat("commit.appends[", i, "]");
    DAYBOOK_RETURN_IF_ERROR(CheckName(append, path + ".stream"));
    if (append.expected.exact().value_or(0) > kMaxVersion) return Invalid(path + ".expected");
    for (size_t j = 0; j < append.events.size(); ++j) {
      const std::string event = absl::StrCat(path, ".events[", j, "]");
      DAYBOOK_RETURN_IF_ERROR(CheckContent(append, append.events[j], event));
      if (append.events[j].schema_version == 0) return Invalid(event + ".schema_version");
    }
    events += append.events.size();
  }
  for (size_t i = 0; i < commit.conditions.size(); ++i) {
    for (const QueryItem& item : commit.conditions[i].none_match) {
      if (absl::c_linear_search(item.tags, "")) {
        return Invalid(absl::StrCat("commit.conditions[", i, "].none_match.tags"));
      }
    }
  }
  if (events == 0 && commit.claims.empty() && commit.writes.empty()) return Invalid("commit");
  std::set<std::string> streams;
  std::set<EventId> ids;
  for (size_t i = 0; i < commit.appends.size(); ++i) {
    const StreamAppend& append = commit.appends[i];
    if (!streams.insert(append.stream).second) {
      return Invalid(absl::StrCat("commit.appends[", i, "].stream"));
    }
    for (size_t j = 0; j < append.events.size(); ++j) {
      const EventId& id = append.events[j].id;
      if (!id.is_nil() && !ids.insert(id).second) {
        return Invalid(absl::StrCat("commit.appends[", i, "].events[", j, "].id"));
      }
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<AppendResult> ReferenceModel::Append(const Commit& commit, int64_t now_micros) {
  DAYBOOK_RETURN_IF_ERROR(CheckArguments(commit));
  DAYBOOK_ASSIGN_OR_RETURN(std::optional<AppendResult> first, FindFirst(commit));
  if (first.has_value()) return *std::move(first);
  for (const StreamAppend& append : commit.appends) DAYBOOK_RETURN_IF_ERROR(CheckHead(append));
  DAYBOOK_RETURN_IF_ERROR(CheckConditions(commit));
  DAYBOOK_RETURN_IF_ERROR(CheckRows(commit));

  AppendResult result;
  const int64_t micros = std::max(now_micros, last_micros_);
  result.recorded_time = absl::FromUnixMicros(micros);
  const uint64_t before = tip();
  for (const StreamAppend& append : commit.appends) {
    if (append.events.empty()) continue;
    if (streams_.find(append.stream) == streams_.end()) streams_by_age_.push_back(append.stream);
    std::vector<uint64_t>& positions = streams_[append.stream];
    result.streams.push_back(
        {append.stream, positions.size(), positions.size() + append.events.size() - 1});
    for (const Event& event : append.events) {
      log_.push_back({append.stream, positions.size(), event, !event.id.is_nil(), micros});
      if (IsMetadataStream(append.stream)) log_.back().metadata.ParseFromString(event.payload);
      positions.push_back(tip());
      if (!event.id.is_nil()) ids_[event.id] = tip();
      last_micros_ = micros;
    }
  }
  result.first = Position(tip() > before ? before + 1 : before);
  result.last = Position(tip());
  for (const Claim& claim : commit.claims) Write({claim.table, claim.key, claim.value});
  for (const TableWrite& write : commit.writes) Write(write);
  return result;
}

absl::StatusOr<std::optional<AppendResult>> ReferenceModel::FindFirst(const Commit& commit) const {
  if (commit.new_ids) return std::nullopt;
  std::vector<uint64_t> known;
  size_t events = 0;
  for (const StreamAppend& append : commit.appends) {
    for (const Event& event : append.events) {
      ++events;
      const auto it = event.id.is_nil() ? ids_.end() : ids_.find(event.id);
      if (it != ids_.end()) known.push_back(it->second);
    }
  }
  if (known.empty()) return std::nullopt;
  const absl::Status mixed = Invalid("commit.appends.events.id");
  if (known.size() < events) return mixed;
  AppendResult first;
  first.duplicate = true;
  first.first = Position(known.front());
  first.last = Position(known.back());
  size_t next = 0;
  for (const StreamAppend& append : commit.appends) {
    if (append.events.empty()) continue;
    StreamRange range{append.stream, At(known[next]).version, 0};
    for (size_t i = 0; i < append.events.size(); ++i, ++next) {
      const Recorded& recorded = At(known[next]);
      if (recorded.stream != append.stream || known[next] != known.front() + next) return mixed;
      range.last_version = recorded.version;
      first.recorded_time = absl::FromUnixMicros(recorded.micros);
    }
    first.streams.push_back(std::move(range));
  }
  return first;
}

absl::Status ReferenceModel::CheckConditions(const Commit& commit) const {
  for (size_t i = 0; i < commit.conditions.size(); ++i) {
    const AppendCondition& condition = commit.conditions[i];
    if (condition.after.sequence() > tip()) {
      return Invalid(absl::StrCat("commit.conditions[", i, "].after"));
    }
    for (uint64_t position = 1; position <= tip(); ++position) {
      if (IsAfter(position, condition.after) && Matches(At(position), condition.none_match)) {
        return ConditionFailedError(i, Position(position));
      }
    }
  }
  return absl::OkStatus();
}

absl::Status ReferenceModel::CheckRows(const Commit& commit) const {
  std::set<std::pair<TableId, std::string>> claimed;
  for (size_t i = 0; i < commit.claims.size(); ++i) {
    const Claim& claim = commit.claims[i];
    const std::string path = absl::StrCat("commit.claims[", i, "]");
    if (tables_.count(claim.table) == 0) return Invalid(path + ".table");
    const auto existing = rows_.find({claim.table, claim.key});
    if (existing != rows_.end()) {
      return ClaimConflictError(absl::StrCat(claim.table), claim.key, existing->second);
    }
    if (!claimed.insert({claim.table, claim.key}).second) return Invalid(path + ".key");
  }
  for (size_t i = 0; i < commit.writes.size(); ++i) {
    if (tables_.count(commit.writes[i].table) == 0) {
      return Invalid(absl::StrCat("commit.writes[", i, "].table"));
    }
  }
  return absl::OkStatus();
}

void ReferenceModel::ForgetRows() {
  rows_.clear();
  tables_.clear();
  scavenged_ = {};
  scavenge_until_.clear();
}

void ReferenceModel::Write(const TableWrite& write) {
  if (write.value.has_value()) {
    rows_[{write.table, write.key}] = *write.value;
  } else {
    rows_.erase({write.table, write.key});
  }
}

bool ReferenceModel::HasTags(const Event& event, const std::vector<std::string>& tags) const {
  return absl::c_all_of(
      tags, [&](const auto& tag) { return absl::c_linear_search(event.metadata.tags, tag); });
}

bool ReferenceModel::Matches(const Recorded& recorded, const EventQuery& query) const {
  return query.empty() || absl::c_any_of(query, [&](const QueryItem& item) {
           return OneOf(item.types, recorded.event.type) && HasTags(recorded.event, item.tags);
         });
}

bool ReferenceModel::Matches(const Recorded& recorded, const EventFilter& filter) const {
  const bool begins = filter.stream_prefixes.empty() ||
                      absl::c_any_of(filter.stream_prefixes, [&](const std::string& prefix) {
                        return absl::StartsWith(recorded.stream, prefix);
                      });
  return begins && OneOf(filter.categories, CategoryIn(recorded.stream)) &&
         OneOf(filter.types, recorded.event.type) && HasTags(recorded.event, filter.tags) &&
         (filter.stream_matches == nullptr || filter.stream_matches(recorded.stream)) &&
         (filter.type_matches == nullptr || filter.type_matches(recorded.event.type)) &&
         Matches(recorded, filter.query);
}

absl::StatusOr<ReferenceModel::Batch> ReferenceModel::ReadLog(uint64_t tip,
                                                              const ReadLogOptions& options) const {
  if (options.limit == 0) return Invalid("options.limit");
  if (options.max_bytes == 0) return Invalid("options.max_bytes");
  if (options.max_scanned == 0) return Invalid("options.max_scanned");
  const bool forwards = options.direction == Direction::kForwards;
  // Of bytes the operations give one, which every event exceeds, or plenty.
  const size_t limit = options.max_bytes == 1 ? 1 : options.limit;
  Batch batch;
  batch.next = options.from;
  uint64_t at = options.from.sequence();
  if (!forwards) at = std::min(at, tip + 1);
  size_t scanned = 0;
  const auto ends = [&] { return forwards ? at >= tip : at <= 1; };
  while (!ends() && batch.positions.size() < limit && scanned < options.max_scanned) {
    forwards ? ++at : --at;
    ++scanned;
    batch.next = Position(at);
    if (Matches(At(at), options.filter)) batch.positions.push_back(at);
  }
  batch.at_end = ends();
  return batch;
}

absl::StatusOr<ReferenceModel::Batch> ReferenceModel::ReadStream(
    const Moment& moment, absl::string_view stream, const ReadStreamOptions& options) const {
  if (options.limit == 0) return Invalid("options.limit");
  if (options.max_bytes == 0) return Invalid("options.max_bytes");
  if (options.from.value_or(0) > kMaxVersion) return Invalid("options.from");
  if (MetadataOf(moment.tip, stream).tombstoned()) {
    return Tombstoned(absl::StatusCode::kNotFound, stream);
  }
  const std::optional<uint64_t> last = StreamVersion(moment.tip, stream);
  if (!last.has_value()) return absl::NotFoundError("");
  const absl::Span<const uint64_t> positions = EventsOf(moment.tip, stream);
  const uint64_t first = FindStart(moment, stream).first;
  std::vector<uint64_t> wanted;
  if (options.direction == Direction::kForwards) {
    for (uint64_t v = std::max(options.from.value_or(0), first); v <= *last; ++v) {
      wanted.push_back(positions[v]);
    }
  } else {
    for (uint64_t v = std::min(options.from.value_or(*last), *last) + 1; v-- > first;) {
      wanted.push_back(positions[v]);
    }
  }
  const size_t limit = options.max_bytes == 1 ? 1 : options.limit;
  Batch batch;
  batch.at_end = wanted.size() <= limit;
  wanted.resize(std::min(wanted.size(), limit));
  batch.positions = std::move(wanted);
  if (!batch.positions.empty()) batch.next = Position(batch.positions.back());
  return batch;
}

absl::Span<const uint64_t> ReferenceModel::EventsOf(uint64_t tip, absl::string_view stream) const {
  const auto it = streams_.find(stream);
  if (it == streams_.end()) return {};
  const auto seen = std::upper_bound(it->second.begin(), it->second.end(), tip);
  return absl::MakeSpan(it->second).first(static_cast<size_t>(seen - it->second.begin()));
}

std::optional<uint64_t> ReferenceModel::StreamVersion(uint64_t tip,
                                                      absl::string_view stream) const {
  const uint64_t next = EventsOf(tip, stream).size();
  if (next == 0 || !IsThere(MetadataOf(tip, stream), next - 1)) return std::nullopt;
  return next - 1;
}

absl::StatusOr<std::vector<std::pair<std::string, uint64_t>>> ReferenceModel::ListStreams(
    uint64_t tip, absl::string_view category, absl::string_view after) const {
  std::vector<std::string> categories;
  for (const std::string& stream : streams_by_age_) {
    if (!absl::c_linear_search(categories, CategoryIn(stream))) {
      categories.push_back(CategoryIn(stream));
    }
  }
  std::vector<std::pair<std::string, uint64_t>> listed;
  bool found = after.empty();
  for (const std::string& wanted : categories) {
    if (!category.empty() && wanted != category) continue;
    for (const std::string& stream : streams_by_age_) {
      if (CategoryIn(stream) != wanted || EventsOf(tip, stream).empty()) continue;
      const std::optional<uint64_t> version = StreamVersion(tip, stream);
      if (found && version.has_value()) listed.emplace_back(stream, *version);
      // Also where it was deleted since.
      found |= stream == after;
    }
  }
  if (!found) return absl::NotFoundError("");
  return listed;
}

std::optional<uint64_t> ReferenceModel::FindEvent(uint64_t tip, const EventId& id) const {
  const auto it = ids_.find(id);
  if (it == ids_.end() || it->second > tip) return std::nullopt;
  return it->second;
}

std::vector<std::pair<std::string, std::string>> ReferenceModel::ScanRows(
    const Rows& rows, TableId table, const ScanOptions& options) const {
  std::vector<std::pair<std::string, std::string>> found;
  for (const auto& [place, value] : rows) {
    const auto& [in, key] = place;
    if (in != table || key < options.from) continue;
    if (options.until.has_value() && key >= *options.until) continue;
    found.emplace_back(key, value);
  }
  if (options.direction == Direction::kBackwards) std::reverse(found.begin(), found.end());
  found.resize(std::min(found.size(), options.limit));
  return found;
}

uint64_t ReferenceModel::categories() const {
  std::set<std::string> names;
  for (const std::string& stream : streams_by_age_) names.insert(CategoryIn(stream));
  return names.size();
}

uint64_t ReferenceModel::types() const {
  std::set<std::string> names;
  for (const Recorded& recorded : log_) names.insert(recorded.event.type);
  return names.size();
}

}  // namespace daybook
