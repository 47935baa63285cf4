// What becomes of streams: limits, deletions, tombstones and scavenges. Nothing is kept of them but
// the events that say them, and which payloads are gone.
#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "daybook/core/errors.h"
#include "daybook/core/limits.h"
#include "daybook/core/status_macros.h"
#include "reference_model.h"
#include "tombstoned.h"

namespace daybook {
namespace {

// Which one step of a scavenge takes: the store's own number, which `progress` shows.
constexpr uint64_t kEventsOfAStep = 128;
constexpr absl::string_view kPrefix = "$$";

absl::Status InvalidLimit(absl::string_view field) {
  return InvalidFieldError(field, "as the model has it");
}

}  // namespace

const v1::StreamMetadata& ReferenceModel::MetadataOf(uint64_t tip, absl::string_view stream) const {
  static const v1::StreamMetadata* const nothing = new v1::StreamMetadata;
  const absl::Span<const uint64_t> said = EventsOf(tip, absl::StrCat(kPrefix, stream));
  return said.empty() ? *nothing : At(said.back()).metadata;
}

uint64_t ReferenceModel::RemovedBefore(const Moment& moment, absl::string_view stream) const {
  const absl::Span<const uint64_t> events = EventsOf(moment.tip, stream);
  const auto left = std::find_if(events.begin(), events.end(), [&](uint64_t position) {
    return At(position).removal == 0 || At(position).removal > moment.removals;
  });
  return static_cast<uint64_t>(left - events.begin());
}

StreamStart ReferenceModel::FindStart(const Moment& moment, absl::string_view stream) const {
  const absl::Span<const uint64_t> events = EventsOf(moment.tip, stream);
  const uint64_t next = events.size();
  const v1::StreamMetadata& metadata = MetadataOf(moment.tip, stream);
  if (next == 0 || !IsThere(metadata, next - 1)) return {next, next};
  const int64_t age = metadata.max_age().seconds() * 1'000'000 + metadata.max_age().nanos() / 1'000;
  // So many are gone for good, whatever is set.
  const uint64_t removed = RemovedBefore(moment, stream);
  const auto is_there = [&](uint64_t version) {
    return version >= std::max(metadata.deleted_before(), metadata.truncate_before()) &&
           version >= removed &&
           (!metadata.has_max_count() || next - version <= metadata.max_count()) &&
           (!metadata.has_max_age() || At(events[version]).micros >= moment.micros - age);
  };
  StreamStart start{metadata.deleted_before(), 0};
  while (start.first < next && !is_there(start.first)) ++start.first;
  return start;
}

absl::StatusOr<std::optional<uint64_t>> ReferenceModel::VersionAt(const Moment& moment,
                                                                  absl::string_view stream,
                                                                  Position then) const {
  const std::optional<uint64_t> last = StreamVersion(moment.tip, stream);
  absl::Status no_moment = absl::NotFoundError("");
  v1::InvalidField field;
  field.set_field("moment");
  SetErrorPayload(no_moment, field);
  if (then.sequence() > moment.tip) return no_moment;
  if (!last.has_value() || then.sequence() == moment.tip) return last;
  const StreamStart start = FindStart(moment, stream);
  // Of those that are gone nobody knows when they were.
  const uint64_t events = std::max<uint64_t>(start.first, EventsOf(then.sequence(), stream).size());
  if (events == start.began) return std::nullopt;
  if (events == start.first) return no_moment;
  return events - 1;
}

absl::Status ReferenceModel::CheckHead(const StreamAppend& append) const {
  if (!append.events.empty()) {
    const bool is_metadata = absl::StartsWith(append.stream, kPrefix);
    const std::string subject = is_metadata ? append.stream.substr(2) : append.stream;
    if (MetadataOf(tip(), subject).tombstoned()) {
      return Tombstoned(absl::StatusCode::kFailedPrecondition, subject);
    }
    for (const Event& event : append.events) {
      v1::StreamMetadata metadata;
      if (!is_metadata || !metadata.ParseFromString(event.payload)) continue;
      if (metadata.deleted_before() < MetadataOf(tip(), subject).deleted_before() ||
          metadata.deleted_before() > EventsOf(tip(), subject).size()) {
        return InvalidLimit("commit.appends.events.payload.deleted_before");
      }
    }
  }
  const std::optional<uint64_t> actual = StreamVersion(tip(), append.stream);
  if (Holds(append.expected, actual)) return absl::OkStatus();
  return VersionConflictError(append.stream, append.expected, actual);
}

absl::StatusOr<AppendResult> ReferenceModel::Change(
    const std::string& stream, int64_t now_micros,
    absl::FunctionRef<absl::Status(v1::StreamMetadata&, std::optional<uint64_t> version)> change) {
  if (stream.empty() || stream[0] == '$') return InvalidLimit("stream");
  v1::StreamMetadata metadata = MetadataOf(tip(), stream);
  if (metadata.tombstoned()) return Tombstoned(absl::StatusCode::kFailedPrecondition, stream);
  DAYBOOK_RETURN_IF_ERROR(change(metadata, StreamVersion(tip(), stream)));
  Event event;
  event.type = "$metadata";
  event.payload = metadata.SerializeAsString();
  Commit commit;
  commit.appends.push_back({absl::StrCat(kPrefix, stream), ExpectedVersion::Any(), {event}});
  return Append(commit, now_micros);
}

absl::StatusOr<AppendResult> ReferenceModel::SetStreamLimits(const std::string& stream,
                                                             const StreamLimits& limits,
                                                             int64_t now_micros) {
  if (limits.max_age < absl::Microseconds(1) && limits.max_age.has_value()) {
    return InvalidLimit("limits.max_age");
  }
  if (limits.max_count == 0) return InvalidLimit("limits.max_count");
  if (limits.truncate_before.value_or(0) > kMaxVersion) {
    return InvalidLimit("limits.truncate_before");
  }
  return Change(stream, now_micros, [&](v1::StreamMetadata& metadata, std::optional<uint64_t>) {
    metadata.clear_max_age();
    metadata.clear_max_count();
    metadata.clear_truncate_before();
    if (limits.max_age.has_value()) {
      const int64_t micros = absl::ToInt64Microseconds(*limits.max_age);
      metadata.mutable_max_age()->set_seconds(micros / 1'000'000);
      metadata.mutable_max_age()->set_nanos(static_cast<int32_t>(micros % 1'000'000 * 1'000));
    }
    if (limits.max_count.has_value()) metadata.set_max_count(*limits.max_count);
    if (limits.truncate_before.has_value()) metadata.set_truncate_before(*limits.truncate_before);
    return absl::OkStatus();
  });
}

absl::StatusOr<AppendResult> ReferenceModel::DeleteStream(const std::string& stream,
                                                          ExpectedVersion expected,
                                                          int64_t now_micros) {
  return Change(stream, now_micros,
                [&](v1::StreamMetadata& metadata, std::optional<uint64_t> version) -> absl::Status {
                  if (!Holds(expected, version)) {
                    return VersionConflictError(stream, expected, version);
                  }
                  if (!version.has_value()) return absl::NotFoundError("");
                  metadata.set_deleted_before(*version + 1);
                  metadata.clear_truncate_before();
                  return absl::OkStatus();
                });
}

absl::StatusOr<AppendResult> ReferenceModel::TombstoneStream(const std::string& stream,
                                                             ExpectedVersion expected,
                                                             int64_t now_micros) {
  return Change(stream, now_micros,
                [&](v1::StreamMetadata& metadata, std::optional<uint64_t> version) -> absl::Status {
                  metadata.set_tombstoned(true);
                  return Holds(expected, version) ? absl::OkStatus()
                                                  : VersionConflictError(stream, expected, version);
                });
}

ReferenceModel::Scavenged ReferenceModel::Scavenge(uint64_t stop_after, int64_t now_micros) {
  Scavenged all;
  all.done.streams = scavenged_.streams;
  all.done.events = scavenged_.events;
  all.done.bytes = scavenged_.bytes;
  // One that was stopped goes on behind the last stream that it was done with, and then looks again
  // at those before: once.
  std::string from = scavenge_until_.empty() ? scavenged_.stream : "";
  if (!ScavengeStreams(stop_after, now_micros, &all)) return all;
  if (!from.empty()) {
    scavenged_.stream.clear();
    scavenge_until_ = std::move(from);
    if (!ScavengeStreams(stop_after, now_micros, &all)) return all;
  }
  scavenged_ = {};
  scavenge_until_.clear();
  all.finished = true;
  return all;
}

bool ReferenceModel::ScavengeStreams(uint64_t stop_after, int64_t now_micros, Scavenged* all) {
  // It goes by the names.
  for (auto it = streams_.upper_bound(absl::StrCat(kPrefix, scavenged_.stream));
       it != streams_.end() && absl::StartsWith(it->first, kPrefix); ++it) {
    const std::string stream = it->first.substr(2);
    if (!scavenge_until_.empty() && stream > scavenge_until_) break;
    const Moment now = Newest(now_micros);
    const absl::Span<const uint64_t> events = EventsOf(now.tip, stream);
    const uint64_t end = FindStart(now, stream).first;
    all->done.stream = stream;
    ++all->done.streams;
    for (uint64_t from = RemovedBefore(now, stream); from < end;) {
      ++removals_;
      for (uint64_t left = kEventsOfAStep; left > 0 && from < end; --left, ++from) {
        Recorded& event = At(events[from]);
        event.removal = removals_;
        ++all->done.events;
        all->done.bytes += event.event.payload.size();
      }
      all->steps.push_back(all->done);
      if (all->steps.size() == stop_after) {
        scavenged_.events = all->done.events;
        scavenged_.bytes = all->done.bytes;
        return false;
      }
    }
    scavenged_.stream = stream;
    scavenged_.streams = all->done.streams;
  }
  return true;
}

}  // namespace daybook
