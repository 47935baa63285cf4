#include "daybook/projections/projection_engine.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "async_runner.h"
#include "daybook/core/errors.h"
#include "daybook/core/runtime.h"
#include "inline_views.h"
#include "view.h"

namespace daybook {

using internal::AsyncRunner;
using internal::InlineViews;
using internal::View;

struct ProjectionEngine::Impl {
  EventStore* store = nullptr;
  ProjectionOptions options;
  InlineViews::Tables tables{};
  std::vector<std::unique_ptr<View>> views;
  std::unique_ptr<InlineViews> inline_views;
  std::unique_ptr<AsyncRunner> runner;

  ~Impl() {
    runner.reset();
    if (inline_views != nullptr) store->RemoveParticipant(inline_views.get());
  }

  // What Open does, in order.
  absl::Status Register(std::vector<ProjectionRegistration> projections);
  absl::StatusOr<std::vector<v1::ViewCheckpoint>> PrepareCheckpoints();
  absl::Status StartViews(std::vector<v1::ViewCheckpoint> checkpoints);

  absl::StatusOr<View*> Find(const void* type, absl::string_view name) const;
  absl::StatusOr<v1::ViewCheckpoint> Checkpoint(const View& view, const StoreReader& reader) const;
  // A reader in which the view covers `at_least`.
  absl::StatusOr<std::shared_ptr<const StoreReader>> ReaderAt(View& view,
                                                              std::optional<Token> at_least,
                                                              absl::Duration timeout) const;
  absl::StatusOr<std::shared_ptr<const StoreReader>> InlineReaderAt(View& view, Position position,
                                                                    absl::Duration timeout) const;
  absl::Status Late(const View& view, Position position, absl::Duration timeout) const;
  absl::StatusOr<ViewStatus> Status(const View& view) const;
};

namespace {

absl::Status CheckOptions(const ProjectionOptions& options) {
  if (options.flush_interval <= absl::ZeroDuration() || options.flush_interval > absl::Seconds(1)) {
    return InvalidFieldError("flush_interval", "more than 0, at most a second");
  }
  if (options.flush_events == 0) return InvalidFieldError("flush_events", "at least 1");
  if (options.flush_bytes == 0 || options.flush_bytes > kMaxCommitBytes / 4) {
    return InvalidFieldError("flush_bytes", absl::StrCat("1 to ", kMaxCommitBytes / 4));
  }
  if (options.row_cache_bytes == 0) return InvalidFieldError("row_cache_bytes", "at least 1");
  if (options.promotion_events == 0 || options.promotion_events > 1'000'000) {
    return InvalidFieldError("promotion_events", "1 to 1000000");
  }
  return absl::OkStatus();
}

absl::Status CheckProjections(const std::vector<ProjectionRegistration>& projections) {
  std::set<std::string> names;
  absl::flat_hash_map<std::string, const void*> messages;
  for (const ProjectionRegistration& projection : projections) {
    const ProjectionDefinition& definition = *projection.definition;
    if (!names.insert(definition.name()).second) {
      return InvalidFieldError("projections", absl::StrCat("each name once: ", definition.name()));
    }
    const auto take = [&messages](std::string event, const void* message) {
      if (messages.try_emplace(event, message).first->second == message) return absl::OkStatus();
      return InvalidFieldError("projections",
                               absl::StrCat("one message for each event type: ", event));
    };
    for (const HandledEvent& event : definition.handled()) {
      DAYBOOK_RETURN_IF_ERROR(take(event.type, event.prototype));
      DAYBOOK_RETURN_IF_ERROR(
          take(absl::StrCat(event.type, " version ", event.schema_version), event.prototype));
    }
    for (const PastEvent& event : definition.past()) {
      DAYBOOK_RETURN_IF_ERROR(
          take(absl::StrCat(event.type, " version ", event.schema_version), event.descriptor));
    }
  }
  return absl::OkStatus();
}

// The first key after all that start with `prefix`; nullopt when there is none.
std::optional<std::string> AfterPrefix(std::string prefix) {
  while (!prefix.empty() && prefix.back() == '\xff') prefix.pop_back();
  if (prefix.empty()) return std::nullopt;
  prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1);
  return prefix;
}

}  // namespace

