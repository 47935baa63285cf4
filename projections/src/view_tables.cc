#include "view_tables.h"

#include <cstddef>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "daybook/core/codec.h"
#include "daybook/core/errors.h"
#include "daybook/core/status_macros.h"
#include "parked_table.h"

namespace daybook::internal {
namespace {

template <typename T>
void AppendBigEndian(T value, std::string* bytes) {
  for (int shift = 8 * (static_cast<int>(sizeof(T)) - 1); shift >= 0; shift -= 8) {
    bytes->push_back(static_cast<char>(value >> shift));
  }
}

absl::Status Damaged(absl::string_view view, absl::string_view what, absl::string_view problem) {
  return DamageError("row", Position::Start(),
                     absl::StrCat("the ", what, " of view ", view, " ", problem));
}

}  // namespace

absl::StatusOr<ViewTables> ViewTables::Open(EventStore* store) {
  ViewTables tables;
  DAYBOOK_ASSIGN_OR_RETURN(tables.checkpoints, store->OpenTable(kCheckpointsTable));
  DAYBOOK_ASSIGN_OR_RETURN(tables.generations, store->OpenTable(kGenerationsTable));
  DAYBOOK_ASSIGN_OR_RETURN(tables.transitions, store->OpenTable(kTransitionsTable));
  DAYBOOK_ASSIGN_OR_RETURN(tables.parked, store->OpenTable(kParkedTable));
  return tables;
}

std::string RowsTable(absl::string_view view, uint32_t generation) {
  return absl::StrCat("view/", view, "/", generation);
}

std::string CheckpointKey(absl::string_view view, uint32_t generation) {
  std::string key = TransitionPrefix(view);
  AppendBigEndian(generation, &key);
  return key;
}

std::string TransitionPrefix(absl::string_view view) {
  return absl::StrCat(view, absl::string_view("\0", 1));
}

std::string TransitionKey(absl::string_view view, uint32_t generation, Position position) {
  std::string key = TransitionPrefix(view);
  AppendBigEndian(uint64_t{generation}, &key);
  AppendBigEndian(position.sequence(), &key);
  return key;
}

std::optional<std::string> AfterPrefix(std::string prefix) {
  while (!prefix.empty() && prefix.back() == '\xff') prefix.pop_back();
  if (prefix.empty()) return std::nullopt;
  prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1);
  return prefix;
}

absl::StatusOr<v1::ViewCheckpoint> ParseCheckpoint(absl::string_view view,
                                                   absl::string_view bytes) {
  v1::ViewCheckpoint checkpoint;
  if (!checkpoint.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return Damaged(view, "checkpoint", "does not parse");
  }
  return checkpoint;
}

absl::StatusOr<v1::ViewCheckpoint> ReadCheckpoint(const StoreReader& reader, ViewTables tables,
                                                  absl::string_view view, uint32_t generation) {
  DAYBOOK_ASSIGN_OR_RETURN(const std::optional<std::string> row,
                           reader.GetRow(tables.checkpoints, CheckpointKey(view, generation)));
  if (!row.has_value()) {
    return Damaged(view, absl::StrCat("checkpoint of generation ", generation), "is missing");
  }
  return ParseCheckpoint(view, *row);
}

absl::StatusOr<std::optional<v1::ViewGenerations>> ReadGenerations(const StoreReader& reader,
                                                                   ViewTables tables,
                                                                   absl::string_view view) {
  DAYBOOK_ASSIGN_OR_RETURN(const std::optional<std::string> row,
                           reader.GetRow(tables.generations, view));
  if (!row.has_value()) return std::nullopt;
  v1::ViewGenerations generations;
  if (!generations.ParseFromString(*row)) return Damaged(view, "generations", "do not parse");
  if (FindGeneration(generations, generations.serving()) == nullptr) {
    return Damaged(view, "generations", "have none that serves");
  }
  return generations;
}

TableWrite WriteGenerations(ViewTables tables, absl::string_view view,
                            const v1::ViewGenerations& generations) {
  return {tables.generations, std::string(view), EncodeMessage(generations)};
}

v1::ViewGeneration* FindGeneration(v1::ViewGenerations& generations, uint32_t number) {
  for (v1::ViewGeneration& generation : *generations.mutable_generations()) {
    if (generation.number() == number) return &generation;
  }
  return nullptr;
}

ViewFailures FailuresOf(const v1::HandlerFailures& stored) {
  ViewFailures failures;
  failures.parked_keys = stored.parked_keys();
  failures.parked_events = stored.parked_events();
  failures.skipped_events = stored.skipped_events();
  failures.dropped_events = stored.dropped_events();
  if (!stored.has_last_skipped()) return failures;
  const v1::SkippedEvent& last = stored.last_skipped();
  failures.last_skipped = Position(last.position());
  const std::string row = last.key().empty()
                              ? std::string()
                              : absl::StrCat(" for \"", absl::CHexEscape(last.key()), "\"");
  failures.skip_error =
      FailureOf(last.code(), absl::StrCat("position ", last.position(), row, ": ", last.message()));
  return failures;
}

GenerationState StateOf(const v1::ViewGeneration& generation) {
  switch (generation.state()) {
    case v1::ViewGeneration::STATE_BUILDING:
      return generation.paused() ? GenerationState::kPaused : GenerationState::kBuilding;
    case v1::ViewGeneration::STATE_KEPT:
      return GenerationState::kKept;
    case v1::ViewGeneration::STATE_DROPPING:
      return GenerationState::kDropping;
    default:
      return GenerationState::kServing;
  }
}

void GiveUp(v1::ViewGeneration& generation) {
  generation.set_state(generation.served() ? v1::ViewGeneration::STATE_KEPT
                                           : v1::ViewGeneration::STATE_DROPPING);
  generation.set_paused(false);
}

}  // namespace daybook::internal
