#include "view_opening.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "daybook/core/codec.h"
#include "daybook/core/status_macros.h"
#include "index_table.h"
#include "parked_table.h"
#include "row_layout.h"

namespace daybook::internal {
namespace {

using Stored = v1::ViewGeneration;

// Before every event.
std::string FirstCheckpoint(const Stored& generation) {
  v1::ViewCheckpoint checkpoint;
  checkpoint.set_generation(generation.number());
  checkpoint.set_fingerprint(generation.fingerprint());
  return EncodeMessage(checkpoint);
}

// One view, and what is to be written for it.
class Opening {
 public:
  Opening(const StoreReader& reader, ViewTables tables, View& view, Commit* commit)
      : reader_(reader),
        tables_(tables),
        view_(view),
        commit_(commit),
        fingerprint_(view.definition().fingerprint().bytes()),
        row_layout_(RowLayout(view.definition().row())) {}

  absl::Status Run() {
    DAYBOOK_ASSIGN_OR_RETURN(std::optional<v1::ViewGenerations> known,
                             ReadGenerations(reader_, tables_, view_.name()));
    const std::string before = known.has_value() ? EncodeMessage(*known) : "";
    if (known.has_value()) {
      view_.stored = *std::move(known);
    } else {
      DAYBOOK_RETURN_IF_ERROR(TakeOverFirstForm());
    }
    if (view_.stored.serving() == 0) {
      Stored* first = Add(Stored::STATE_SERVING);
      first->set_served(true);
      view_.stored.set_serving(first->number());
    }
    Reconcile();
    if (EncodeMessage(view_.stored) != before) {
      commit_->writes.push_back(WriteGenerations(tables_, view_.name(), view_.stored));
    }
    DAYBOOK_RETURN_IF_ERROR(LeaveCommits());
    return DeleteClaims();
  }

 private:
  Stored* Add(Stored::State state) {
    Stored* added = view_.stored.add_generations();
    view_.stored.set_last(view_.stored.last() + 1);
    added->set_number(view_.stored.last());
    added->set_fingerprint(std::string(fingerprint_));
    added->set_row_layout(row_layout_);
    added->set_index_layout(IndexLayout(view_.definition().indexes()));
    added->set_state(state);
    commit_->writes.push_back({tables_.checkpoints, CheckpointKey(view_.name(), added->number()),
                               FirstCheckpoint(*added)});
    return added;
  }

  // The first form had one build, whose checkpoint stood under the view's name, and left the rows
  // of those before it.
  absl::Status TakeOverFirstForm() {
    DAYBOOK_ASSIGN_OR_RETURN(const std::optional<std::string> row,
                             reader_.GetRow(tables_.checkpoints, view_.name()));
    if (!row.has_value()) return absl::OkStatus();
    DAYBOOK_ASSIGN_OR_RETURN(const v1::ViewCheckpoint checkpoint,
                             ParseCheckpoint(view_.name(), *row));
    for (uint32_t number = 1; number <= checkpoint.generation(); ++number) {
      Stored* stored = view_.stored.add_generations();
      stored->set_number(number);
      stored->set_state(Stored::STATE_DROPPING);
      if (number < checkpoint.generation()) continue;
      stored->set_fingerprint(checkpoint.fingerprint());
      if (IsCurrent(*stored)) stored->set_row_layout(row_layout_);
      stored->set_state(Stored::STATE_SERVING);
      stored->set_served(true);
    }
    view_.stored.set_serving(checkpoint.generation());
    view_.stored.set_last(checkpoint.generation());
    commit_->writes.push_back({tables_.checkpoints, view_.name(), std::nullopt});
    commit_->writes.push_back(
        {tables_.checkpoints, CheckpointKey(view_.name(), checkpoint.generation()), *row});
    first_form_ = checkpoint;
    return absl::OkStatus();
  }

  bool IsCurrent(const Stored& generation) const {
    return generation.fingerprint() == fingerprint_;
  }

  void Reconcile() {
    for (Stored& generation : *view_.stored.mutable_generations()) {
      if (generation.state() == Stored::STATE_BUILDING && !IsCurrent(generation)) {
        GiveUp(generation);
      }
    }
    if (IsCurrent(*FindGeneration(view_.stored, view_.stored.serving()))) return;
    Stored* next = FindNext();
    if (next == nullptr) next = Add(Stored::STATE_BUILDING);
    next->set_state(Stored::STATE_BUILDING);
    next->set_compare(false);
    next->set_flip(Stored::FLIP_ALWAYS);
    Stored* serving = FindGeneration(view_.stored, view_.stored.serving());
    if (ReadableAs(serving->row_layout(), row_layout_)) return;
    // As when one takes over from another that can be read: one is kept.
    for (Stored& generation : *view_.stored.mutable_generations()) {
      if (generation.state() == Stored::STATE_KEPT) generation.set_state(Stored::STATE_DROPPING);
    }
    serving->set_state(Stored::STATE_KEPT);
    next->set_state(Stored::STATE_SERVING);
    next->set_served(true);
    next->set_paused(false);
    view_.stored.set_serving(next->number());
  }