absl::StatusOr<std::unique_ptr<ProjectionEngine>> ProjectionEngine::Open(
    EventStore* store, std::vector<ProjectionRegistration> projections,
    const ProjectionOptions& options) {
  DAYBOOK_RETURN_IF_ERROR(CheckOptions(options));
  DAYBOOK_RETURN_IF_ERROR(CheckProjections(projections));
  auto impl = std::make_unique<Impl>();
  impl->store = store;
  impl->options = options;
  if (impl->options.clock == nullptr) impl->options.clock = &Clock::System();
  if (!projections.empty()) {
    DAYBOOK_RETURN_IF_ERROR(impl->Register(std::move(projections)));
    DAYBOOK_ASSIGN_OR_RETURN(std::vector<v1::ViewCheckpoint> checkpoints,
                             impl->PrepareCheckpoints());
    DAYBOOK_RETURN_IF_ERROR(impl->StartViews(std::move(checkpoints)));
  }
  return std::unique_ptr<ProjectionEngine>(new ProjectionEngine(std::move(impl)));
}

ProjectionEngine::ProjectionEngine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ProjectionEngine::~ProjectionEngine() = default;

absl::Status ProjectionEngine::Impl::Register(std::vector<ProjectionRegistration> projections) {
  DAYBOOK_ASSIGN_OR_RETURN(tables.views, store->OpenTable(internal::kViewsTable));
  DAYBOOK_ASSIGN_OR_RETURN(tables.transitions, store->OpenTable(internal::kTransitionsTable));
  for (ProjectionRegistration& projection : projections) {
    views.push_back(std::make_unique<View>());
    views.back()->registration = std::move(projection);
  }
  return absl::OkStatus();
}

// Reads where each view is, begins a generation where there is none of this definition, and hands
// views that are no longer inline to the task.
absl::StatusOr<std::vector<v1::ViewCheckpoint>> ProjectionEngine::Impl::PrepareCheckpoints() {
  // Whatever an engine closed just now still had under way is published before this commit is.
  Commit barrier;
  barrier.writes.push_back({tables.views, "", std::nullopt});
  DAYBOOK_RETURN_IF_ERROR(store->Append(std::move(barrier)).status());
  const std::shared_ptr<const StoreReader> reader = store->Reader();
  std::vector<v1::ViewCheckpoint> checkpoints;
  Commit commit;
  for (const std::unique_ptr<View>& view : views) {
    v1::ViewCheckpoint checkpoint;
    DAYBOOK_ASSIGN_OR_RETURN(const std::optional<std::string> row,
                             reader->GetRow(tables.views, view->name()));
    if (row.has_value()) {
      DAYBOOK_ASSIGN_OR_RETURN(checkpoint, internal::ParseCheckpoint(view->name(), *row));
    }
    const absl::string_view fingerprint = view->definition().fingerprint().bytes();
    const bool same = row.has_value() && checkpoint.fingerprint() == fingerprint;
    view->generation = same ? checkpoint.generation() : checkpoint.generation() + 1;
    if (!same) checkpoint.set_position(0);
    if (!same || (checkpoint.in_commits() && !view->is_inline())) {
      checkpoint.set_in_commits(false);
      commit.writes.push_back(
          {tables.views, view->name(), view->Checkpoint(Position(checkpoint.position()), false)});
    }
    // Claims of an earlier run bind nobody any more.
    const std::string prefix = internal::TransitionPrefix(view->name());
    DAYBOOK_RETURN_IF_ERROR(reader->ScanRows(
        tables.transitions, {.from = prefix, .until = AfterPrefix(prefix)},
        [&](absl::string_view key, absl::string_view) {
          commit.writes.push_back({tables.transitions, std::string(key), std::nullopt});
          return true;
        }));
    checkpoints.push_back(std::move(checkpoint));
  }
  if (!commit.writes.empty()) {
    DAYBOOK_RETURN_IF_ERROR(store->Append(std::move(commit)).status());
  }
  for (const std::unique_ptr<View>& view : views) {
    DAYBOOK_ASSIGN_OR_RETURN(
        view->rows, store->OpenTable(absl::StrCat("view/", view->name(), "/", view->generation)));
  }
  return checkpoints;
}

