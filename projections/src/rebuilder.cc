#include "rebuilder.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "daybook/core/errors.h"
#include "daybook/core/status_macros.h"
#include "index_table.h"
#include "parked_table.h"
#include "row_layout.h"
#include "view_opening.h"

namespace daybook::internal {
namespace {

constexpr size_t kDeletedAtOnce = 1000;

using Stored = v1::ViewGeneration;

Stored::Flip StoredFlip(Flip flip) {
  switch (flip) {
    case Flip::kAlways:
      return Stored::FLIP_ALWAYS;
    case Flip::kOnRequest:
      return Stored::FLIP_ON_REQUEST;
    case Flip::kWhenEqual:
      break;
  }
  return Stored::FLIP_WHEN_EQUAL;
}

RebuildOptions OptionsOf(const Stored& stored) {
  RebuildOptions options;
  options.compare = stored.compare();
  options.flip = stored.flip() == Stored::FLIP_ALWAYS       ? Flip::kAlways
                 : stored.flip() == Stored::FLIP_ON_REQUEST ? Flip::kOnRequest
                                                            : Flip::kWhenEqual;
  return options;
}

}  // namespace

absl::Status Rebuilder::Start() {
  std::vector<Generation*> moving;
  for (const std::unique_ptr<View>& view : views_) {
    const absl::string_view fingerprint = view->definition().fingerprint().bytes();
    const Stored& serving = *FindGeneration(view->stored, view->stored.serving());
    DAYBOOK_ASSIGN_OR_RETURN(
        Generation * generation,
        keeper_.Load(*view, serving.number(), serving.fingerprint() != fingerprint));
    view->serving.store(generation);
    if (generation->stale) {
      DAYBOOK_ASSIGN_OR_RETURN(const v1::ViewCheckpoint checkpoint,
                               keeper_.CheckpointOf(*generation, *keeper_.store()->Reader()));
      generation->progress.Advance(Position(checkpoint.position()), /*caught_up=*/false);
    } else {
      moving.push_back(generation);
    }
    for (const Stored& stored : view->stored.generations()) {
      if (stored.state() != Stored::STATE_BUILDING) continue;
      DAYBOOK_ASSIGN_OR_RETURN(Generation * next, keeper_.Load(*view, stored.number(), false));
      const bool paused = stored.paused() || keeper_.options().hold_rebuilds;
      if (!paused) moving.push_back(next);
      AddRun(*view, next, OptionsOf(stored), paused);
    }
    DAYBOOK_RETURN_IF_ERROR(FindDroppings(*view));
  }
  return keeper_.Start(moving, this);
}

RebuildRun* Rebuilder::RunOf(const View& view) {
  for (const ViewRun& run : runs_) {
    if (run.view == &view) return run.run.get();
  }
  return nullptr;
}

std::shared_ptr<RebuildState> Rebuilder::AddRun(View& view, Generation* generation,
                                                const RebuildOptions& options, bool paused) {
  // One that failed.
  std::erase_if(runs_, [&view](const ViewRun& run) { return run.view == &view; });
  auto state = std::make_shared<RebuildState>(
      &keeper_.store()->runtime(), [mailbox = keeper_.runner().mailbox()] { mailbox->Wake(); },
      paused);
  runs_.push_back(
      {&view, std::make_unique<RebuildRun>(&keeper_, &view, generation, options, state)});
  return state;
}

absl::StatusOr<std::shared_ptr<RebuildState>> Rebuilder::Begin(View& view,
                                                               const RebuildOptions& options) {
  RebuildRun* const run = RunOf(view);
  const bool joins = run != nullptr && !run->failed();
  if (joins && run->compared()) return run->state();
  v1::ViewGenerations next = view.stored;
  Stored* stored = nullptr;
  for (Stored& generation : *next.mutable_generations()) {
    if (generation.state() == Stored::STATE_BUILDING) stored = &generation;
  }
  std::vector<TableWrite> writes;
  const bool is_new = stored == nullptr;
  if (is_new) {
    stored = next.add_generations();
    next.set_last(next.last() + 1);
    stored->set_number(next.last());
    stored->set_state(Stored::STATE_BUILDING);
    stored->set_fingerprint(std::string(view.definition().fingerprint().bytes()));
    stored->set_row_layout(RowLayout(view.definition().row()));
    stored->set_index_layout(IndexLayout(view.definition().indexes()));
  }
  // All that can fail comes first: what is stored is begun, and has a handle.
  DAYBOOK_ASSIGN_OR_RETURN(Generation * generation,
                           keeper_.Load(view, stored->number(), /*stale=*/false));
  if (is_new) {
    writes.push_back({keeper_.tables().checkpoints, CheckpointKey(view.name(), generation->number),
                      generation->Checkpoint(Position::Start(), /*in_commits=*/false)});
  }
  const bool same =
      joins && stored->compare() == options.compare && stored->flip() == StoredFlip(options.flip);
  stored->set_compare(options.compare);
  stored->set_flip(StoredFlip(options.flip));
  // Whoever paused it has it go on.
  if (!joins) stored->set_paused(false);
  if (!same) DAYBOOK_RETURN_IF_ERROR(keeper_.Store(view, next, std::move(writes)));
  if (joins) {
    run->SetOptions(options);
    return run->state();
  }
  return AddRun(view, generation, options, /*paused=*/false);
}

absl::StatusOr<std::shared_ptr<RebuildState>> Rebuilder::BeginRollback(View& view) {
  if (const RebuildRun* run = RunOf(view)) {
    return absl::FailedPreconditionError(
        absl::StrCat("view ", view.name(), ": generation ", run->state()->progress().generation,
                     " is being built: cancel it, or wait until it serves"));
  }
  v1::ViewGenerations next = view.stored;
  Stored* kept = nullptr;
  for (Stored& generation : *next.mutable_generations()) {
    if (generation.state() == Stored::STATE_KEPT) kept = &generation;
  }
  if (kept == nullptr) {
    return absl::NotFoundError(absl::StrCat("view ", view.name(), " keeps no other generation"));
  }
  if (kept->fingerprint() != view.definition().fingerprint().bytes()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "view ", view.name(), ": generation ", kept->number(),
        " is of another definition; an application that is opened with that one goes back to it"));
  }
  DAYBOOK_RETURN_IF_ERROR(
      CheckNothingParked(view, *kept, *keeper_.store()->Reader(), keeper_.tables()));
  kept->set_state(Stored::STATE_BUILDING);
  kept->set_compare(false);
  kept->set_flip(Stored::FLIP_ALWAYS);
  DAYBOOK_ASSIGN_OR_RETURN(Generation * generation,
                           keeper_.Load(view, kept->number(), /*stale=*/false));
  DAYBOOK_RETURN_IF_ERROR(keeper_.Store(view, next));
  return AddRun(view, generation, OptionsOf(*kept), /*paused=*/false);
}

