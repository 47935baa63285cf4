#include "reply_store.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "daybook/core/codec.h"
#include "daybook/core/errors.h"
#include "daybook/core/status_macros.h"

namespace daybook::internal {
namespace {

// What `event` is today, behind the others. An erased payload is no more than the type it was.
absl::Status AddTodays(const RecordedEvent& event, const RegisteredAggregate& aggregate,
                       std::vector<RecordedReplyEvent>& events) {
  DAYBOOK_ASSIGN_OR_RETURN(const KnownEvent* const known, aggregate.Find(event));
  if (known->past == nullptr || event.removed) {
    events.push_back({.id = event.id,
                      .type = std::string(event.type),
                      .schema_version = event.schema_version,
                      .payload = std::string(event.payload),
                      .removed = event.removed});
    return absl::OkStatus();
  }
  DAYBOOK_ASSIGN_OR_RETURN(const std::vector<TodaysEvent> todays, known->past->read(event));
  for (const TodaysEvent& today : todays) {
    events.push_back({.id = event.id,
                      .type = std::string(today.type),
                      .schema_version = today.schema_version,
                      .payload = EncodeMessage(*today.message)});
  }
  return absl::OkStatus();
}

// From the log: of the stream they may be gone.
absl::Status ReadReplyEvents(const StoreReader& reader, const CommandId& id,
                             const v1::StoredReply& stored, const RegisteredAggregate& aggregate,
                             Reply& reply) {
  if (stored.event_count() == 0) return absl::OkStatus();
  DAYBOOK_ASSIGN_OR_RETURN(const std::optional<Position> first, reader.FindEvent(id.Derive(0)));
  if (!first.has_value()) {
    return DamageError("id index", reader.tip(),
                       absl::StrCat("it lacks the events of command ", id.ToString()));
  }
  ReadLogOptions options;
  options.from = Position(first->sequence() - 1);
  options.limit = stored.event_count();
  while (options.limit > 0) {
    DAYBOOK_ASSIGN_OR_RETURN(const EventBatch batch, reader.ReadLog(options));
    for (const RecordedEvent& event : batch) {
      if (event.stream != stored.stream()) break;
      DAYBOOK_RETURN_IF_ERROR(AddTodays(event, aggregate, reply.events));
    }
    if (batch.empty() || batch.back().stream != stored.stream()) {
      return DamageError("event", batch.next(),
                         absl::StrCat("it is not of ", stored.stream(), ", as command ",
                                      id.ToString(), " has it"));
    }
    options.from = batch.next();
    options.limit -= batch.size();
    reply.version = batch.back().version;
    reply.token = Token(batch.back().position);
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status RejectionError(const v1::Rejection& rejection) {
  absl::Status status = absl::FailedPreconditionError(absl::StrCat("rejected: ", rejection.type()));
  SetErrorPayload(status, rejection);
  return status;
}

absl::StatusOr<std::unique_ptr<ReplyStore>> ReplyStore::Open(EventStore* store, Clock* clock,
                                                             absl::Duration retention) {
  DAYBOOK_ASSIGN_OR_RETURN(const TableId table, store->OpenTable("$replies"));
  return std::unique_ptr<ReplyStore>(new ReplyStore(table, clock, retention));
}

absl::StatusOr<std::optional<v1::StoredReply>> ReplyStore::Find(const StoreReader& reader,
                                                                const CommandId& id) const {
  DAYBOOK_ASSIGN_OR_RETURN(const std::optional<std::string> row, reader.GetRow(table_, id.bytes()));
  if (!row.has_value()) return std::nullopt;
  v1::StoredReply stored;
  if (!stored.ParseFromString(*row) ||
      (stored.event_count() > 0 &&
       (!stored.has_version() || stored.event_count() - 1 > stored.version()))) {
    return DamageError("row", Position(),
                       absl::StrCat("the reply of command ", id.ToString(), " does not parse"));
  }
  return stored;
}

std::optional<absl::StatusOr<Reply>> ReplyStore::Repeat(
    const StoreReader& reader, const CommandId& id, absl::string_view stream,
    const AggregateRegistry::Command& command) const {
  const absl::StatusOr<std::optional<v1::StoredReply>> stored = Find(reader, id);
  if (!stored.ok()) return stored.status();
  if (stored->has_value()) return FromRow(reader, id, **stored, stream, command);
  // The reply may be gone; then the first event tells that the command was executed.
  const absl::StatusOr<std::optional<Position>> first = reader.FindEvent(id.Derive(0));
  if (!first.ok()) return first.status();
  if (!first->has_value()) return std::nullopt;
  ReadLogOptions options;
  options.direction = Direction::kBackwards;
  options.from = Position((*first)->sequence() + 1);
  options.limit = 1;
  const absl::StatusOr<EventBatch> event = reader.ReadLog(options);
  if (!event.ok()) return event.status();
  return Expired(event->front().recorded_time);
}

absl::Status ReplyStore::Expired(absl::Time executed) const {
  return InvalidFieldError(
      "command_id", absl::StrCat("executed at ", absl::FormatTime(executed, absl::UTCTimeZone()),
                                 ", and replies are kept for ", absl::FormatDuration(retention_),
                                 " (reply_retention): it is not executed again"));
}

absl::StatusOr<Reply> ReplyStore::FromRow(const StoreReader& reader, const CommandId& id,
                                          const v1::StoredReply& stored, absl::string_view stream,
                                          const AggregateRegistry::Command& command) const {
  if (stored.stream() != stream || stored.command_type() != command.definition->type) {
    return InvalidFieldError("command_id",
                             absl::StrCat("one id belongs to one command, and this one to a ",
                                          stored.command_type(), " of ", stored.stream()));
  }
  const absl::Time recorded = absl::FromUnixMicros(stored.recorded_micros());
  if (clock_->Now() - recorded > retention_) return Expired(recorded);
  if (stored.has_rejection()) return RejectionError(stored.rejection());

  Reply reply;
  reply.stream = stored.stream();
  if (stored.has_version()) reply.version = stored.version();
  reply.token = Token(reader.tip());
  reply.command_id = id;
  reply.repeated = true;
  DAYBOOK_RETURN_IF_ERROR(ReadReplyEvents(reader, id, stored, *command.aggregate, reply));
  return reply;
}

Claim ReplyStore::ClaimOf(const CommandId& id, const v1::StoredReply& stored) const {
  return {.table = table_, .key = std::string(id.bytes()), .value = EncodeMessage(stored)};
}

}  // namespace daybook::internal
