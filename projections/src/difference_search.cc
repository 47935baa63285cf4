#include "difference_search.h"

#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "daybook/core/status_macros.h"

namespace daybook::internal {
namespace {

// What one row may hold in memory; beyond it nothing is said of it.
constexpr size_t kMostEvents = 10'000;
// Of so many each is tried to be left out and to be taken twice, which costs their square.
constexpr size_t kMostTried = 200;

absl::StatusOr<std::optional<std::string>> NoRow(absl::string_view) {
  return std::nullopt;
}

// The one row of `fold` as it would be stored, when it changed.
std::optional<std::optional<std::string>> Changed(RowFold& fold) {
  std::optional<std::optional<std::string>> row;
  const bool dirty = fold.dirty_rows() > 0;
  const absl::Status flushed =
      fold.Flush([&row](absl::string_view, std::optional<std::string> value) { row = value; });
  fold.FlushDone(/*stored=*/true);
  if (!flushed.ok()) return std::nullopt;
  // A row that was made and deleted since the last look is not handed out.
  if (dirty && !row.has_value()) row.emplace(std::nullopt);
  return row;
}

DifferenceOrigin OriginAt(const RecordedEvent& event, absl::string_view what) {
  return {event.position, std::string(event.stream), event.version, std::string(event.type),
          std::string(what)};
}

}  // namespace

DifferenceSearch::DifferenceSearch(const ProjectionDefinition& definition,
                                   std::shared_ptr<const StoreReader> reader, Position until,
                                   std::vector<Row> rows)
    : definition_(definition), reader_(std::move(reader)), until_(until) {
  dispatcher_.Add(definition);
  next_.filter = dispatcher_.Filter();
  for (Row& row : rows) {
    Searched& searched = rows_.emplace_back();
    searched.row = std::move(row);
    searched.fold = FoldOf(searched.row.key);
  }
}

std::unique_ptr<RowFold> DifferenceSearch::FoldOf(const std::string& key) const {
  std::unique_ptr<RowFold> fold = definition_.MakeFold();
  fold->Restrict([key](absl::string_view other) { return other == key; });
  return fold;
}

absl::StatusOr<bool> DifferenceSearch::Step() {
  DAYBOOK_ASSIGN_OR_RETURN(const EventBatch batch, reader_->ReadLog(next_));
  for (const RecordedEvent& event : batch) {
    if (event.position > until_) break;
    Reading* const reading = dispatcher_.Find(event);
    if (reading == nullptr || !definition_.ReadsCategoryOf(event.stream)) continue;
    DAYBOOK_RETURN_IF_ERROR(reading->Decode(event));
    Take(event, reading->targets().front());
  }
  next_.from = batch.next();
  if (!batch.at_end() && batch.next() < until_) return true;
  for (const Searched& searched : rows_) {
    origins_.push_back(searched.given_up ? std::nullopt : Find(searched));
  }
  return false;
}

void DifferenceSearch::Take(const RecordedEvent& event, const Reading::Target& target) {
  for (Searched& searched : rows_) {
    if (searched.given_up || !searched.fold->Wants(target.handlers, event)) continue;
    searched.given_up = !searched.fold->Apply(target.handlings, event, NoRow).ok();
    if (auto row = Changed(*searched.fold)) {
      searched.events.emplace_back(event);
      searched.versions.push_back(*std::move(row));
      searched.given_up |= searched.events.size() > kMostEvents;
    }
    if (searched.given_up) {
      searched.events.clear();
      searched.versions.clear();
    }
  }
}

bool DifferenceSearch::Gives(const Searched& searched, const Times& times) {
  const std::unique_ptr<RowFold> fold = FoldOf(searched.row.key);
  std::optional<std::string> row;
  for (size_t i = 0; i < searched.events.size(); ++i) {
    const RecordedEvent& event = searched.events[i].event();
    Reading& reading = *dispatcher_.Find(event);
    if (!reading.Decode(event).ok()) return false;
    for (int round = 1;; ++round) {
      std::vector<Handling> taken;
      for (const Handling& handling : reading.targets().front().handlings) {
        if (times(i, handling.handler) >= round) taken.push_back(handling);
      }
      if (taken.empty()) break;
      if (!fold->Apply(taken, event, NoRow).ok()) return false;
    }
  }
  if (auto changed = Changed(*fold)) row = *std::move(changed);
  return row == searched.row.before;
}

std::optional<DifferenceOrigin> DifferenceSearch::Find(const Searched& searched) {
  const size_t events = searched.events.size();
  const auto only = [](size_t index, int times) {
    return [index, times](size_t i, size_t) { return i == index ? times : 1; };
  };
  for (size_t i = 0; events <= kMostTried && i < events; ++i) {
    const RecordedEvent& event = searched.events[i].event();
    if (Gives(searched, only(i, 0))) return OriginAt(event, "the old build left it out");
    if (Gives(searched, only(i, 2))) return OriginAt(event, "the old build took it twice");
  }
  // The latest that fits: the fewest events are missing.
  for (size_t i = events; i-- > 0;) {
    const std::optional<std::string> before = i == 0 ? std::nullopt : searched.versions[i - 1];
    if (before == searched.row.before) {
      return OriginAt(searched.events[i].event(),
                      "the old build took none of the row's events from it on");
    }
  }
  return FindType(searched);
}

std::vector<size_t> DifferenceSearch::HandlersOf(const RecordedEvent& event) {
  Reading& reading = *dispatcher_.Find(event);
  std::vector<size_t> handlers;
  if (!reading.Decode(event).ok()) return handlers;
  for (const Handling& handling : reading.targets().front().handlings) {
    handlers.push_back(handling.handler);
  }
  return handlers;
}

std::optional<DifferenceOrigin> DifferenceSearch::FindType(const Searched& searched) {
  std::set<absl::string_view> types;
  for (const EventTail::Kept& kept : searched.events) {
    const absl::string_view type = kept.event().type;
    if (!types.insert(type).second) continue;
    const auto all_others = [&searched, type](size_t i, size_t) {
      return searched.events[i].event().type == type ? 0 : 1;
    };
    if (Gives(searched, all_others)) {
      return OriginAt(kept.event(), "the old build left out every event of its type");
    }
  }
  if (definition_.past().empty()) return std::nullopt;
  std::set<size_t> handlers;
  for (const EventTail::Kept& kept : searched.events) {
    for (const size_t handler : HandlersOf(kept.event())) {
      if (!handlers.insert(handler).second) continue;
      const auto all_others = [handler](size_t, size_t h) { return h == handler ? 0 : 1; };
      if (Gives(searched, all_others)) {
        return OriginAt(kept.event(),
                        absl::StrCat("the old build left out every ",
                                     definition_.handled()[handler].type, ", which it is today"));
      }
    }
  }
  return std::nullopt;
}

}  // namespace daybook::internal
