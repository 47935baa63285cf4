#include "daybook/projections/projection_engine.h"

#include <optional>
#include <set>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "daybook/core/errors.h"
#include "daybook/core/runtime.h"
#include "daybook/projections/row_history.h"
#include "generation_keeper.h"
#include "live_rows.h"
#include "live_view.h"
#include "rebuild_state.h"
#include "rebuilder.h"
#include "view.h"
#include "view_opening.h"
#include "view_pages.h"
#include "view_reader.h"
#include "view_tables.h"

namespace daybook {

using internal::GenerationKeeper;
using internal::Rebuilder;
using internal::RebuildState;
using internal::View;
using internal::ViewReader;

struct ProjectionEngine::Impl {
  EventStore* store = nullptr;
  ProjectionOptions options;
  std::vector<std::unique_ptr<View>> views;  // those with stored rows
  std::vector<ProjectionRegistration> live;
  std::unique_ptr<internal::TipWaiters> tip_waiters;
  std::unique_ptr<ViewReader> reader;
  std::unique_ptr<GenerationKeeper> keeper;
  std::unique_ptr<Rebuilder> rebuilder;

  ~Impl() {
    // The task ends first; what it steps with stays until then.
    keeper.reset();
  }

  absl::Status Open(std::vector<ProjectionRegistration> projections);
  absl::StatusOr<View*> Find(const void* type, absl::string_view name) const;
  absl::StatusOr<View*> FindNamed(absl::string_view name) const;
  // nullptr: it is none of the live ones.
  const ProjectionDefinition* FindLive(const void* type) const;
  // Of the build that answers, or of `generation`, asked in a step of the task; and its outcome.
  absl::StatusOr<std::shared_ptr<internal::ParkedReplayer::Request>> ReplayParked(
      absl::string_view view, std::optional<std::string> key, bool drop,
      std::optional<uint32_t> generation);
  // Runs `f` in a step of the task, and returns what it does.
  template <typename F>
  auto InStep(F f) {
    decltype(f()) result = absl::UnknownError("");
    Latch done;
    keeper->runner().mailbox()->Post([&] {
      result = f();
      done.Open();
    });
    store->runtime().Await(done);
    return result;
  }
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
  if (options.fold_workers == 0 || options.fold_workers > 64) {
    return InvalidFieldError("fold_workers", "1 to 64");
  }
  return absl::OkStatus();
}

absl::Status CheckProjections(const std::vector<ProjectionRegistration>& projections) {
  std::set<std::string> names;
  absl::flat_hash_map<std::string, const void*> messages;
  for (const ProjectionRegistration& projection : projections) {
    const ProjectionDefinition& definition = *projection.definition;
    DAYBOOK_RETURN_IF_ERROR(CheckFailureOptions(projection.failures));
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

absl::Status NotRegistered(absl::string_view name) {
  return InvalidFieldError("view",
                           absl::StrCat("registered when the store was opened: ", name, " is not"));
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
  DAYBOOK_RETURN_IF_ERROR(impl->Open(std::move(projections)));
  return std::unique_ptr<ProjectionEngine>(new ProjectionEngine(std::move(impl)));
}

ProjectionEngine::ProjectionEngine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ProjectionEngine::~ProjectionEngine() = default;

absl::Status ProjectionEngine::Impl::Open(std::vector<ProjectionRegistration> projections) {
  tip_waiters = std::make_unique<internal::TipWaiters>(store);
  for (ProjectionRegistration& projection : projections) {
    if (projection.lifecycle == Lifecycle::kLive) {
      live.push_back(std::move(projection));
      continue;
    }
    views.push_back(std::make_unique<View>());
    views.back()->registration = std::move(projection);
  }
  if (views.empty()) return absl::OkStatus();
  DAYBOOK_ASSIGN_OR_RETURN(const internal::ViewTables tables, internal::ViewTables::Open(store));
  DAYBOOK_RETURN_IF_ERROR(internal::OpenViews(store, tables, views));
  reader = std::make_unique<ViewReader>(store, tip_waiters.get(), tables, options.clock);
  keeper = std::make_unique<GenerationKeeper>(store, tables, options);
  rebuilder = std::make_unique<Rebuilder>(keeper.get(), &views);
  return rebuilder->Start();
}

absl::StatusOr<View*> ProjectionEngine::Impl::Find(const void* type, absl::string_view name) const {
  for (const std::unique_ptr<View>& view : views) {
    if (view->registration.type == type) return view.get();
  }
  if (FindLive(type) != nullptr) return internal::NoStoredRows(name);
  return NotRegistered(name);
}

absl::StatusOr<View*> ProjectionEngine::Impl::FindNamed(absl::string_view name) const {
  for (const std::unique_ptr<View>& view : views) {
    if (view->registration.definition->name() == name) return view.get();
  }
  for (const ProjectionRegistration& registration : live) {
    if (registration.definition->name() == name) return internal::NoStoredRows(name);
  }
  return NotRegistered(name);
}

const ProjectionDefinition* ProjectionEngine::Impl::FindLive(const void* type) const {
  for (const ProjectionRegistration& registration : live) {
    if (registration.type == type) return registration.definition.get();
  }
  return nullptr;
}

absl::StatusOr<std::string> ProjectionEngine::GetRow(const void* type, absl::string_view name,
                                                     absl::string_view key,
                                                     const GetOptions& options) const {
  if (const ProjectionDefinition* live = impl_->FindLive(type)) {
    return internal::GetLiveRow(*impl_->store, *impl_->tip_waiters, *live, key, options);
  }
  DAYBOOK_ASSIGN_OR_RETURN(View * view, impl_->Find(type, name));
  DAYBOOK_ASSIGN_OR_RETURN(const ViewReader::Rows rows,
                           impl_->reader->At(*view, options.at_least, options.timeout));
  if (options.at_least.has_value()) {
    DAYBOOK_RETURN_IF_ERROR(impl_->reader->CheckNotParked(rows, key, *options.at_least));
  }
  DAYBOOK_ASSIGN_OR_RETURN(std::optional<std::string> row, rows.reader->GetRow(rows.table, key));
  if (!row.has_value()) return internal::NoRow(name, key);
  return *std::move(row);
}

absl::Status ProjectionEngine::ScanRows(const void* type, absl::string_view name,
                                        const RangeOptions& options, VisitRow visit) const {
  DAYBOOK_ASSIGN_OR_RETURN(const View* view, impl_->Find(type, name));
  return internal::ScanRange(*impl_->reader, *view, options, visit);
}

absl::StatusOr<std::string> ProjectionEngine::PageRows(const void* type, absl::string_view name,
                                                       const RangeOptions& options,
                                                       VisitRow visit) const {
  DAYBOOK_ASSIGN_OR_RETURN(const View* view, impl_->Find(type, name));
  return internal::PageOfRange(*impl_->reader, *view, options, visit);
}

absl::StatusOr<std::string> ProjectionEngine::FindRows(const void* type, absl::string_view name,
                                                       const internal::IndexQuery& query,
                                                       const FindOptions& options,
                                                       VisitRow visit) const {
  DAYBOOK_ASSIGN_OR_RETURN(const View* view, impl_->Find(type, name));
  return internal::PageOfIndex(*impl_->reader, *view, query, options, visit);
}

absl::StatusOr<std::unique_ptr<LiveRows>> ProjectionEngine::WatchRows(
    const void* type, absl::string_view name, const internal::IndexQuery* index,
    const LiveQueryOptions& options) const {
  DAYBOOK_ASSIGN_OR_RETURN(const View* view, impl_->Find(type, name));
  return internal::WatchView(*impl_->reader, *view, index, options);
}

absl::StatusOr<std::unique_ptr<LiveRows>> ProjectionEngine::Watch(
    absl::string_view view, const LiveQueryOptions& options) const {
  DAYBOOK_ASSIGN_OR_RETURN(const View* found, impl_->FindNamed(view));
  return internal::WatchView(*impl_->reader, *found, /*index=*/nullptr, options);
}

absl::StatusOr<std::unique_ptr<LiveRows>> ProjectionEngine::Watch(
    absl::string_view view, const IndexText& rows, const LiveQueryOptions& options) const {
  DAYBOOK_ASSIGN_OR_RETURN(const View* found, impl_->FindNamed(view));
  DAYBOOK_ASSIGN_OR_RETURN(
      const internal::IndexQuery index,
      internal::ParseIndexText(found->name(), found->definition().indexes(), rows));
  return internal::WatchView(*impl_->reader, *found, &index, options);
}

absl::StatusOr<std::vector<ViewStatus>> ProjectionEngine::Status() const {
  std::vector<ViewStatus> statuses;
  for (const std::unique_ptr<View>& view : impl_->views) {
    DAYBOOK_ASSIGN_OR_RETURN(ViewStatus status, impl_->reader->Status(*view));
    statuses.push_back(std::move(status));
  }
  for (const ProjectionRegistration& registration : impl_->live) {
    statuses.push_back(internal::LiveStatus(*impl_->store, *registration.definition));
  }
  return statuses;
}

absl::StatusOr<ViewStatus> ProjectionEngine::StatusOfView(const void* type,
                                                          absl::string_view name) const {
  if (const ProjectionDefinition* live = impl_->FindLive(type)) {
    return internal::LiveStatus(*impl_->store, *live);
  }
  DAYBOOK_ASSIGN_OR_RETURN(View * view, impl_->Find(type, name));
  return impl_->reader->Status(*view);
}

absl::StatusOr<RebuildHandle> ProjectionEngine::RebuildView(const void* type,
                                                            absl::string_view name,
                                                            const RebuildOptions& options) {
  DAYBOOK_ASSIGN_OR_RETURN(View * view, impl_->Find(type, name));
  if (options.max_differences > 10'000) return InvalidFieldError("max_differences", "0 to 10000");
  DAYBOOK_ASSIGN_OR_RETURN(std::shared_ptr<RebuildState> state,
                           impl_->InStep([&]() -> absl::StatusOr<std::shared_ptr<RebuildState>> {
                             return impl_->rebuilder->Begin(*view, options);
                           }));
  return RebuildHandle(std::move(state));
}

absl::StatusOr<RebuildHandle> ProjectionEngine::RollbackView(const void* type,
                                                             absl::string_view name) {
  DAYBOOK_ASSIGN_OR_RETURN(View * view, impl_->Find(type, name));
  DAYBOOK_ASSIGN_OR_RETURN(std::shared_ptr<RebuildState> state,
                           impl_->InStep([&]() -> absl::StatusOr<std::shared_ptr<RebuildState>> {
                             return impl_->rebuilder->BeginRollback(*view);
                           }));
  return RebuildHandle(std::move(state));
}

absl::Status ProjectionEngine::DropViewGeneration(const void* type, absl::string_view name,
                                                  uint32_t generation) {
  DAYBOOK_ASSIGN_OR_RETURN(View * view, impl_->Find(type, name));
  return impl_->InStep([&] { return impl_->rebuilder->Drop(*view, generation); });
}

absl::StatusOr<RebuildHandle> ProjectionEngine::Rebuild(absl::string_view view,
                                                        const RebuildOptions& options) {
  DAYBOOK_ASSIGN_OR_RETURN(const View* found, impl_->FindNamed(view));
  return RebuildView(found->registration.type, view, options);
}

absl::StatusOr<RebuildHandle> ProjectionEngine::Rollback(absl::string_view view) {
  DAYBOOK_ASSIGN_OR_RETURN(const View* found, impl_->FindNamed(view));
  return RollbackView(found->registration.type, view);
}

absl::StatusOr<std::vector<ParkedKey>> ProjectionEngine::ListParked(
    absl::string_view view, const ParkedListOptions& options,
    std::optional<uint32_t> generation) const {
  DAYBOOK_ASSIGN_OR_RETURN(const View* found, impl_->FindNamed(view));
  return daybook::ListParked(*impl_->store, *impl_->store->Reader(), view,
                             generation.value_or(found->serving.load()->number), options);
}

absl::StatusOr<ParkedSequence> ProjectionEngine::ShowParked(
    absl::string_view view, absl::string_view key, size_t max_events,
    std::optional<uint32_t> generation) const {
  DAYBOOK_ASSIGN_OR_RETURN(const View* found, impl_->FindNamed(view));
  return daybook::ShowParked(*impl_->store, *impl_->store->Reader(), view,
                             generation.value_or(found->serving.load()->number), key, max_events);
}

absl::StatusOr<std::shared_ptr<internal::ParkedReplayer::Request>>
ProjectionEngine::Impl::ReplayParked(absl::string_view name, std::optional<std::string> key,
                                     bool drop, std::optional<uint32_t> generation) {
  DAYBOOK_ASSIGN_OR_RETURN(View * view, FindNamed(name));
  auto request = std::make_shared<internal::ParkedReplayer::Request>();
  request->key = std::move(key);
  request->drop = drop;
  DAYBOOK_RETURN_IF_ERROR(InStep([&]() -> absl::Status {
    const uint32_t number = generation.value_or(view->serving.load()->number);
    for (const std::unique_ptr<internal::Generation>& known : view->generations) {
      if (known->number != number) continue;
      if (known->is_inline()) {
        return absl::FailedPreconditionError(
            absl::StrCat("view ", name,
                         " is inline: a command whose event it cannot take is "
                         "refused, so nothing of it is ever parked"));
      }
      if (internal::Follower* follower = keeper->FollowerOf(known.get())) {
        return follower->Ask(request);
      }
    }
    return absl::FailedPreconditionError(absl::StrCat("generation ", number, " of view ", name,
                                                      " is not moved on, so nothing of it can be "
                                                      "replayed or dropped"));
  }));
  store->runtime().Await(request->done);
  DAYBOOK_RETURN_IF_ERROR(request->status);
  return request;
}

absl::StatusOr<ParkedReplay> ProjectionEngine::ReplayParked(absl::string_view view,
                                                            std::optional<std::string> key,
                                                            std::optional<uint32_t> generation) {
  DAYBOOK_ASSIGN_OR_RETURN(const auto request,
                           impl_->ReplayParked(view, std::move(key), /*drop=*/false, generation));
  return request->outcome;
}

absl::StatusOr<uint64_t> ProjectionEngine::DropParked(absl::string_view view, absl::string_view key,
                                                      std::optional<uint32_t> generation) {
  DAYBOOK_ASSIGN_OR_RETURN(const auto request,
                           impl_->ReplayParked(view, std::string(key), /*drop=*/true, generation));
  return request->dropped;
}

}  // namespace daybook
