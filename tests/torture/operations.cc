#include "operations.h"

#include <array>
#include <functional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

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

std::string CommitText(const Commit& commit) {
  std::vector<std::string> parts;
  for (const StreamAppend& append : commit.appends) {
    std::vector<std::string> events;
    for (const Event& event : append.events) {
      events.push_back(absl::StrCat(event.type, event.id.is_nil() ? "" : IdText(event.id),
                                    event.metadata.tags.empty() ? "" : List(event.metadata.tags),
                                    Quoted(event.payload)));
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
  std::string operator()(const MoveClock& o) const {
    return absl::StrCat("move the clock by ", o.micros, " us");
  }
  std::string operator()(const Restart& o) const {
    return o.verify ? "close, verify, open" : "close, open";
  }
  std::string operator()(const GoOnWithCopy&) const { return "go on with a copy of the files"; }
  std::string operator()(const GoOnWithBackup&) const { return "go on with a restored backup"; }
};

// Collects what differs from an operation in one place.
template <typename O>
class Variants {
 public:
  explicit Variants(const O& base) : base_(base) {}
  // Keeps what `change` made, which returns whether it made anything simpler.
  template <typename Change>
  void Try(Change change) {
    O other = base_;
    if (change(other)) found_.push_back(std::move(other));
  }
  // One element less, each in turn.
  template <typename Of>
  void TryWithout(Of of) {
    O probe = base_;
    for (size_t i = 0; i < of(probe).size(); ++i) {
      Try([&](O& o) { return of(o).erase(of(o).begin() + static_cast<std::ptrdiff_t>(i)), true; });
    }
  }
  // `of(o)` as a default-constructed one has it.
  template <typename Of>
  void TryDefault(Of of) {
    O fresh;
    Try([&](O& o) { return of(o) == of(fresh) ? false : (of(o) = of(fresh), true); });
  }
  std::vector<Operation> Take() { return std::move(found_); }

 private:
  const O& base_;
  std::vector<Operation> found_;
};

template <typename O>
void TryFilter(Variants<O>* variants) {
  variants->TryWithout([](O & o) -> auto& { return o.filter.plain.categories; });
  variants->TryWithout([](O & o) -> auto& { return o.filter.plain.types; });
  variants->TryWithout([](O & o) -> auto& { return o.filter.plain.tags; });
  variants->TryWithout([](O & o) -> auto& { return o.filter.plain.stream_prefixes; });
  variants->TryWithout([](O & o) -> auto& { return o.filter.plain.query; });
  variants->TryDefault([](O & o) -> auto& { return o.filter.stream_ends; });
  variants->TryDefault([](O & o) -> auto& { return o.filter.type_holds; });
}

struct Simplify {
  std::vector<Operation> operator()(const Append& base) const {
    Variants<Append> variants(base);
    variants.TryWithout([](Append & o) -> auto& { return o.commits; });
    variants.TryDefault([](Append & o) -> auto& { return o.chained; });
    for (size_t i = 0; i < base.commits.size(); ++i) {
      variants.TryWithout([i](Append & o) -> auto& { return o.commits[i].appends; });
      variants.TryWithout([i](Append & o) -> auto& { return o.commits[i].conditions; });
      variants.TryWithout([i](Append & o) -> auto& { return o.commits[i].claims; });
      variants.TryWithout([i](Append & o) -> auto& { return o.commits[i].writes; });
      variants.Try([i](Append& o) { return std::exchange(o.commits[i].new_ids, false); });
      for (size_t c = 0; c < base.commits[i].conditions.size(); ++c) {
        const auto condition = [ i, c ](Append & o) -> auto& {
          return o.commits[i].conditions[c];
        };
        variants.TryWithout([&](Append & o) -> auto& { return condition(o).none_match; });
        variants.Try(
            [&](Append& o) { return std::exchange(condition(o).after, Position()) != Position(); });
        for (size_t q = 0; q < base.commits[i].conditions[c].none_match.size(); ++q) {
          variants.TryWithout([&](Append & o) -> auto& {
            return condition(o).none_match[q].types;
          });
          variants.TryWithout([&](Append & o) -> auto& { return condition(o).none_match[q].tags; });
        }
      }
      for (size_t a = 0; a < base.commits[i].appends.size(); ++a) SimplifyAppend(i, a, &variants);
    }
    return variants.Take();
  }
  std::vector<Operation> operator()(const ReadLog& base) const {
    Variants<ReadLog> variants(base);
    TryFilter(&variants);
    variants.TryDefault([](ReadLog & o) -> auto& { return o.reader; });
    variants.TryDefault([](ReadLog & o) -> auto& { return o.options.limit; });
    variants.TryDefault([](ReadLog & o) -> auto& { return o.options.max_bytes; });
    variants.TryDefault([](ReadLog & o) -> auto& { return o.options.max_scanned; });
    variants.TryDefault([](ReadLog & o) -> auto& { return o.options.from; });
    variants.Try([](ReadLog& o) {
      o.options.from = Position();
      return std::exchange(o.options.direction, Direction::kForwards) == Direction::kBackwards;
    });
    return variants.Take();
  }
  std::vector<Operation> operator()(const ReadStream& base) const {
    Variants<ReadStream> variants(base);
    variants.TryDefault([](ReadStream & o) -> auto& { return o.reader; });
    variants.TryDefault([](ReadStream & o) -> auto& { return o.options.limit; });
    variants.TryDefault([](ReadStream & o) -> auto& { return o.options.max_bytes; });
    variants.TryDefault([](ReadStream & o) -> auto& { return o.options.from; });
    variants.TryDefault([](ReadStream & o) -> auto& { return o.options.direction; });
    return variants.Take();
  }
  std::vector<Operation> operator()(const ScanRows& base) const {
    Variants<ScanRows> variants(base);
    variants.TryDefault([](ScanRows & o) -> auto& { return o.reader; });
    variants.TryDefault([](ScanRows & o) -> auto& { return o.options.from; });
    variants.TryDefault([](ScanRows & o) -> auto& { return o.options.until; });
    variants.TryDefault([](ScanRows & o) -> auto& { return o.options.limit; });
    variants.TryDefault([](ScanRows & o) -> auto& { return o.options.direction; });
    return variants.Take();
  }
  std::vector<Operation> operator()(const Subscribe& base) const {
    Variants<Subscribe> variants(base);
    TryFilter(&variants);
    variants.TryDefault([](Subscribe & o) -> auto& { return o.after; });
    variants.TryDefault([](Subscribe & o) -> auto& { return o.batch_events; });
    return variants.Take();
  }
  std::vector<Operation> operator()(const Poll& base) const {
    Variants<Poll> variants(base);
    variants.TryDefault([](Poll & o) -> auto& { return o.how; });
    return variants.Take();
  }
  std::vector<Operation> operator()(const Restart& base) const {
    Variants<Restart> variants(base);
    variants.TryDefault([](Restart & o) -> auto& { return o.verify; });
    return variants.Take();
  }
  // What has little to it.
  template <typename O>
  std::vector<Operation> operator()(const O& base) const {
    Variants<O> variants(base);
    if constexpr (requires { base.reader; } && !std::is_same_v<O, KeepReader>) {
      variants.TryDefault([](O & o) -> auto& { return o.reader; });
    }
    return variants.Take();
  }

  static void SimplifyAppend(size_t commit, size_t append, Variants<Append>* variants) {
    const auto at = [=](Append & o) -> auto& {
      return o.commits[commit].appends[append];
    };
    variants->TryWithout([&](Append & o) -> auto& { return at(o).events; });
    variants->Try([&](Append& o) {
      const ExpectedVersion any = ExpectedVersion::Any();
      return !(std::exchange(at(o).expected, any) == any);
    });
    // All events at once: one that cannot be made simpler keeps the others as they are.
    variants->Try([&](Append& o) {
      bool any = false;
      for (Event& event : at(o).events) any |= !std::exchange(event.payload, "").empty();
      return any;
    });
    variants->Try([&](Append& o) {
      bool any = false;
      for (Event& event : at(o).events) any |= !std::exchange(event.id, EventId()).is_nil();
      return any;
    });
    variants->Try([&](Append& o) {
      bool any = false;
      for (Event& event : at(o).events) any |= !std::exchange(event.metadata.tags, {}).empty();
      return any;
    });
  }
};

void Lower(Position* position) {
  if (*position != Position::Start() && *position != Position::End()) {
    *position = Position(position->sequence() - 1);
  }
}

struct LowerPositions {
  void operator()(Append& o) const {
    for (Commit& commit : o.commits) {
      for (AppendCondition& condition : commit.conditions) Lower(&condition.after);
    }
  }
  void operator()(ReadLog& o) const { Lower(&o.options.from); }
  void operator()(Subscribe& o) const { Lower(&o.after); }
  template <typename O>
  void operator()(O&) const {}
};

struct LowerVersions {
  void operator()(Append& o) const {
    for (Commit& commit : o.commits) {
      for (StreamAppend& append : commit.appends) {
        const uint64_t exact = append.expected.exact().value_or(0);
        if (exact > 0) append.expected = ExpectedVersion::Exactly(exact - 1);
      }
    }
  }
  void operator()(ReadStream& o) const {
    if (o.options.from.value_or(0) > 0) --*o.options.from;
  }
  void operator()(LoadStream& o) const {
    if (o.from > 0) --o.from;
  }
  template <typename O>
  void operator()(O&) const {}
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

std::vector<Operation> Simpler(const Operation& operation) {
  return std::visit(Simplify(), operation);
}

Operation Lowered(Operation operation, bool versions) {
  std::visit(LowerPositions(), operation);
  if (versions) std::visit(LowerVersions(), operation);
  return operation;
}

EventId NthId(uint64_t n) {
  std::array<uint8_t, Uuid::kBytes> bytes{};
  for (size_t i = 0; i < 8; ++i) bytes[15 - i] = static_cast<uint8_t>(n >> (8 * i));
  return EventId(bytes);
}

}  // namespace daybook::operation
