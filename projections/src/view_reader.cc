#include "view_reader.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "daybook/core/runtime.h"
#include "daybook/core/status_macros.h"
#include "parked_table.h"

namespace daybook::internal {

absl::StatusOr<Position> ViewReader::Covered(const Generation& generation,
                                             const StoreReader& reader,
                                             const ViewProgress::Snapshot& progress) const {
  if (!generation.is_inline()) return progress.visible;
  DAYBOOK_ASSIGN_OR_RETURN(const v1::ViewCheckpoint checkpoint,
                           ReadCheckpoint(reader, tables_, generation.name(), generation.number));
  return Position(checkpoint.position());
}

absl::StatusOr<ViewReader::Rows> ViewReader::At(const View& view, std::optional<Token> at_least,
                                                absl::Duration timeout) const {
  const Position position = at_least.value_or(Token()).position();
  const absl::Time deadline = absl::Now() + timeout;
  while (true) {
    Generation& generation = *view.serving.load();
    // Before the reader, which then sees all that is visible now.
    const ViewProgress::Snapshot progress = generation.progress.Get();
    const bool may_be_parked = position > Position::Start() && generation.parked_keys.load() > 0;
    std::shared_ptr<const StoreReader> reader = store_.Reader();
    absl::StatusOr<Position> covered = Position();
    if (position > Position::Start()) covered = Covered(generation, *reader, progress);
    // Rows and checkpoint go only when another build answers. If this one did still when the reader
    // was taken, what is missing in it is damage.
    if (view.serving.load() != &generation) continue;
    DAYBOOK_RETURN_IF_ERROR(covered.status());
    if (position <= *covered) {
      return Rows{generation.rows, std::move(reader), &generation,
                  generation.is_inline() ? Position::Start() : progress.visible, may_be_parked};
    }
    if (!progress.error.ok()) return progress.error;
    // The task moves it, or a commit, or another build takes over: whichever comes first.
    const Position before =
        std::max(reader->tip(), Position(position.sequence() - 1, position.partition()));
    const auto latch = std::make_shared<Latch>();
    generation.progress.WhenReached(position, latch);
    if (generation.is_inline()) tip_waiters_.WhenPast(before, latch);
    const bool in_time =
        store_.runtime().Await(*latch, std::max(deadline - absl::Now(), absl::ZeroDuration()));
    latch->Open();
    const ViewProgress::Snapshot now = generation.progress.Get();
    if (!in_time && now.visible < position && now.error.ok()) {
      covered = Covered(generation, *store_.Reader(), now);
      if (view.serving.load() != &generation) continue;
      DAYBOOK_RETURN_IF_ERROR(covered.status());
      return absl::DeadlineExceededError(
          absl::StrCat("view ", view.name(), " is at position ", covered->ToString(), ", not at ",
                       position.ToString(), ", after ", absl::FormatDuration(timeout)));
    }
    if (generation.is_inline() && view.serving.load() == &generation && store_.Tip() <= before &&
        now.visible < position && now.error.ok()) {
      return absl::UnavailableError(absl::StrCat("the store closed before view ", view.name(),
                                                 " was at position ", position.ToString()));
    }
  }
}

absl::Status ViewReader::CheckNotParked(const Rows& rows, absl::string_view key,
                                        Token at_least) const {
  if (!rows.may_be_parked) return absl::OkStatus();
  const Generation& generation = *rows.generation;
  std::optional<ParkedEntry> head;
  DAYBOOK_RETURN_IF_ERROR(VisitParkedEntries(*rows.reader, tables_.parked,
                                             ParkedPrefix(generation.name(), generation.number),
                                             key, Position::Start(), [&](const ParkedEntry& entry) {
                                               head = entry;
                                               return false;
                                             }));
  if (!head.has_value() || head->position > at_least.position()) return absl::OkStatus();
  const absl::Status why = FailureOf(head->event.code(), head->event.message());
  return absl::Status(
      why.ok() ? absl::StatusCode::kUnavailable : why.code(),
      absl::StrCat("the row \"", absl::CHexEscape(key), "\" of view ", generation.name(),
                   " is parked from position ", head->position.ToString(),
                   " on: ", why.ok() ? "it is being replayed" : why.message()));
}

absl::StatusOr<ViewStatus> ViewReader::Status(const View& view) const {
  const Generation& generation = *view.serving.load();
  const ViewProgress::Snapshot progress = generation.progress.Get();
  const std::shared_ptr<const StoreReader> reader = store_.Reader();
  ViewStatus status;
  status.name = view.name();
  status.lifecycle = view.registration.lifecycle;
  status.generation = generation.number;
  status.rows_written = generation.rows_written.load(std::memory_order_relaxed);
  status.error = progress.error;
  DAYBOOK_ASSIGN_OR_RETURN(std::optional<v1::ViewGenerations> known,
                           ReadGenerations(*reader, tables_, view.name()));
  const v1::ViewGenerations stored = std::move(known).value_or(v1::ViewGenerations());
  bool in_commits = false;
  for (const v1::ViewGeneration& build : stored.generations()) {
    GenerationStatus& told = status.generations.emplace_back();
    told.number = build.number();
    told.state = StateOf(build);
    DAYBOOK_ASSIGN_OR_RETURN(
        const std::optional<std::string> row,
        reader->GetRow(tables_.checkpoints, CheckpointKey(view.name(), build.number())));
    if (!row.has_value()) continue;
    DAYBOOK_ASSIGN_OR_RETURN(const v1::ViewCheckpoint checkpoint,
                             ParseCheckpoint(view.name(), *row));
    told.checkpoint = Position(checkpoint.position());
    told.parked_keys = checkpoint.failures().parked_keys();
    if (build.number() != generation.number) continue;
    in_commits = checkpoint.in_commits();
    told.checkpoint = std::max(told.checkpoint, progress.visible);
    status.checkpoint = told.checkpoint;
    status.failures = FailuresOf(checkpoint.failures());
  }
  status.failures.retrying_keys = generation.retrying_keys.load();
  status.failures.parked_bytes = generation.parked_bytes.load();
  std::sort(status.generations.begin(), status.generations.end(),
            [](const auto& a, const auto& b) { return a.number < b.number; });
  if (!progress.error.ok()) {
    status.state = ViewState::kStopped;
  } else if (generation.stale) {
    status.state = ViewState::kStale;
  } else if (in_commits) {
    status.state = ViewState::kPromoted;
  } else if (!generation.is_inline() && progress.caught_up) {
    status.state = ViewState::kLive;
  }
  if (reader->tip() > status.checkpoint) {
    status.lag_events = reader->tip().sequence() - status.checkpoint.sequence();
    ReadLogOptions next;
    next.from = status.checkpoint;
    next.limit = 1;
    DAYBOOK_ASSIGN_OR_RETURN(const EventBatch batch, reader->ReadLog(next));
    if (!batch.empty()) {
      status.lag = std::max(clock_.Now() - batch.front().recorded_time, absl::ZeroDuration());
    }
  }
  return status;
}

}  // namespace daybook::internal