absl::Status Rebuilder::Drop(View& view, uint32_t number) {
  v1::ViewGenerations next = view.stored;
  Stored* generation = FindGeneration(next, number);
  if (generation == nullptr || generation->state() == Stored::STATE_DROPPING) {
    return absl::NotFoundError(absl::StrCat("view ", view.name(), " has no generation ", number));
  }
  if (generation->state() != Stored::STATE_KEPT) {
    return InvalidFieldError(
        "generation",
        absl::StrCat(
            "one that is kept: ", number, " of view ", view.name(),
            generation->state() == Stored::STATE_SERVING ? " answers queries" : " is being built"));
  }
  generation->set_state(Stored::STATE_DROPPING);
  return keeper_.Store(view, next);
}

bool Rebuilder::StepWith(const std::shared_ptr<const StoreReader>& reader) {
  bool more = false;
  for (const ViewRun& run : runs_) more |= run.run->Step(reader);
  std::erase_if(runs_, [](const ViewRun& run) { return run.run->over(); });
  for (const std::unique_ptr<View>& view : views_) {
    // What cannot be opened now is dropped at the next opening.
    (void)FindDroppings(*view);
  }
  for (const std::unique_ptr<Dropping>& dropping : droppings_) {
    more |= StepDropping(*dropping, *reader);
  }
  return more;
}

