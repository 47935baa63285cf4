#include "live_rows.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/hash/hash.h"
#include "absl/time/clock.h"
#include "daybook/core/codec.h"
#include "daybook/core/errors.h"
#include "daybook/core/limits.h"
#include "daybook/core/status_macros.h"
#include "daybook/projections/row_by_row.h"
#include "daybook/v1/page.pb.h"
#include "event_dispatcher.h"
#include "events_until.h"
#include "parking.h"
#include "query_token.h"
#include "watched_rows.h"

namespace daybook::internal {
namespace {

// With more keys than these, all rows come again: that takes no memory.
constexpr size_t kMostChangedKeys = 1'000'000;
constexpr size_t kMostToldKeys = 1'000'000;
constexpr size_t kEventIdBytes = 8;
// How often who waits looks whether another build has taken over or parked events were released.
constexpr absl::Duration kLook = absl::Seconds(1);

// Which rows the events of a view concern.
class ConcernedKeys {
 public:
  ConcernedKeys(const ProjectionDefinition& definition, const WatchedRows& rows)
      : definition_(definition),
        rows_(rows),
        fold_(definition.MakeFold()),
        // Asked for each row that an event is to be folded into, which none is.
        ask_([this](absl::string_view key) {
          Add(key);
          return RowByRow::Way::kLeave;
        }) {
    dispatcher_.Add(definition);
  }

  // Of the events after `after` and up to `until`, those that somebody may watch. nullopt: too
  // many.
  absl::StatusOr<std::optional<std::vector<std::string>>> Of(const StoreReader& reader,
                                                             Position after, Position until) {
    keys_.clear();
    EventsUntil events(reader, dispatcher_, after, until);
    DAYBOOK_RETURN_IF_ERROR(
        events.ForEach([this](const RecordedEvent& event) -> absl::StatusOr<bool> {
          DAYBOOK_RETURN_IF_ERROR(AddThoseOf(event));
          return keys_.size() <= kMostChangedKeys;
        }));
    if (keys_.size() > kMostChangedKeys) return std::nullopt;
    std::vector<std::string> keys;
    while (!keys_.empty()) keys.push_back(std::move(keys_.extract(keys_.begin()).value()));
    return keys;
  }

 private:
  absl::Status AddThoseOf(const RecordedEvent& event) {
    Reading* const reading = dispatcher_.Find(event);
    if (reading == nullptr) return absl::OkStatus();
    const Reading::Target& target = reading->targets().front();
    if (!reading->Decode(event).ok()) {
      // The view has it parked, or skipped.
      const auto row = RowOfStream(definition_, target.handlers, event);
      if (row.has_value()) Add(*row);
      return absl::OkStatus();
    }
    ask_.Begin(/*asks=*/true, /*goes_on=*/true);
    return fold_->ApplyByRow(
        target.handlings, event,
        [](absl::string_view) -> absl::StatusOr<std::optional<std::string>> {
          return std::nullopt;
        },
        &ask_);
  }

  void Add(absl::string_view key) {
    // No row has a longer key: the view refuses the event.
    if (key.size() <= kMaxRowKeyBytes && rows_.MayHave(key)) keys_.emplace(key);
  }

  const ProjectionDefinition& definition_;
  const WatchedRows& rows_;
  EventDispatcher dispatcher_;
  const std::unique_ptr<RowFold> fold_;
  RowByRow ask_;
  std::set<std::string> keys_;
};

// Which keys came with a row, so that whoever watches is not told of others that they have none. By
// the hash of the key: one that is taken for another comes without need. Forgets nothing, since
// what came may have to come again; nullopt where it is not known, or too many.
class ToldKeys {
 public:
  void Clear() { hashes_.emplace(); }
  void Add(absl::string_view key) {
    if (!hashes_.has_value()) return;
    hashes_->insert(absl::HashOf(key));
    if (hashes_->size() > kMostToldKeys) hashes_.reset();
  }
  bool MayHave(absl::string_view key) const {
    return !hashes_.has_value() || hashes_->contains(absl::HashOf(key));
  }

 private:
  std::optional<absl::flat_hash_set<size_t>> hashes_;
};

class ViewRows final : public LiveRows {
 public:
  ViewRows(const ViewReader& reader, const View& view, std::unique_ptr<WatchedRows> watched,
           const LiveQueryOptions& options)
      : reader_(reader),
        view_(view),
        watched_(std::move(watched)),
        batch_rows_(options.batch_rows),
        resume_(options.resume),
        concerned_(view.definition(), *watched_) {}