  // One of this definition that was begun, or answered before.
  Stored* FindNext() {
    Stored* found = nullptr;
    for (Stored& generation : *view_.stored.mutable_generations()) {
      if (!IsCurrent(generation) || generation.state() == Stored::STATE_DROPPING) continue;
      found = &generation;
      if (generation.state() == Stored::STATE_BUILDING) break;
    }
    return found;
  }

  // Those of this definition that are no longer folded by commits.
  absl::Status LeaveCommits() {
    const bool is_inline = view_.registration.lifecycle == Lifecycle::kInline;
    for (const Stored& generation : view_.stored.generations()) {
      const std::string key = CheckpointKey(view_.name(), generation.number());
      std::optional<v1::ViewCheckpoint> checkpoint;
      if (first_form_.has_value() && first_form_->generation() == generation.number()) {
        checkpoint = first_form_;
      } else {
        DAYBOOK_ASSIGN_OR_RETURN(const std::optional<std::string> row,
                                 reader_.GetRow(tables_.checkpoints, key));
        if (!row.has_value()) continue;  // new, or of the first form and dropped
        DAYBOOK_ASSIGN_OR_RETURN(checkpoint, ParseCheckpoint(view_.name(), *row));
      }
      const bool moves = generation.state() == Stored::STATE_SERVING ||
                         (generation.state() == Stored::STATE_BUILDING && !generation.paused());
      if (moves && IsCurrent(generation)) {
        DAYBOOK_RETURN_IF_ERROR(CheckNothingParked(view_, generation, reader_, tables_));
      }
      if (!checkpoint->in_commits() || (is_inline && moves)) continue;
      checkpoint->set_in_commits(false);
      commit_->writes.push_back({tables_.checkpoints, key, EncodeMessage(*checkpoint)});
    }
    return absl::OkStatus();
  }

  // Claims of an earlier run bind nobody any more.
  absl::Status DeleteClaims() {
    const std::string prefix = TransitionPrefix(view_.name());
    return reader_.ScanRows(
        tables_.transitions, {.from = prefix, .until = AfterPrefix(prefix)},
        [&](absl::string_view key, absl::string_view) {
          commit_->writes.push_back({tables_.transitions, std::string(key), std::nullopt});
          return true;
        });
  }

  const StoreReader& reader_;
  const ViewTables tables_;
  View& view_;
  Commit* const commit_;
  const absl::string_view fingerprint_;
  const std::string row_layout_;
  std::optional<v1::ViewCheckpoint> first_form_;
};

}  // namespace

absl::Status CheckNothingParked(const View& view, const v1::ViewGeneration& generation,
                                const StoreReader& reader, ViewTables tables) {
  if (view.registration.lifecycle != Lifecycle::kInline) return absl::OkStatus();
  bool parked = false;
  DAYBOOK_RETURN_IF_ERROR(VisitParkedHeads(reader, tables.parked,
                                           ParkedPrefix(view.name(), generation.number()),
                                           std::nullopt, [&parked](const ParkedEntry&) {
                                             parked = true;
                                             return false;
                                           }));
  if (!parked) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("events of view ", view.name(), " are parked: register it as Async, and replay ",
                   "or drop them, before it is Inline"));
}

absl::Status OpenViews(EventStore* store, ViewTables tables,
                       const std::vector<std::unique_ptr<View>>& views) {
  // Whatever an engine closed just now still had under way is published before this commit is.
  Commit barrier;
  barrier.writes.push_back({tables.checkpoints, "", std::nullopt});
  DAYBOOK_RETURN_IF_ERROR(store->Append(std::move(barrier)).status());
  const std::shared_ptr<const StoreReader> reader = store->Reader();
  Commit commit;
  for (const std::unique_ptr<View>& view : views) {
    DAYBOOK_RETURN_IF_ERROR(Opening(*reader, tables, *view, &commit).Run());
  }
  if (commit.writes.empty()) return absl::OkStatus();
  return store->Append(std::move(commit)).status();
}

}  // namespace daybook::internal
