// The tables stand in docs/formats/views.md.
#include "application/stored_generations.h"

#include <algorithm>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "daybook/core/codec.h"
#include "daybook/core/errors.h"
#include "daybook/core/status_macros.h"
#include "daybook/v1/view.pb.h"

namespace daybook::tools {
namespace {

using Stored = v1::ViewGeneration;

std::optional<TableId> FindTable(const EventStore& store, absl::string_view wanted) {
  for (const auto& [name, id] : store.Tables()) {
    if (name == wanted) return id;
  }
  return std::nullopt;
}

template <typename M>
absl::StatusOr<M> ReadMessage(const StoreReader& reader, std::optional<TableId> table,
                              const std::string& key, absl::string_view what) {
  M message;
  if (!table.has_value()) return message;
  DAYBOOK_ASSIGN_OR_RETURN(const auto row, reader.GetRow(*table, key));
  if (row.has_value() && !message.ParseFromString(*row)) {
    return DamageError("row", Position(), absl::StrCat(what, " does not parse"));
  }
  return message;
}

std::string CheckpointKey(absl::string_view view, uint32_t generation) {
  std::string key = absl::StrCat(view, absl::string_view("\0", 1));
  for (int shift = 24; shift >= 0; shift -= 8)
    key.push_back(static_cast<char>(generation >> shift));
  return key;
}

absl::StatusOr<v1::ViewGenerations> ReadGenerations(const EventStore& store,
                                                    const StoreReader& reader,
                                                    const ProjectionDefinition& projection) {
  return ReadMessage<v1::ViewGenerations>(
      reader, FindTable(store, "$view-generations"), projection.name(),
      absl::StrCat("the list of generations of view ", projection.name()));
}

absl::StatusOr<StoredView> FindBuild(const EventStore& store, const StoreReader& reader,
                                     const ProjectionDefinition& projection, const Stored& stored) {
  const std::string name = absl::StrCat(projection.name(), "/", stored.number());
  DAYBOOK_ASSIGN_OR_RETURN(
      const auto checkpoint,
      ReadMessage<v1::ViewCheckpoint>(reader, FindTable(store, "$views"),
                                      CheckpointKey(projection.name(), stored.number()),
                                      absl::StrCat("the checkpoint of ", name)));
  StoredView view;
  view.generation = stored.number();
  view.checkpoint = Position(checkpoint.position());
  view.current = stored.fingerprint() == projection.fingerprint().bytes();
  view.rows = FindTable(store, absl::StrCat("view/", name));
  view.lag_events = reader.tip().sequence() - std::min(reader.tip(), view.checkpoint).sequence();
  return view;
}

GenerationStand StandOf(const Stored& stored) {
  switch (stored.state()) {
    case Stored::STATE_BUILDING:
      return stored.paused() ? GenerationStand::kPaused : GenerationStand::kBuilding;
    case Stored::STATE_KEPT:
      return GenerationStand::kKept;
    case Stored::STATE_DROPPING:
      return GenerationStand::kDropping;
    default:
      return GenerationStand::kServing;
  }
}

}  // namespace

const char* GenerationStandName(GenerationStand stand) {
  switch (stand) {
    case GenerationStand::kServing:
      return "serving";
    case GenerationStand::kBuilding:
      return "building";
    case GenerationStand::kBuilt:
      return "built";
    case GenerationStand::kStops:
      return "stopped";
    case GenerationStand::kPaused:
      return "paused";
    case GenerationStand::kKept:
      return "kept";
    case GenerationStand::kDropping:
      return "dropping";
  }
  return "";
}

absl::StatusOr<std::vector<StoredGeneration>> FindGenerations(
    const EventStore& store, const StoreReader& reader, const ProjectionDefinition& projection,
    size_t max_events) {
  DAYBOOK_ASSIGN_OR_RETURN(const v1::ViewGenerations stored,
                           ReadGenerations(store, reader, projection));
  std::vector<StoredGeneration> found;
  for (const Stored& generation : stored.generations()) {
    StoredGeneration& one = found.emplace_back();
    one.stand = StandOf(generation);
    DAYBOOK_ASSIGN_OR_RETURN(one.view, FindBuild(store, reader, projection, generation));
    // One of another definition is given up at the next opening.
    if (one.stand != GenerationStand::kBuilding || !one.view.current) continue;
    DAYBOOK_ASSIGN_OR_RETURN(const PendingEvents pending,
                             TryPendingEvents(reader, projection, one.view, max_events));
    one.stops = pending.stops;
    if (!one.stops.ok()) {
      one.stand = GenerationStand::kStops;
    } else if (pending.events == 0 && generation.flip() != Stored::FLIP_ALWAYS) {
      one.stand = GenerationStand::kBuilt;
    }
  }
  std::sort(found.begin(), found.end(),
            [](const auto& a, const auto& b) { return a.view.generation < b.view.generation; });
  return found;
}

absl::StatusOr<uint32_t> GiveUpBuild(EventStore& store, const ProjectionDefinition& projection) {
  DAYBOOK_ASSIGN_OR_RETURN(v1::ViewGenerations generations,
                           ReadGenerations(store, *store.Reader(), projection));
  for (Stored& generation : *generations.mutable_generations()) {
    if (generation.state() != Stored::STATE_BUILDING) continue;
    // One that has answered is what a rollback goes back to.
    generation.set_state(generation.served() ? Stored::STATE_KEPT : Stored::STATE_DROPPING);
    generation.set_paused(false);
    const uint32_t number = generation.number();
    Commit commit;
    commit.writes.push_back(
        {*FindTable(store, "$view-generations"), projection.name(), EncodeMessage(generations)});
    DAYBOOK_RETURN_IF_ERROR(store.Append(std::move(commit)).status());
    return number;
  }
  return absl::NotFoundError(
      absl::StrCat("no generation of view ", projection.name(), " is being built"));
}

}  // namespace daybook::tools