  // InvalidArgument (InvalidField "resume").
  absl::Status ParseResume() {
    if (resume_.empty()) return absl::OkStatus();
    DAYBOOK_ASSIGN_OR_RETURN(const std::string text,
                             ParseToken(kResumeField, watched_->query(), resume_));
    if (place_.emplace().ParseFromString(text)) return absl::OkStatus();
    return InvalidFieldError(kResumeField.name, "as an earlier batch gave it in `resume`");
  }

  absl::StatusOr<LiveBatch> Next(absl::Duration timeout, VisitRow visit) override {
    const absl::Time deadline = absl::Now() + timeout;
    LiveBatch batch;
    bool tells = false;
    // Of the rows that changed none may be one that is watched, or was.
    do {
      if (!moment_.has_value()) {
        DAYBOOK_RETURN_IF_ERROR(place_.has_value() ? BeginChanges(deadline) : BeginAnew());
      }
      if (!moment_.has_value()) {
        batch.position = Position(place_->position());
        break;
      }
      DAYBOOK_ASSIGN_OR_RETURN(tells, HandOut(&batch, visit));
    } while (!tells && absl::Now() < deadline);
    batch.resume = resume_;
    return batch;
  }

 private:
  // What is being handed out: rows of one reader.
  struct Moment {
    ViewReader::Rows rows;
    v1::LivePlace at;
    bool anew;                         // all that are watched, otherwise those of `keys`
    bool tells_reset;                  // of the first batch
    std::optional<std::string> place;  // of the last one of all that was handed out
    std::vector<std::string> keys;
    size_t next = 0;
  };

  // But for its event.
  absl::StatusOr<v1::LivePlace> PlaceOf(const ViewReader::Rows& rows) const {
    v1::LivePlace place;
    DAYBOOK_ASSIGN_OR_RETURN(const v1::ViewCheckpoint checkpoint, reader_.CheckpointOf(rows));
    place.set_generation(rows.generation->number);
    place.set_position(std::max(checkpoint.position(), rows.visible.sequence()));
    place.set_released_events(checkpoint.failures().released_events());
    return place;
  }

  // What tells the event at the position from another that stands there in another log.
  static absl::StatusOr<std::string> EventAt(const StoreReader& reader, uint64_t position) {
    if (position == 0) return std::string();
    const ReadLogOptions one{.from = Position(position - 1), .limit = 1};
    DAYBOOK_ASSIGN_OR_RETURN(const EventBatch batch, reader.ReadLog(one));
    if (batch.empty()) return std::string();
    return std::string(batch.front().id.bytes().substr(0, kEventIdBytes));
  }

  absl::Status BeginAnew() {
    DAYBOOK_ASSIGN_OR_RETURN(ViewReader::Rows rows,
                             reader_.At(view_, std::nullopt, absl::ZeroDuration()));
    DAYBOOK_ASSIGN_OR_RETURN(v1::LivePlace place, PlaceOf(rows));
    return BeginAnewAt(std::move(rows), std::move(place));
  }
  absl::Status BeginAnewAt(ViewReader::Rows rows, v1::LivePlace place) {
    DAYBOOK_ASSIGN_OR_RETURN(*place.mutable_event(), EventAt(*rows.reader, place.position()));
    resume_.clear();
    told_.Clear();
    moment_.emplace(Moment{std::move(rows), std::move(place), /*anew=*/true, /*tells_reset=*/true,
                           /*place=*/std::nullopt, /*keys=*/{}});
    return absl::OkStatus();
  }

  // What there is since place_, unless there is nothing until the deadline.
  absl::Status BeginChanges(absl::Time deadline) {
    bool in_time = true;
    while (true) {
      DAYBOOK_ASSIGN_OR_RETURN(ViewReader::Rows rows,
                               reader_.At(view_, std::nullopt, absl::ZeroDuration()));
      DAYBOOK_ASSIGN_OR_RETURN(v1::LivePlace place, PlaceOf(rows));
      DAYBOOK_ASSIGN_OR_RETURN(const bool goes_on, GoesOn(place, *rows.reader));
      if (!goes_on) return BeginAnewAt(std::move(rows), std::move(place));
      if (place.position() > place_->position()) {
        DAYBOOK_ASSIGN_OR_RETURN(
            std::optional<std::vector<std::string>> keys,
            concerned_.Of(*rows.reader, Position(place_->position()), Position(place.position())));
        if (!keys.has_value()) return BeginAnewAt(std::move(rows), std::move(place));
        DAYBOOK_ASSIGN_OR_RETURN(*place.mutable_event(), EventAt(*rows.reader, place.position()));
        if (!keys->empty()) {
          moment_.emplace(Moment{std::move(rows), std::move(place), /*anew=*/false,
                                 /*tells_reset=*/false, /*place=*/std::nullopt, *std::move(keys)});
          return absl::OkStatus();
        }
        MoveTo(std::move(place));
      }
      if (!in_time) return absl::OkStatus();
      DAYBOOK_ASSIGN_OR_RETURN(in_time, AwaitNext(deadline));
    }
  }

