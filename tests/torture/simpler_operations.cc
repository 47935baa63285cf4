// What is simpler than an operation, for the shrinker.
#include <optional>
#include <type_traits>
#include <utility>

#include "absl/time/time.h"
#include "daybook/v1/stream_metadata.pb.h"
#include "operations.h"

namespace daybook::operation {
namespace {

// Collects what differs from an operation in one place.
template <typename O>
class Variants {
 public:
  explicit Variants(const O& base) : base_(base) {}
  const O& base() const { return base_; }
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
    // Not none, which would be more again: fewer rows show as much.
    for (const size_t limit : {size_t{0}, size_t{1}, base.options.limit / 2}) {
      variants.Try([&](ScanRows& o) {
        const bool less = base.options.limit != ScanOptions().limit && limit < base.options.limit;
        return less && (o.options.limit = limit, true);
      });
    }
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
  std::vector<Operation> operator()(const SetLimits& base) const {
    Variants<SetLimits> variants(base);
    variants.TryDefault([](SetLimits & o) -> auto& { return o.limits.max_age; });
    variants.TryDefault([](SetLimits & o) -> auto& { return o.limits.max_count; });
    variants.TryDefault([](SetLimits & o) -> auto& { return o.limits.truncate_before; });
    // What is left: the least of it, half of it, one less.
    for (const auto less : {+[](uint64_t) { return uint64_t{1}; },
                            +[](uint64_t n) { return n / 2; }, +[](uint64_t n) { return n - 1; }}) {
      variants.Try([less](SetLimits& o) { return TryLess(less, &o.limits.max_count); });
      variants.Try([less](SetLimits& o) { return TryLess(less, &o.limits.truncate_before); });
    }
    variants.Try([](SetLimits& o) {
      const absl::Duration least = absl::Microseconds(1);
      return o.limits.max_age > least && (o.limits.max_age = least, true);
    });
    return variants.Take();
  }
  std::vector<Operation> operator()(const DeleteStream& base) const {
    Variants<DeleteStream> variants(base);
    variants.TryDefault([](DeleteStream & o) -> auto& { return o.expected; });
    return variants.Take();
  }
  std::vector<Operation> operator()(const TombstoneStream& base) const {
    Variants<TombstoneStream> variants(base);
    variants.TryDefault([](TombstoneStream & o) -> auto& { return o.expected; });
    return variants.Take();
  }
  std::vector<Operation> operator()(const Scavenge& base) const {
    Variants<Scavenge> variants(base);
    variants.TryDefault([](Scavenge & o) -> auto& { return o.stop_after; });
    variants.TryDefault([](Scavenge & o) -> auto& { return o.compact; });
    return variants.Take();
  }
  std::vector<Operation> operator()(const LookAtStream& base) const {
    Variants<LookAtStream> variants(base);
    variants.TryDefault([](LookAtStream & o) -> auto& { return o.reader; });
    variants.TryDefault([](LookAtStream & o) -> auto& { return o.then; });
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

  // A payload of metadata with one field less, or a smaller number.
  static std::vector<std::string> SimplerMetadata(const std::string& payload) {
    std::vector<std::string> simpler;
    v1::StreamMetadata metadata;
    if (!metadata.ParseFromString(payload)) return simpler;
    const auto add = [&](auto change) {
      v1::StreamMetadata other = metadata;
      change(&other);
      std::string bytes = other.SerializeAsString();
      if (bytes != payload) simpler.push_back(std::move(bytes));
    };
    add([](v1::StreamMetadata* m) { m->clear_max_age(); });
    add([](v1::StreamMetadata* m) { m->clear_max_count(); });
    add([](v1::StreamMetadata* m) { m->clear_truncate_before(); });
    add([](v1::StreamMetadata* m) { m->clear_deleted_before(); });
    add([](v1::StreamMetadata* m) { m->clear_tombstoned(); });
    if (metadata.max_count() > 1) {
      add([](v1::StreamMetadata* m) { m->set_max_count(1); });
      add([](v1::StreamMetadata* m) { m->set_max_count(m->max_count() - 1); });
    }
    return simpler;
  }

  static bool TryLess(uint64_t (*less)(uint64_t), std::optional<uint64_t>* number) {
    if (number->value_or(0) <= 1 || less(**number) >= **number) return false;
    *number = less(**number);
    return true;
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
    const StreamAppend& base = variants->base().commits[commit].appends[append];
    for (size_t e = 0; e < base.events.size(); ++e) {
      if (base.events[e].type != "$metadata") continue;
      for (const std::string& payload : SimplerMetadata(base.events[e].payload)) {
        variants->Try([&](Append& o) { return at(o).events[e].payload = payload, true; });
      }
    }
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

void Lower(ExpectedVersion* expected) {
  const uint64_t exact = expected->exact().value_or(0);
  if (exact > 0) *expected = ExpectedVersion::Exactly(exact - 1);
}

void LowerMetadata(std::string* payload) {
  v1::StreamMetadata metadata;
  if (!metadata.ParseFromString(*payload)) return;
  if (metadata.deleted_before() > 0) metadata.set_deleted_before(metadata.deleted_before() - 1);
  if (metadata.max_count() > 1) metadata.set_max_count(metadata.max_count() - 1);
  if (metadata.truncate_before() > 0) metadata.set_truncate_before(metadata.truncate_before() - 1);
  *payload = metadata.SerializeAsString();
}

struct LowerPositions {
  void operator()(Append& o) const {
    for (Commit& commit : o.commits) {
      for (AppendCondition& condition : commit.conditions) Lower(&condition.after);
    }
  }
  void operator()(ReadLog& o) const { Lower(&o.options.from); }
  void operator()(LookAtStream& o) const { Lower(&o.then); }
  void operator()(Subscribe& o) const { Lower(&o.after); }
  template <typename O>
  void operator()(O&) const {}
};

struct LowerVersions {
  void operator()(Append& o) const {
    for (Commit& commit : o.commits) {
      for (StreamAppend& append : commit.appends) {
        Lower(&append.expected);
        for (Event& event : append.events) {
          if (event.type == "$metadata") LowerMetadata(&event.payload);
        }
      }
    }
  }
  void operator()(SetLimits& o) const {
    if (o.limits.truncate_before.value_or(0) > 0) --*o.limits.truncate_before;
    if (o.limits.max_count.value_or(0) > 1) --*o.limits.max_count;
  }
  void operator()(DeleteStream& o) const { Lower(&o.expected); }
  void operator()(TombstoneStream& o) const { Lower(&o.expected); }
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

std::vector<Operation> Simpler(const Operation& operation) {
  return std::visit(Simplify(), operation);
}

Operation Lowered(Operation operation, bool versions) {
  std::visit(LowerPositions(), operation);
  if (versions) std::visit(LowerVersions(), operation);
  return operation;
}

}  // namespace daybook::operation