absl::Status ProjectionEngine::Impl::StartViews(std::vector<v1::ViewCheckpoint> checkpoints) {
  std::vector<View*> inlines;
  for (const std::unique_ptr<View>& view : views) {
    if (view->is_inline()) inlines.push_back(view.get());
  }
  Position joined;
  if (!inlines.empty()) {
    auto participant = std::make_unique<InlineViews>(inlines, tables, 4 * options.promotion_events);
    joined = store->AddParticipant(participant.get());
    inline_views = std::move(participant);
  }
  runner = std::make_unique<AsyncRunner>(store, inline_views.get(), tables, options);
  Commit commit;
  for (size_t i = 0; i < views.size(); ++i) {
    View& view = *views[i];
    const Position position(checkpoints[i].position());
    // Commits went by that the view had no part in: its rows are those of its checkpoint still.
    const bool missed = checkpoints[i].in_commits() && position < joined;
    if (missed) {
      commit.writes.push_back({tables.views, view.name(), view.Checkpoint(position, false)});
    }
    if (missed || !checkpoints[i].in_commits()) runner->Add(&view, position);
  }
  if (!commit.writes.empty()) {
    DAYBOOK_RETURN_IF_ERROR(store->Append(std::move(commit)).status());
  }
  runner->Start();
  return absl::OkStatus();
}

absl::StatusOr<View*> ProjectionEngine::Impl::Find(const void* type, absl::string_view name) const {
  for (const std::unique_ptr<View>& view : views) {
    if (view->registration.type == type) return view.get();
  }
  return InvalidFieldError("view",
                           absl::StrCat("registered when the store was opened: ", name, " is not"));
}

absl::StatusOr<v1::ViewCheckpoint> ProjectionEngine::Impl::Checkpoint(
    const View& view, const StoreReader& reader) const {
  DAYBOOK_ASSIGN_OR_RETURN(const std::optional<std::string> row,
                           reader.GetRow(tables.views, view.name()));
  if (!row.has_value()) {
    return DamageError("row", Position::Start(),
                       absl::StrCat("view ", view.name(), " has no checkpoint"));
  }
  return internal::ParseCheckpoint(view.name(), *row);
}

absl::Status ProjectionEngine::Impl::Late(const View& view, Position position,
                                          absl::Duration timeout) const {
  const std::shared_ptr<const StoreReader> reader = store->Reader();
  Position reached = view.progress.Get().visible;
  if (view.is_inline()) {
    DAYBOOK_ASSIGN_OR_RETURN(const v1::ViewCheckpoint checkpoint, Checkpoint(view, *reader));
    reached = Position(checkpoint.position());
  }
  return absl::DeadlineExceededError(
      absl::StrCat("view ", view.name(), " is at position ", reached.ToString(), ", not at ",
                   position.ToString(), ", after ", absl::FormatDuration(timeout)));
}

absl::StatusOr<std::shared_ptr<const StoreReader>> ProjectionEngine::Impl::ReaderAt(
    View& view, std::optional<Token> at_least, absl::Duration timeout) const {
  if (!at_least.has_value() || at_least->position() == Position::Start()) return store->Reader();
  const Position position = at_least->position();
  if (view.is_inline()) return InlineReaderAt(view, position, timeout);
  if (view.progress.Get().visible < position) {
    const auto latch = std::make_shared<Latch>();
    view.progress.WhenReached(position, latch);
    const bool in_time = store->runtime().Await(*latch, timeout);
    latch->Open();
    const internal::ViewProgress::Snapshot now = view.progress.Get();
    if (now.visible < position) {
      if (!now.error.ok()) return now.error;
      if (!in_time) return Late(view, position, timeout);
    }
  }
  return store->Reader();
}

absl::StatusOr<std::shared_ptr<const StoreReader>> ProjectionEngine::Impl::InlineReaderAt(
    View& view, Position position, absl::Duration timeout) const {
  const absl::Time deadline = absl::Now() + timeout;
  while (true) {
    const bool stopped = !view.progress.Get().error.ok();
    std::shared_ptr<const StoreReader> reader = store->Reader();
    DAYBOOK_ASSIGN_OR_RETURN(const v1::ViewCheckpoint checkpoint, Checkpoint(view, *reader));
    if (checkpoint.position() >= position.sequence()) return reader;
    if (stopped) return view.progress.Get().error;
    // In the commits it moves with the tip. Before, the task moves it, and then the commit that
    // takes it over: whichever comes first.
    const Position before =
        std::max(reader->tip(), Position(position.sequence() - 1, position.partition()));
    const auto latch = std::make_shared<Latch>();
    if (!checkpoint.in_commits()) view.progress.WhenReached(position, latch);
    store->WhenPast(before, [latch] { latch->Open(); });
    const bool in_time =
        store->runtime().Await(*latch, std::max(deadline - absl::Now(), absl::ZeroDuration()));
    latch->Open();
    if (!in_time) return Late(view, position, timeout);
    const internal::ViewProgress::Snapshot now = view.progress.Get();
    if (store->Tip() <= before && now.visible < position && now.error.ok()) {
      return absl::UnavailableError(absl::StrCat("the store closed before view ", view.name(),
                                                 " was at position ", position.ToString()));
    }
  }
}