  // Until the view is further than place_, or it is time to look for another reason. False: it is
  // the deadline.
  absl::StatusOr<bool> AwaitNext(absl::Time deadline) const {
    const Token next{Position(place_->position() + 1)};
    const absl::Duration left = std::max(deadline - absl::Now(), absl::ZeroDuration());
    const absl::Status status = reader_.At(view_, next, std::min(left, kLook)).status();
    if (!absl::IsDeadlineExceeded(status)) DAYBOOK_RETURN_IF_ERROR(status);
    return absl::Now() < deadline;
  }

  // Whether the rows at `place` are those at place_ but for what the log between them tells.
  absl::StatusOr<bool> GoesOn(const v1::LivePlace& place, const StoreReader& reader) const {
    if (place.generation() != place_->generation() ||
        place.released_events() != place_->released_events()) {
      return false;
    }
    if (place_->position() > reader.tip().sequence()) return false;
    DAYBOOK_ASSIGN_OR_RETURN(const std::string event, EventAt(reader, place_->position()));
    return event == place_->event();
  }

  void MoveTo(v1::LivePlace place) {
    place_ = std::move(place);
    resume_ = TokenText(watched_->query(), EncodeMessage(*place_));
  }

  // The next batch of the moment. Whether it has anything to tell.
  absl::StatusOr<bool> HandOut(LiveBatch* batch, VisitRow visit) {
    size_t rows = 0;
    const auto count = [&](absl::string_view key, std::optional<absl::string_view> row) {
      ++rows;
      if (row.has_value()) told_.Add(key);
      return visit(key, row);
    };
    absl::StatusOr<bool> complete =
        moment_->anew ? watched_->Visit(moment_->rows, batch_rows_, &moment_->place, count)
                      : HandOutKeys(&rows, count);
    if (!complete.ok()) {
      // What of the batch was visited is of no use to anybody: again from place_; or all anew,
      // where that was under way, since whoever watches may have been told so.
      if (moment_->anew) place_.reset();
      moment_.reset();
      return std::move(complete).status();
    }
    batch->complete = *complete;
    batch->reset = std::exchange(moment_->tells_reset, false);
    batch->position = Position(moment_->at.position());
    if (batch->complete) {
      MoveTo(moment_->at);
      moment_.reset();
    }
    return rows > 0 || batch->reset || !batch->complete;
  }
  // True: these were all.
  absl::StatusOr<bool> HandOutKeys(const size_t* rows, VisitRow visit) {
    const std::vector<std::string>& keys = moment_->keys;
    for (; *rows < batch_rows_ && moment_->next < keys.size(); ++moment_->next) {
      const std::string& key = keys[moment_->next];
      DAYBOOK_ASSIGN_OR_RETURN(const std::optional<std::string> row,
                               watched_->Get(moment_->rows, key));
      if (row.has_value()) {
        DAYBOOK_RETURN_IF_ERROR(visit(key, *row));
      } else if (!watched_->ByWhatRowsHold() || told_.MayHave(key)) {
        DAYBOOK_RETURN_IF_ERROR(visit(key, std::nullopt));
      }
    }
    return moment_->next == keys.size();
  }

  const ViewReader& reader_;
  const View& view_;
  const std::unique_ptr<WatchedRows> watched_;
  const size_t batch_rows_;
  std::string resume_;  // of place_; empty: there is none
  ConcernedKeys concerned_;
  ToldKeys told_;
  // What whoever watches has; nullopt: nothing yet.
  std::optional<v1::LivePlace> place_;
  std::optional<Moment> moment_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<LiveRows>> WatchView(const ViewReader& reader, const View& view,
                                                    const IndexQuery* index,
                                                    const LiveQueryOptions& options) {
  if (options.batch_rows == 0) return InvalidFieldError("batch_rows", "at least 1");
  RangeOptions range;
  range.from = options.from;
  range.until = options.until;
  range.prefix = options.prefix;
  std::unique_ptr<WatchedRows> watched;
  if (index == nullptr) {
    watched = WatchedRange(view, range);
  } else {
    DAYBOOK_ASSIGN_OR_RETURN(watched, WatchedByIndex(view, *index, range));
  }
  auto rows = std::make_unique<ViewRows>(reader, view, std::move(watched), options);
  DAYBOOK_RETURN_IF_ERROR(rows->ParseResume());
  return rows;
}

}  // namespace daybook::internal
