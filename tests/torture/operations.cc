#include "operations.h"

#include <array>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "daybook/v1/stream_metadata.pb.h"

namespace daybook::operation {
namespace {

std::string Quoted(absl::string_view text) {
  // Long payloads are one letter, over and over.
  if (text.size() > 40) return absl::StrCat("\"", text.substr(0, 8), "…\" of ", text.size());
  return absl::StrCat("\"", text, "\"");
}

std::string List(const std::vector<std::string>& words) {
  return absl::StrCat("[", absl::StrJoin(words, " "), "]");
}

std::string IdText(const EventId& id) {
  uint64_t n = 0;
  for (const char byte : id.bytes().substr(8)) n = n << 8 | static_cast<uint8_t>(byte);
  return absl::StrCat("#", n);
}

std::string QueryText(const EventQuery& query) {
  std::string text;
  for (const QueryItem& item : query) {
    absl::StrAppend(&text, text.empty() ? "" : " or ", "types ", List(item.types), " tags ",
                    List(item.tags));
  }
  return text.empty() ? "every event" : text;
}

std::string PayloadText(const Event& event) {
  v1::StreamMetadata metadata;
  const bool parses = event.type == "$metadata" && metadata.ParseFromString(event.payload);
  return parses ? absl::StrCat("(", metadata.ShortDebugString(), ")") : Quoted(event.payload);
}

std::string CommitText(const Commit& commit) {
  std::vector<std::string> parts;
  for (const StreamAppend& append : commit.appends) {
    std::vector<std::string> events;
    for (const Event& event : append.events) {
      events.push_back(absl::StrCat(event.type, event.id.is_nil() ? "" : IdText(event.id),
                                    event.metadata.tags.empty() ? "" : List(event.metadata.tags),
                                    PayloadText(event)));
    }
    parts.push_back(absl::StrCat(append.stream, " (expects ", append.expected.ToString(),
                                 "): ", events.empty() ? "nothing" : absl::StrJoin(events, ", ")));
  }
  for (const AppendCondition& condition : commit.conditions) {
    parts.push_back(absl::StrCat("if there is none of ", QueryText(condition.none_match), " after ",
                                 condition.after.ToString()));
  }
  for (const Claim& claim : commit.claims) {
    parts.push_back(
        absl::StrCat("claim ", claim.table, "/", Quoted(claim.key), " = ", Quoted(claim.value)));
  }
  for (const TableWrite& write : commit.writes) {
    parts.push_back(absl::StrCat("row ", write.table, "/", Quoted(write.key), " = ",
                                 write.value.has_value() ? Quoted(*write.value) : "deleted"));
  }
  if (commit.new_ids) parts.push_back("ids are new");
  return absl::StrCat("{", absl::StrJoin(parts, "; "), "}");
}

std::string FilterText(const Filter& filter) {
  std::string text;
  const auto add = [&text](absl::string_view what, const std::vector<std::string>& words) {
    if (!words.empty()) absl::StrAppend(&text, ", ", what, " ", List(words));
  };
  add("categories", filter.plain.categories);
  add("types", filter.plain.types);
  add("tags", filter.plain.tags);
  add("prefixes", filter.plain.stream_prefixes);
  if (filter.stream_ends.has_value()) {
    absl::StrAppend(&text, ", streams that end with ", Quoted(*filter.stream_ends));
  }
  if (filter.type_holds.has_value()) {
    absl::StrAppend(&text, ", types that hold ", Quoted(*filter.type_holds));
  }
  if (!filter.plain.query.empty()) {
    absl::StrAppend(&text, ", query ", QueryText(filter.plain.query));
  }
  return text;
}

std::string By(int reader) {
  return reader == 0 ? "" : absl::StrCat(" by reader ", reader);
}

const char* Way(Direction direction) {
  return direction == Direction::kForwards ? "forwards" : "backwards";
}

struct Text {
  std::string operator()(const Append& o) const {
    std::vector<std::string> commits;
    for (const Commit& commit : o.commits) commits.push_back(CommitText(commit));
    return absl::StrCat("append ", o.chained ? "chained " : "", absl::StrJoin(commits, " and "));
  }
  std::string operator()(const OpenTable& o) const { return absl::StrCat("open table ", o.table); }
  std::string operator()(const KeepReader& o) const {
    return absl::StrCat("keep reader ", o.reader);
  }
  std::string operator()(const ReadLog& o) const {
    return absl::StrCat("read the log ", Way(o.options.direction), " from ",
                        o.options.from == Position::End() ? "the end" : o.options.from.ToString(),
                        ", limit ", o.options.limit, ", bytes ", o.options.max_bytes, ", scanned ",
                        o.options.max_scanned, FilterText(o.filter), By(o.reader));
  }
  std::string operator()(const ReadStream& o) const {
    return absl::StrCat(
        "read ", o.stream, " ", Way(o.options.direction), " from ",
        o.options.from.has_value() ? absl::StrCat("version ", *o.options.from) : "its end",
        ", limit ", o.options.limit, ", bytes ", o.options.max_bytes, By(o.reader));
  }
  std::string operator()(const LoadStream& o) const {
    return absl::StrCat("load ", o.stream, " from version ", o.from, " by pages of ", o.page);
  }
  std::string operator()(const ListStreams& o) const {
    return absl::StrCat("list the streams of category ", Quoted(o.category), " after ",
                        Quoted(o.after), By(o.reader));
  }
  std::string operator()(const LookAtHeads& o) const {
    return absl::StrCat("look at all heads", By(o.reader));
  }
  std::string operator()(const FindEvent& o) const {
    return absl::StrCat("find event ", IdText(o.id), By(o.reader));
  }
  std::string operator()(const LookAtStream& o) const {
    return absl::StrCat("look at stream ", o.stream, ", and as of ", o.then.ToString(),
                        By(o.reader));
  }
  std::string operator()(const GetRow& o) const {
    return absl::StrCat("get row ", o.table, "/", Quoted(o.key), By(o.reader));
  }
  std::string operator()(const ScanRows& o) const {
    return absl::StrCat("scan table ", o.table, " ", Way(o.options.direction), " from ",
                        Quoted(o.options.from), " until ",
                        o.options.until.has_value() ? Quoted(*o.options.until) : "its end",
                        ", limit ", o.options.limit, By(o.reader));
  }
  std::string operator()(const Subscribe& o) const {
    return absl::StrCat("subscribe ", o.subscription, " after ", o.after.ToString(),
                        ", batches of ", o.batch_events, FilterText(o.filter));
  }
  std::string operator()(const Poll& o) const {
    constexpr std::array<const char*, 3> kWays = {"poll", "wait for the next of", "read pieces of"};
    return absl::StrCat(kWays[static_cast<size_t>(o.how)], " subscription ", o.subscription);
  }
  std::string operator()(const Unsubscribe& o) const {
    return absl::StrCat("end subscription ", o.subscription);
  }
  std::string operator()(const SetLimits& o) const {
    const auto number = [](const std::optional<uint64_t>& n) {
      return n.has_value() ? absl::StrCat(*n) : "none";
    };
    return absl::StrCat(
        "set limits of ", o.stream, ": age ",
        o.limits.max_age.has_value() ? absl::FormatDuration(*o.limits.max_age) : "none", ", count ",
        number(o.limits.max_count), ", truncate before ", number(o.limits.truncate_before));
  }
  std::string operator()(const DeleteStream& o) const {
    return absl::StrCat("delete ", o.stream, " (expects ", o.expected.ToString(), ")");
  }
  std::string operator()(const TombstoneStream& o) const {
    return absl::StrCat("tombstone ", o.stream, " (expects ", o.expected.ToString(), ")");
  }
  std::string operator()(const Scavenge& o) const {
    return absl::StrCat("scavenge",
                        o.stop_after > 0 ? absl::StrCat(", stopped at step ", o.stop_after) : "",
                        o.compact ? ", compact" : "");
  }
  std::string operator()(const MoveClock& o) const {
    return absl::StrCat("move the clock by ", o.micros, " us");
  }
  std::string operator()(const Restart& o) const {
    return o.verify ? "close, verify, open" : "close, open";
  }
  std::string operator()(const GoOnWithCopy&) const { return "go on with a copy of the files"; }
  std::string operator()(const GoOnWithBackup&) const { return "go on with a restored backup"; }
  std::string operator()(const GoOnWithImport&) const { return "go on with an import of the log"; }
};

}  // namespace

EventFilter Filter::ToFilter() const {
  EventFilter filter = plain;
  if (stream_ends.has_value()) {
    filter.stream_matches = [end = *stream_ends](absl::string_view name) {
      return absl::EndsWith(name, end);
    };
  }
  if (type_holds.has_value()) {
    filter.type_matches = [part = *type_holds](absl::string_view name) {
      return absl::StrContains(name, part);
    };
  }
  return filter;
}

std::string ToText(const Operation& operation) {
  return std::visit(Text(), operation);
}

std::string ToText(const std::vector<Operation>& operations) {
  std::string text;
  for (size_t i = 0; i < operations.size(); ++i) {
    absl::StrAppend(&text, i + 1, ". ", ToText(operations[i]), "\n");
  }
  return text;
}

EventId NthId(uint64_t n) {
  std::array<uint8_t, Uuid::kBytes> bytes{};
  for (size_t i = 0; i < 8; ++i) bytes[15 - i] = static_cast<uint8_t>(n >> (8 * i));
  return EventId(bytes);
}

}  // namespace daybook::operation
