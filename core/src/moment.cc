#include "daybook/core/moment.h"

#include <string>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "daybook/core/errors.h"
#include "daybook/core/status_macros.h"

namespace daybook {
namespace {

// How many of the numbers from 0 to `count` - 1 satisfy `holds`, which holds for the first so many
// and for no others.
absl::StatusOr<uint64_t> CountWhile(uint64_t count,
                                    absl::FunctionRef<absl::StatusOr<bool>(uint64_t)> holds) {
  uint64_t low = 0;
  while (low < count) {
    const uint64_t middle = low + (count - low) / 2;
    DAYBOOK_ASSIGN_OR_RETURN(const bool held, holds(middle));
    if (held) {
      low = middle + 1;
    } else {
      count = middle;
    }
  }
  return low;
}

// The payload tells it from the NotFound of a row or stream that was not there at that moment.
absl::Status NoSuchMoment(absl::string_view rule, absl::string_view message) {
  v1::InvalidField field;
  field.set_field("moment");
  field.set_rule(std::string(rule));
  absl::Status status = absl::NotFoundError(message);
  SetErrorPayload(status, field);
  return status;
}

absl::Status CheckPosition(const StoreReader& reader, Position position) {
  if (position <= reader.tip()) return absl::OkStatus();
  const std::string tip = reader.tip().ToString();
  return NoSuchMoment(
      absl::StrCat("must be at most ", tip),
      absl::StrCat("there is no position ", position.ToString(), ": the log ends at ", tip));
}

// The event of `version`, in a batch of one.
absl::StatusOr<EventBatch> ReadVersion(const StoreReader& reader, absl::string_view stream,
                                       uint64_t version) {
  ReadStreamOptions options;
  options.from = version;
  options.limit = 1;
  DAYBOOK_ASSIGN_OR_RETURN(EventBatch batch, reader.ReadStream(stream, options));
  if (batch.empty() || batch.front().version != version) {
    return DamageError("stream", Position::Start(),
                       absl::StrCat(stream, " lacks version ", version));
  }
  return batch;
}

// The last one of the first events whose recorded time `holds`.
absl::StatusOr<Position> FirstEvents(const StoreReader& reader,
                                     absl::FunctionRef<bool(absl::Time recorded)> holds) {
  DAYBOOK_ASSIGN_OR_RETURN(
      const uint64_t events,
      CountWhile(reader.tip().sequence(), [&](uint64_t before) -> absl::StatusOr<bool> {
        ReadLogOptions options;
        options.from = Position(before);
        options.limit = 1;
        DAYBOOK_ASSIGN_OR_RETURN(const EventBatch batch, reader.ReadLog(options));
        return !batch.empty() && holds(batch.front().recorded_time);
      }));
  return Position(events);
}

// Before the first event that is left the state is not known.
absl::Status CheckIsThere(absl::string_view stream, const StreamStart& start, uint64_t version) {
  if (version >= start.first) return absl::OkStatus();
  return NoSuchMoment(absl::StrCat("must be at least ", start.first),
                      absl::StrCat(stream, " has no version ", version,
                                   " any more: the first one that is left is ", start.first));
}

}  // namespace

absl::StatusOr<Position> PositionOf(const StoreReader& reader, const LogMoment& moment) {
  if (const auto* position = std::get_if<Position>(&moment)) {
    DAYBOOK_RETURN_IF_ERROR(CheckPosition(reader, *position));
    return *position;
  }
  return FirstEvents(reader,
                     [time = std::get<absl::Time>(moment)](absl::Time at) { return at <= time; });
}

absl::StatusOr<Position> PositionBefore(const StoreReader& reader, absl::Time time) {
  return FirstEvents(reader, [time](absl::Time at) { return at < time; });
}

absl::StatusOr<std::optional<uint64_t>> VersionOf(const StoreReader& reader,
                                                  absl::string_view stream,
                                                  const StreamMoment& moment) {
  DAYBOOK_ASSIGN_OR_RETURN(const std::optional<uint64_t> last, reader.StreamVersion(stream));
  DAYBOOK_ASSIGN_OR_RETURN(const StreamStart start, reader.FindStart(stream));
  if (const auto* at = std::get_if<Version>(&moment)) {
    if (last.has_value() && at->number <= *last) {
      DAYBOOK_RETURN_IF_ERROR(CheckIsThere(stream, start, at->number));
      return at->number;
    }
    const std::string message = absl::StrCat(stream, " has no version ", at->number);
    if (!last.has_value()) {
      return NoSuchMoment("must be of a stream with events",
                          absl::StrCat(message, ": it has no events"));
    }
    return NoSuchMoment(absl::StrCat("must be at most ", *last),
                        absl::StrCat(message, ": its last one is ", *last));
  }
  const auto* position = std::get_if<Position>(&moment);
  if (position != nullptr) {
    DAYBOOK_RETURN_IF_ERROR(CheckPosition(reader, *position));
    if (*position == reader.tip()) return last;
  }
  // Of what was deleted no version is left to stand at.
  if (!last.has_value()) return std::nullopt;
  DAYBOOK_ASSIGN_OR_RETURN(
      const uint64_t events, CountWhile(*last + 1, [&](uint64_t version) -> absl::StatusOr<bool> {
        // What is gone was before what is left.
        if (version < start.first) return true;
        DAYBOOK_ASSIGN_OR_RETURN(const EventBatch batch, ReadVersion(reader, stream, version));
        return position != nullptr ? batch.front().position <= *position
                                   : batch.front().recorded_time <= std::get<absl::Time>(moment);
      }));
  if (events <= start.began) return std::nullopt;
  DAYBOOK_RETURN_IF_ERROR(CheckIsThere(stream, start, events - 1));
  return events - 1;
}

}  // namespace daybook