absl::StatusOr<ViewStatus> ProjectionEngine::Impl::Status(const View& view) const {
  const internal::ViewProgress::Snapshot progress = view.progress.Get();
  const std::shared_ptr<const StoreReader> reader = store->Reader();
  DAYBOOK_ASSIGN_OR_RETURN(const v1::ViewCheckpoint checkpoint, Checkpoint(view, *reader));
  ViewStatus status;
  status.name = view.name();
  status.lifecycle = view.registration.lifecycle;
  status.generation = view.generation;
  status.checkpoint = std::max(Position(checkpoint.position()), progress.visible);
  status.rows_written = view.rows_written.load(std::memory_order_relaxed);
  status.error = progress.error;
  if (!progress.error.ok()) {
    status.state = ViewState::kStopped;
  } else if (checkpoint.in_commits()) {
    status.state = ViewState::kPromoted;
  } else if (!view.is_inline() && progress.caught_up) {
    status.state = ViewState::kLive;
  }
  if (reader->tip() > status.checkpoint) {
    status.lag_events = reader->tip().sequence() - status.checkpoint.sequence();
    ReadLogOptions next;
    next.from = status.checkpoint;
    next.limit = 1;
    DAYBOOK_ASSIGN_OR_RETURN(const EventBatch batch, reader->ReadLog(next));
    if (!batch.empty()) {
      status.lag =
          std::max(options.clock->Now() - batch.front().recorded_time, absl::ZeroDuration());
    }
  }
  return status;
}

absl::Status ProjectionEngine::ParseRow(absl::string_view key, absl::string_view bytes,
                                        google::protobuf::MessageLite* row) {
  if (!row->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return internal::RowDamaged(key);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> ProjectionEngine::GetRow(const void* type, absl::string_view name,
                                                     absl::string_view key,
                                                     const GetOptions& options) const {
  DAYBOOK_ASSIGN_OR_RETURN(View * view, impl_->Find(type, name));
  DAYBOOK_ASSIGN_OR_RETURN(const std::shared_ptr<const StoreReader> reader,
                           impl_->ReaderAt(*view, options.at_least, options.timeout));
  DAYBOOK_ASSIGN_OR_RETURN(std::optional<std::string> row, reader->GetRow(view->rows, key));
  if (!row.has_value()) {
    return absl::NotFoundError(absl::StrCat("view ", name, " has no row \"", key, "\""));
  }
  return *std::move(row);
}

absl::Status ProjectionEngine::ScanRows(
    const void* type, absl::string_view name, const RangeOptions& options,
    absl::FunctionRef<bool(absl::string_view key, absl::string_view value)> visit) const {
  DAYBOOK_ASSIGN_OR_RETURN(View * view, impl_->Find(type, name));
  DAYBOOK_ASSIGN_OR_RETURN(const std::shared_ptr<const StoreReader> reader,
                           impl_->ReaderAt(*view, options.at_least, options.timeout));
  ScanOptions scan;
  scan.from = std::max(options.from, options.prefix);
  scan.until = options.until;
  if (!options.prefix.empty()) {
    const std::optional<std::string> after = AfterPrefix(options.prefix);
    if (after.has_value() && (!scan.until.has_value() || *after < *scan.until)) scan.until = after;
  }
  scan.limit = options.limit;
  if (scan.limit == 0 || (scan.until.has_value() && *scan.until <= scan.from)) {
    return absl::OkStatus();
  }
  return reader->ScanRows(view->rows, scan, visit);
}

absl::StatusOr<std::vector<ViewStatus>> ProjectionEngine::Status() const {
  std::vector<ViewStatus> statuses;
  for (const std::unique_ptr<View>& view : impl_->views) {
    DAYBOOK_ASSIGN_OR_RETURN(ViewStatus status, impl_->Status(*view));
    statuses.push_back(std::move(status));
  }
  return statuses;
}

absl::StatusOr<ViewStatus> ProjectionEngine::StatusOfView(const void* type,
                                                          absl::string_view name) const {
  DAYBOOK_ASSIGN_OR_RETURN(View * view, impl_->Find(type, name));
  return impl_->Status(*view);
}

}  // namespace daybook
