#include "daybook/aggregates/app.h"

#include <utility>

#include "check_app_options.h"
#include "command_executor.h"
#include "daybook/core/schema_catalog.h"

namespace daybook {
namespace {

absl::Status RegisterSchemas(EventStore* store,
                             const std::vector<AggregateRegistration>& aggregates) {
  std::vector<EventSchema> schemas;
  for (const AggregateRegistration& aggregate : aggregates) {
    for (const EventDefinition& event : aggregate.definition->events) {
      schemas.push_back({.type = std::string(event.type),
                         .schema_version = event.schema_version,
                         .descriptor = event.descriptor});
    }
  }
  if (schemas.empty()) return absl::OkStatus();
  return SchemaCatalog::Register(store, schemas);
}

}  // namespace

// In the order of their lives: what comes later uses what comes before.
struct App::Impl {
  internal::AppRegistrations registrations;
  std::unique_ptr<EventStore> store;
  std::unique_ptr<ProjectionEngine> views;
  std::unique_ptr<internal::CommandExecutor> commands;
};

App::App(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
App::App(App&&) noexcept = default;
App& App::operator=(App&& other) noexcept {
  Close();
  impl_ = std::move(other.impl_);
  return *this;
}
App::~App() {
  Close();
}

absl::StatusOr<App> App::OpenOn(std::unique_ptr<EventStore> store, const AppOptions& options,
                                internal::AppRegistrations registrations) {
  DAYBOOK_RETURN_IF_ERROR(internal::CheckAppOptions(options));
  auto impl = std::make_unique<Impl>();
  impl->registrations = registrations;
  impl->store = std::move(store);
  DAYBOOK_RETURN_IF_ERROR(RegisterSchemas(impl->store.get(), registrations.aggregates));
  ProjectionOptions views = options.projections;
  if (views.clock == nullptr) views.clock = options.store.clock;
  DAYBOOK_ASSIGN_OR_RETURN(
      impl->views,
      ProjectionEngine::Open(impl->store.get(), std::move(registrations.projections), views));
  DAYBOOK_ASSIGN_OR_RETURN(
      impl->commands,
      internal::CommandExecutor::Open(impl->store.get(), registrations.aggregates, options));
  return App(std::move(impl));
}

absl::StatusOr<Reply> App::Execute(const google::protobuf::Message& command,
                                   const CommandOptions& options) {
  return impl_->commands->Execute(command, options);
}

void App::ExecuteOwned(std::unique_ptr<google::protobuf::Message> command, CommandOptions options,
                       ReplyCallback done) {
  impl_->commands->ExecuteAsync(std::move(command), std::move(options), std::move(done));
}

absl::StatusOr<std::optional<uint64_t>> App::LoadInto(const AggregateDefinition& definition,
                                                      absl::string_view key,
                                                      google::protobuf::Message* state) {
  return impl_->commands->Load(definition, key, state);
}

absl::StatusOr<std::optional<uint64_t>> App::LoadIntoAt(const AggregateDefinition& definition,
                                                        absl::string_view key,
                                                        const StreamMoment& moment,
                                                        google::protobuf::Message* state) {
  return impl_->commands->LoadAt(definition, key, moment, state);
}

absl::Status App::CheckOpen() const {
  if (impl_ != nullptr && impl_->views != nullptr) return absl::OkStatus();
  return absl::UnavailableError("the application was closed");
}

const ProjectionEngine& App::views() const {
  return *impl_->views;
}
ProjectionEngine& App::engine() {
  return *impl_->views;
}
absl::StatusOr<RebuildHandle> App::Rebuild(absl::string_view view, const RebuildOptions& options) {
  DAYBOOK_RETURN_IF_ERROR(CheckOpen());
  return engine().Rebuild(view, options);
}
absl::StatusOr<RebuildHandle> App::Rollback(absl::string_view view) {
  DAYBOOK_RETURN_IF_ERROR(CheckOpen());
  return engine().Rollback(view);
}
absl::StatusOr<std::vector<ParkedKey>> App::ListParked(absl::string_view view,
                                                       const ParkedListOptions& options,
                                                       std::optional<uint32_t> generation) const {
  DAYBOOK_RETURN_IF_ERROR(CheckOpen());
  return views().ListParked(view, options, generation);
}
absl::StatusOr<ParkedSequence> App::ShowParked(absl::string_view view, absl::string_view key,
                                               size_t max_events,
                                               std::optional<uint32_t> generation) const {
  DAYBOOK_RETURN_IF_ERROR(CheckOpen());
  return views().ShowParked(view, key, max_events, generation);
}
absl::StatusOr<ParkedReplay> App::ReplayParked(absl::string_view view,
                                               std::optional<std::string> key,
                                               std::optional<uint32_t> generation) {
  DAYBOOK_RETURN_IF_ERROR(CheckOpen());
  return engine().ReplayParked(view, std::move(key), generation);
}
absl::StatusOr<uint64_t> App::DropParked(absl::string_view view, absl::string_view key,
                                         std::optional<uint32_t> generation) {
  DAYBOOK_RETURN_IF_ERROR(CheckOpen());
  return engine().DropParked(view, key, generation);
}
EventStore& App::store() const {
  return *impl_->store;
}
const internal::AppRegistrations& App::registrations() const {
  return impl_->registrations;
}

absl::Status App::FlushSnapshots() {
  DAYBOOK_RETURN_IF_ERROR(CheckOpen());
  return impl_->commands->FlushSnapshots();
}

AppStats App::Stats() const {
  return impl_->commands->Stats();
}

void App::Close() {
  if (impl_ == nullptr) return;
  impl_->commands->Close();
  impl_->views.reset();
  impl_->store.reset();
}

}  // namespace daybook
