#include "stream_loader.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "daybook/core/errors.h"
#include "daybook/core/status_macros.h"

namespace daybook::internal {

absl::Status FoldEvents(absl::Span<const RecordedEvent> events,
                        const RegisteredAggregate& aggregate, google::protobuf::Message* state) {
  const KnownEvent* known = nullptr;
  uint32_t type_id = 0;
  for (const RecordedEvent& event : events) {
    if (known == nullptr || event.type_id != type_id ||
        event.schema_version != known->schema_version) {
      DAYBOOK_ASSIGN_OR_RETURN(known, aggregate.Find(event));
      type_id = event.type_id;
    }
    DAYBOOK_RETURN_IF_ERROR(known->evolve(event, *state));
  }
  return absl::OkStatus();
}

StreamFold::StreamFold(const RegisteredAggregate* aggregate, absl::string_view stream,
                       std::optional<uint64_t> folded, uint64_t until,
                       google::protobuf::Message* state)
    : aggregate_(aggregate), stream_(stream), folded_(folded), until_(until), state_(state) {}

absl::StatusOr<bool> StreamFold::Next(const StoreReader& reader) {
  const bool is_first = !version_.has_value();
  ReadStreamOptions options;
  size_t known = 0;
  if (!is_first) {
    options.from = *version_ + 1;
  } else {
    DAYBOOK_ASSIGN_OR_RETURN(start_, reader.FindStart(stream_));
    options.from = start_.first;
    if (folded_.has_value()) {
      // A state of an earlier life, or one with a gap behind it, is none of this stream.
      if (*folded_ < start_.began || *folded_ + 1 < start_.first) return false;
      // The last one that is folded is read again: so that it is known to be there.
      if (*folded_ >= start_.first) {
        options.from = *folded_;
        known = 1;
      } else {
        version_ = folded_;
      }
    }
  }
  if (*options.from > until_) return false;
  options.limit = std::min<uint64_t>(options.limit, until_ - *options.from + 1);
  const absl::StatusOr<EventBatch> batch = reader.ReadStream(stream_, options);
  if (absl::IsNotFound(batch.status())) return false;
  DAYBOOK_RETURN_IF_ERROR(batch.status());
  if (batch->empty()) return false;
  if (batch->front().version != *options.from) {
    // As of a later reader it may have been cut short meanwhile.
    DAYBOOK_ASSIGN_OR_RETURN(const StreamStart start, reader.FindStart(stream_));
    if (!is_first && start.first > start_.first) {
      start_ = start;
      return false;
    }
    return DamageError("stream", batch->front().position,
                       absl::StrCat(stream_, " lacks version ", *options.from));
  }
  const auto events = absl::MakeConstSpan(batch->begin(), batch->size()).subspan(known);
  DAYBOOK_RETURN_IF_ERROR(FoldEvents(events, *aggregate_, state_));
  if (is_first) behind_.since = batch->front().recorded_time;
  behind_.count += events.size();
  for (const RecordedEvent& event : events) behind_.bytes += event.payload.size();
  version_ = batch->back().version;
  position_ = batch->back().position;
  return !batch->at_end() && *version_ < until_;
}

absl::Status StreamFold::Finish(const StoreReader& reader) {
  while (true) {
    DAYBOOK_ASSIGN_OR_RETURN(const bool more, Next(reader));
    if (!more) return absl::OkStatus();
  }
}

namespace {

// Folds from the newest snapshot that can be used; nullopt, with an empty `state`, when there is
// none.
absl::StatusOr<std::optional<StreamPoint>> LoadFromSnapshot(
    const StoreReader& reader, SnapshotStore& snapshots, const RegisteredAggregate& aggregate,
    absl::string_view stream, uint64_t until, google::protobuf::Message* state) {
  uint64_t at_most = until;
  while (true) {
    const std::optional<Snapshot> snapshot =
        snapshots.Find(reader, stream, aggregate.fingerprint, at_most);
    if (!snapshot.has_value()) return std::nullopt;
    DAYBOOK_ASSIGN_OR_RETURN(const StreamStart start, reader.FindStart(stream));
    if (snapshot->version < start.began || snapshot->version + 1 < start.first) {
      return std::nullopt;  // and older ones even less
    }
    if (state->ParseFromString(snapshot->state)) {
      StreamFold fold(&aggregate, stream, snapshot->version, until, state);
      DAYBOOK_RETURN_IF_ERROR(fold.Finish(reader));
      if (fold.version().has_value()) {
        snapshots.CountUsed();
        return StreamPoint{
            .version = fold.version(), .behind = fold.behind(), .from_snapshot = true};
      }
    }
    snapshots.CountTorn();
    state->Clear();
    if (snapshot->version == 0) return std::nullopt;
    at_most = snapshot->version - 1;
  }
}

}  // namespace

absl::StatusOr<StreamPoint> LoadStream(const StoreReader& reader, SnapshotStore* snapshots,
                                       const RegisteredAggregate& aggregate,
                                       absl::string_view stream, uint64_t until,
                                       google::protobuf::Message* state) {
  if (snapshots != nullptr) {
    DAYBOOK_ASSIGN_OR_RETURN(const std::optional<StreamPoint> point,
                             LoadFromSnapshot(reader, *snapshots, aggregate, stream, until, state));
    if (point.has_value()) return *point;
  }
  StreamFold fold(&aggregate, stream, /*folded=*/std::nullopt, until, state);
  DAYBOOK_RETURN_IF_ERROR(fold.Finish(reader));
  StreamPoint point{.version = fold.version(), .behind = fold.behind()};
  point.is_whole = fold.is_whole();
  point.next = fold.start().began;
  if (point.version.has_value() || fold.start().first == 0) return point;
  // All its events may be gone.
  DAYBOOK_ASSIGN_OR_RETURN(point.version, reader.StreamVersion(stream));
  if (point.version.has_value()) point.version = std::min(*point.version, until);
  return point;
}

}  // namespace daybook::internal
