#include "difference_search.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "daybook/core/status_macros.h"
#include "parking.h"

namespace daybook::internal {
namespace {

// What one row may hold in memory, and all together; of one that would go beyond nothing is said.
constexpr size_t kMostEvents = 10'000;
constexpr size_t kMostBytes = size_t{32} << 20;
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
      fold.FlushRows([&row](absl::string_view, std::optional<std::string> value) { row = value; });
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
    searched.is_as_before = !searched.row.before.has_value();
  }
}

std::unique_ptr<RowFold> DifferenceSearch::FoldOf(const std::string& key) const {
  std::unique_ptr<RowFold> fold = definition_.MakeFold();
  fold->Restrict([key](absl::string_view other) { return other == key; });
  return fold;
}

absl::StatusOr<bool> DifferenceSearch::Step() {
  if (origins_.size() == rows_.size()) return false;
  if (read_) {
    Try();
  } else {
    DAYBOOK_RETURN_IF_ERROR(Read());
  }
  return origins_.size() < rows_.size();
}

absl::Status DifferenceSearch::Read() {
  DAYBOOK_ASSIGN_OR_RETURN(const EventBatch batch, reader_->ReadLog(next_));
  for (const RecordedEvent& event : batch) {
    if (event.position > until_) break;
    Reading* const reading = dispatcher_.Find(event);
    if (reading == nullptr || !definition_.ReadsCategoryOf(event.stream)) continue;
    const Reading::Target& target = reading->targets().front();
    if (reading->Decode(event).ok()) {
      Take(event, target);
    } else {
      // Neither build has it in its rows, or the new one has not, since a scavenge was there;
      // nothing more is said of those that may be its own.
      const auto row = RowOfStream(definition_, target.handlers, event);
      for (Searched& searched : rows_) {
        if (!searched.forgotten && (!row.has_value() || searched.row.key == *row)) Forget(searched);
      }
    }
  }
  next_.from = batch.next();
  read_ = batch.at_end() || batch.next() >= until_;
  return absl::OkStatus();
}

void DifferenceSearch::Take(const RecordedEvent& event, const Reading::Target& target) {
  for (Searched& searched : rows_) {
    if (searched.forgotten || !searched.fold->Wants(target.handlers, event)) continue;
    if (!searched.fold->Apply(target.handlings, event, NoRow).ok()) {
      Forget(searched);
    } else if (const auto row = Changed(*searched.fold)) {
      Keep(searched, event, target);
      searched.is_as_before = *row == searched.row.before;
    }
  }
}

void DifferenceSearch::Keep(Searched& searched, const RecordedEvent& event,
                            const Reading::Target& target) {
  const size_t index = searched.events.size();
  if (searched.is_as_before) searched.last_as_before = index;
  const size_t bytes = sizeof(EventTail::Kept) + searched.events.emplace_back(event).bytes();
  searched.bytes += bytes;
  bytes_ += bytes;
  const auto note = [index](auto& firsts, const auto& value) {
    const bool known = std::any_of(firsts.begin(), firsts.end(),
                                   [&value](const auto& first) { return first.first == value; });
    if (!known) firsts.emplace_back(value, index);
  };
  note(searched.types, event.type);
  for (const Handling& handling : target.handlings) note(searched.handlers, handling.handler);
  if (searched.events.size() > kMostEvents || bytes_ > kMostBytes) Forget(searched);
}

void DifferenceSearch::Forget(Searched& searched) {
  searched.forgotten = true;
  searched.events.clear();
  searched.fold.reset();
  bytes_ -= std::exchange(searched.bytes, 0);
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

std::deque<DifferenceSearch::Guess> DifferenceSearch::GuessesOf(const Searched& searched) const {
  std::deque<Guess> guesses;
  if (searched.forgotten) return guesses;
  const size_t events = searched.events.size();
  const auto only = [](size_t index, int times) {
    return [index, times](size_t i, size_t) { return i == index ? times : 1; };
  };
  for (size_t i = 0; events <= kMostTried && i < events; ++i) {
    guesses.push_back({i, "the old build left it out", only(i, 0)});
    guesses.push_back({i, "the old build took it twice", only(i, 2)});
  }
  // The latest that fits: the fewest events are missing.
  if (const std::optional<size_t> from = searched.last_as_before) {
    guesses.push_back({*from, "the old build took none of the row's events from it on",
                       [from = *from](size_t i, size_t) { return i < from ? 1 : 0; }});
  }
  // The type that was recorded, or one that an event of the past is today.
  for (const auto& [type, first] : searched.types) {
    guesses.push_back({first, "the old build left out every event of its type",
                       [&kept = searched.events, type = type](size_t i, size_t) {
                         return kept[i].event().type == type ? 0 : 1;
                       }});
  }
  if (definition_.past().empty()) return guesses;
  for (const auto& [handler, first] : searched.handlers) {
    guesses.push_back({first,
                       absl::StrCat("the old build left out every ",
                                    definition_.handled()[handler].type, ", which it is today"),
                       [handler = handler](size_t, size_t h) { return h == handler ? 0 : 1; }});
  }
  return guesses;
}

void DifferenceSearch::Try() {
  Searched& searched = rows_[origins_.size()];
  if (!guesses_.has_value()) guesses_ = GuessesOf(searched);
  std::optional<DifferenceOrigin> origin;
  if (!guesses_->empty()) {
    const Guess guess = std::move(guesses_->front());
    guesses_->pop_front();
    if (Gives(searched, guess.times)) {
      origin = OriginAt(searched.events[guess.event].event(), guess.what);
    } else if (!guesses_->empty()) {
      return;
    }
  }
  origins_.push_back(std::move(origin));
  guesses_.reset();
  Forget(searched);
}

}  // namespace daybook::internal