absl::Status Rebuilder::FindDroppings(View& view) {
  for (const Stored& stored : view.stored.generations()) {
    if (stored.state() != Stored::STATE_DROPPING) continue;
    const bool known = std::any_of(droppings_.begin(), droppings_.end(), [&](const auto& dropping) {
      return dropping->view == &view && dropping->number == stored.number();
    });
    if (known) continue;
    DAYBOOK_ASSIGN_OR_RETURN(const TableId rows,
                             keeper_.store()->OpenTable(RowsTable(view.name(), stored.number())));
    std::vector<Dropping::Piece> pieces = {{rows, /*prefix=*/""}};
    if (!stored.index_layout().empty()) {
      DAYBOOK_ASSIGN_OR_RETURN(const TableId index, keeper_.store()->OpenTable(
                                                        IndexTable(view.name(), stored.number())));
      pieces.push_back({index, /*prefix=*/""});
    }
    pieces.push_back({keeper_.tables().parked, ParkedPrefix(view.name(), stored.number())});
    droppings_.push_back(std::make_unique<Dropping>());
    droppings_.back()->view = &view;
    droppings_.back()->number = stored.number();
    droppings_.back()->pieces = std::move(pieces);
  }
  return absl::OkStatus();
}

bool Rebuilder::StepDropping(Dropping& dropping, const StoreReader& reader) {
  if (dropping.in_flight || dropping.done || keeper_.runner().held()) return false;
  if (std::exchange(dropping.found_just_now, false)) return true;
  Commit commit;
  const Dropping::Piece& piece = dropping.pieces[dropping.pieces_gone];
  const ScanOptions scan{.from = std::max(dropping.from, piece.prefix),
                         .until = AfterPrefix(piece.prefix),
                         .limit = kDeletedAtOnce};
  const absl::Status scanned =
      reader.ScanRows(piece.table, scan, [&](absl::string_view key, absl::string_view) {
        commit.writes.push_back({piece.table, std::string(key), std::nullopt});
        return true;
      });
  if (!scanned.ok()) {
    dropping.done = true;  // again at the next opening
    return false;
  }
  if (commit.writes.empty()) {
    // Once more from the start, before its number is forgotten and nobody looks again.
    if (!dropping.from.empty()) {
      dropping.from.clear();
      return true;
    }
    if (dropping.pieces_gone + 1 < dropping.pieces.size()) {
      ++dropping.pieces_gone;
      return true;
    }
    const absl::Status forgotten = Forget(dropping);
    dropping.done = !absl::IsResourceExhausted(forgotten);
    if (!dropping.done) keeper_.runner().HoldUntilRoom();
    return false;
  }
  std::string next = commit.writes.back().key + '\0';
  dropping.in_flight = true;
  keeper_.store()->AppendAsync(std::move(commit), [this, mailbox = keeper_.runner().mailbox(),
                                                   &dropping, next = std::move(next)](
                                                      absl::StatusOr<AppendResult> result) mutable {
    mailbox->Post([this, &dropping, next = std::move(next), status = result.status()]() mutable {
      dropping.in_flight = false;
      if (status.ok()) {
        dropping.from = std::move(next);
      } else if (absl::IsResourceExhausted(status)) {
        keeper_.runner().HoldUntilRoom();
      } else {
        dropping.done = true;
      }
    });
  });
  return false;
}

absl::Status Rebuilder::Forget(Dropping& dropping) {
  v1::ViewGenerations next = dropping.view->stored;
  auto* generations = next.mutable_generations();
  generations->erase(
      std::remove_if(generations->begin(), generations->end(),
                     [&](const Stored& stored) { return stored.number() == dropping.number; }),
      generations->end());
  return keeper_.Store(*dropping.view, next,
                       {{keeper_.tables().checkpoints,
                         CheckpointKey(dropping.view->name(), dropping.number), std::nullopt}});
}

}  // namespace daybook::internal
