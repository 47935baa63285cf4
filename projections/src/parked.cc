#include "daybook/projections/parked.h"

#include <optional>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "daybook/core/errors.h"
#include "daybook/core/status_macros.h"
#include "parked_table.h"

namespace daybook {
namespace {

absl::Status CheckLimit(absl::string_view field, size_t limit) {
  if (limit > 0 && limit <= 10'000) return absl::OkStatus();
  return InvalidFieldError(field, "1 to 10000");
}

ParkedKey KeyOfHead(const internal::ParkedEntry& head) {
  ParkedKey key;
  key.key = head.key;
  key.position = head.position;
  key.parked_at = absl::FromUnixMicros(head.event.parked_micros());
  key.error = internal::FailureOf(head.event.code(), head.event.message());
  key.attempts = head.event.attempts();
  return key;
}

absl::Status FindInLog(const StoreReader& reader, ParkedEvent* event) {
  ReadLogOptions one;
  one.from = Position(event->position.sequence() - 1, event->position.partition());
  one.limit = 1;
  DAYBOOK_ASSIGN_OR_RETURN(const EventBatch batch, reader.ReadLog(one));
  if (batch.empty() || batch.front().position != event->position) {
    return DamageError("event", event->position, "it is parked, and not in the log");
  }
  event->stream = std::string(batch.front().stream);
  event->version = batch.front().version;
  event->type = std::string(batch.front().type);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<ParkedKey>> ListParked(const EventStore& store,
                                                  const StoreReader& reader, absl::string_view view,
                                                  uint32_t generation,
                                                  const ParkedListOptions& options) {
  DAYBOOK_RETURN_IF_ERROR(CheckLimit("limit", options.limit));
  std::vector<ParkedKey> keys;
  const std::optional<TableId> table = FindTable(store, internal::kParkedTable);
  if (!table.has_value()) return keys;
  DAYBOOK_RETURN_IF_ERROR(
      internal::VisitParkedHeads(reader, *table, internal::ParkedPrefix(view, generation),
                                 options.after, [&](const internal::ParkedEntry& head) {
                                   keys.push_back(KeyOfHead(head));
                                   return keys.size() < options.limit;
                                 }));
  return keys;
}

absl::StatusOr<ParkedSequence> ShowParked(const EventStore& store, const StoreReader& reader,
                                          absl::string_view view, uint32_t generation,
                                          absl::string_view key, size_t max_events) {
  DAYBOOK_RETURN_IF_ERROR(CheckLimit("max_events", max_events));
  ParkedSequence sequence;
  if (const auto table = FindTable(store, internal::kParkedTable); table.has_value()) {
    DAYBOOK_RETURN_IF_ERROR(internal::VisitParkedEntries(
        reader, *table, internal::ParkedPrefix(view, generation), key, Position::Start(),
        [&](const internal::ParkedEntry& entry) {
          if (sequence.events.empty()) sequence.head = KeyOfHead(entry);
          sequence.more = sequence.events.size() == max_events;
          if (sequence.more) return false;
          ParkedEvent& event = sequence.events.emplace_back();
          event.position = entry.position;
          event.parked_at = absl::FromUnixMicros(entry.event.parked_micros());
          return true;
        }));
  }
  if (sequence.events.empty()) {
    return absl::NotFoundError(
        absl::StrCat("view ", view, " has no parked key \"", absl::CHexEscape(key), "\""));
  }
  for (ParkedEvent& event : sequence.events) DAYBOOK_RETURN_IF_ERROR(FindInLog(reader, &event));
  return sequence;
}

}  // namespace daybook
