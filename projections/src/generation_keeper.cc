#include "generation_keeper.h"

#include <algorithm>
#include <string>
#include <utility>

#include "daybook/core/status_macros.h"
#include "index_table.h"

namespace daybook::internal {

GenerationKeeper::GenerationKeeper(EventStore* store, ViewTables tables,
                                   const ProjectionOptions& options)
    : store_(store),
      tables_(tables),
      options_(options),
      runner_(std::make_unique<AsyncRunner>(store, tables, options)) {}

GenerationKeeper::~GenerationKeeper() {
  runner_->Stop();
  if (inline_views_ != nullptr) store_->RemoveParticipant(inline_views_.get());
}

absl::Status GenerationKeeper::Start(const std::vector<Generation*>& generations,
                                     AsyncRunner::Companion* companion) {
  // Nobody moves them before the participant joins.
  const std::shared_ptr<const StoreReader> reader = store_->Reader();
  std::vector<v1::ViewCheckpoint> checkpoints;
  for (Generation* generation : generations) {
    DAYBOOK_ASSIGN_OR_RETURN(v1::ViewCheckpoint checkpoint, CheckpointOf(*generation, *reader));
    generation->failures = checkpoint.failures();
    checkpoints.push_back(std::move(checkpoint));
    moving_.push_back({generation, nullptr});
  }
  const Position joined = SetInlineViews();
  Commit commit;
  for (size_t i = 0; i < generations.size(); ++i) {
    const Position position(checkpoints[i].position());
    // Commits went by that the view had no part in: its rows are those of its checkpoint still.
    const bool missed = checkpoints[i].in_commits() && position < joined;
    if (missed) {
      commit.writes.push_back({tables_.checkpoints,
                               CheckpointKey(generations[i]->name(), generations[i]->number),
                               generations[i]->Checkpoint(position, /*in_commits=*/false)});
    }
    if (missed || !checkpoints[i].in_commits()) {
      DAYBOOK_ASSIGN_OR_RETURN(moving_[i].follower,
                               runner_->Follow(generations[i], position, *reader));
    }
  }
  if (!commit.writes.empty()) {
    DAYBOOK_RETURN_IF_ERROR(store_->Append(std::move(commit)).status());
  }
  runner_->Start(companion);
  return absl::OkStatus();
}

absl::StatusOr<Generation*> GenerationKeeper::Load(View& view, uint32_t number, bool stale) {
  for (const std::unique_ptr<Generation>& known : view.generations) {
    if (known->number == number) return known.get();
  }
  auto generation = std::make_unique<Generation>();
  generation->definition = view.registration.definition;
  generation->lifecycle = view.registration.lifecycle;
  generation->number = number;
  generation->stale = stale;
  if (generation->is_inline()) {
    generation->on_failure = {.policy = FailurePolicy::kStop, .retry = {.attempts = 1}};
  } else {
    generation->on_failure = view.registration.failures;
  }
  DAYBOOK_ASSIGN_OR_RETURN(generation->rows, store_->OpenTable(RowsTable(view.name(), number)));
  generation->index_layout = stale ? FindGeneration(view.stored, number)->index_layout()
                                   : IndexLayout(view.definition().indexes());
  if (!generation->index_layout.empty()) {
    DAYBOOK_ASSIGN_OR_RETURN(generation->index, store_->OpenTable(IndexTable(view.name(), number)));
  }
  view.generations.push_back(std::move(generation));
  return view.generations.back().get();
}

absl::Status GenerationKeeper::Join(Generation* generation) {
  // Whatever moved it before has been published after this.
  DAYBOOK_RETURN_IF_ERROR(Nudge());
  const std::shared_ptr<const StoreReader> reader = store_->Reader();
  DAYBOOK_ASSIGN_OR_RETURN(const v1::ViewCheckpoint checkpoint, CheckpointOf(*generation, *reader));
  const Position position(checkpoint.position());
  generation->failures = checkpoint.failures();
  Commit commit;
  commit.writes.push_back({tables_.checkpoints,
                           CheckpointKey(generation->name(), generation->number),
                           generation->Checkpoint(position, /*in_commits=*/false)});
  // Whoever made claims on it is gone.
  const std::string from = TransitionKey(generation->name(), generation->number, Position());
  const std::string until = TransitionKey(generation->name(), generation->number + 1, Position());
  DAYBOOK_RETURN_IF_ERROR(reader->ScanRows(
      tables_.transitions, {.from = from, .until = until},
      [&](absl::string_view key, absl::string_view) {
        commit.writes.push_back({tables_.transitions, std::string(key), std::nullopt});
        return true;
      }));
  DAYBOOK_RETURN_IF_ERROR(store_->Append(std::move(commit)).status());
  DAYBOOK_ASSIGN_OR_RETURN(Follower * follower, runner_->Follow(generation, position, *reader));
  generation->progress.Resume();
  moving_.push_back({generation, follower});
  SetInlineViews();
  return absl::OkStatus();
}

bool GenerationKeeper::IsMoved(const Generation* generation) const {
  return std::any_of(moving_.begin(), moving_.end(),
                     [&](const Moving& m) { return m.generation == generation; });
}

void GenerationKeeper::Leave(Generation* generation) {
  if (Follower* follower = FollowerOf(generation)) follower->Leave();
  if (std::erase_if(moving_, [&](const Moving& m) { return m.generation == generation; }) > 0) {
    SetInlineViews();
  }
}

absl::Status GenerationKeeper::Store(View& view, const v1::ViewGenerations& generations,
                                     std::vector<TableWrite> writes) {
  Commit commit;
  commit.writes = std::move(writes);
  commit.writes.push_back(WriteGenerations(tables_, view.name(), generations));
  DAYBOOK_RETURN_IF_ERROR(store_->Append(std::move(commit)).status());
  view.stored = generations;
  return absl::OkStatus();
}

absl::Status GenerationKeeper::Flip(View& view, Generation* to) {
  Generation* const from = view.serving.load();
  v1::ViewGenerations next = view.stored;
  for (v1::ViewGeneration& generation : *next.mutable_generations()) {
    if (generation.state() == v1::ViewGeneration::STATE_KEPT) {
      generation.set_state(v1::ViewGeneration::STATE_DROPPING);
    }
  }
  FindGeneration(next, from->number)->set_state(v1::ViewGeneration::STATE_KEPT);
  v1::ViewGeneration* const serving = FindGeneration(next, to->number);
  serving->set_state(v1::ViewGeneration::STATE_SERVING);
  serving->set_served(true);
  next.set_serving(to->number);
  DAYBOOK_RETURN_IF_ERROR(Store(view, next));
  view.serving.store(to);
  from->progress.Retire();
  Leave(from);
  return absl::OkStatus();
}

absl::Status GenerationKeeper::Nudge() {
  Commit commit;
  commit.writes.push_back({tables_.checkpoints, "", std::nullopt});
  return store_->Append(std::move(commit)).status();
}

Follower* GenerationKeeper::FollowerOf(const Generation* generation) const {
  for (const Moving& moving : moving_) {
    if (moving.generation == generation) return moving.follower;
  }
  return nullptr;
}

absl::StatusOr<v1::ViewCheckpoint> GenerationKeeper::CheckpointOf(const Generation& generation,
                                                                  const StoreReader& reader) const {
  return ReadCheckpoint(reader, tables_, generation.name(), generation.number);
}

Position GenerationKeeper::SetInlineViews() {
  std::vector<Generation*> inlines;
  for (const Moving& moving : moving_) {
    if (moving.generation->is_inline()) inlines.push_back(moving.generation);
  }
  if (inline_views_ != nullptr && inline_views_->generations() == inlines) return Position();
  std::unique_ptr<InlineViews> next;
  Position joined;
  if (!inlines.empty()) {
    next =
        std::make_unique<InlineViews>(std::move(inlines), tables_, 4 * options_.promotion_events);
    joined = store_->AddParticipant(next.get());
  }
  runner_->SetInlineViews(next.get());
  if (inline_views_ != nullptr) store_->RemoveParticipant(inline_views_.get());
  inline_views_ = std::move(next);
  return joined;
}

}  // namespace daybook::internal
