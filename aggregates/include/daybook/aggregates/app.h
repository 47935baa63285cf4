// An application: a store, its aggregates and its views. Where users start.
#ifndef DAYBOOK_AGGREGATES_APP_H_
#define DAYBOOK_AGGREGATES_APP_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "daybook/aggregates/aggregate.h"
#include "daybook/aggregates/app_options.h"
#include "daybook/aggregates/command_options.h"
#include "daybook/aggregates/reply.h"
#include "daybook/aggregates/why.h"
#include "daybook/core/change.h"
#include "daybook/core/event_store.h"
#include "daybook/core/moment.h"
#include "daybook/core/status_macros.h"
#include "daybook/projections/parked.h"
#include "daybook/projections/projection.h"
#include "daybook/projections/projection_engine.h"
#include "daybook/projections/rebuild.h"
#include "daybook/projections/row_history.h"
#include "daybook/projections/view_query.h"
#include "daybook/proto/index_rows.h"
#include "daybook/snapshots/snapshot_store.h"
#include "google/protobuf/message.h"

namespace daybook {

// Called once with the outcome of a command, on a thread of the store or on the caller's. Must not
// block, and must not call Execute; ExecuteAsync is allowed.
using ReplyCallback = absl::AnyInvocable<void(absl::StatusOr<Reply>) &&>;

// A state and the version that it stands at; nullopt: the stream has no events.
template <typename State>
struct LoadedState {
  State state;
  std::optional<uint64_t> version;
};

// Since the application was opened.
struct AppStats {
  uint64_t accepted = 0;
  uint64_t rejected = 0;
  uint64_t repeated = 0;  // answered from the stored reply
  uint64_t failed = 0;    // with another error
  // Decisions that were dropped and made again: a writer outside of App was first, or a command
  // that they built on was refused.
  uint64_t decided_again = 0;
  uint64_t states_loaded = 0;   // from the store: snapshot and events
  uint64_t states_reused = 0;   // decided on a state that was in memory
  uint64_t states_dropped = 0;  // to stay within AppOptions::cached_states
  uint64_t states_cached = 0;   // now
  SnapshotStats snapshots;
  // The last audit that found a snapshot to be something else than the fold of its events (DataLoss
  // with a Damage "snapshot": the message names the stream and the version), or that could not be
  // made since an event cannot be read. Commands go on all the same.
  absl::Status snapshot_audit;
  uint64_t replies_removed = 0;  // older than AppOptions::reply_retention
  // Why none was removed at the last look, where that was an error.
  absl::Status reply_sweep;
};

namespace internal {

struct AppRegistrations {
  std::vector<AggregateRegistration> aggregates;
  std::vector<ProjectionRegistration> projections;

  void Add(const AggregateRegistration& aggregate) { aggregates.push_back(aggregate); }
  void Add(ProjectionRegistration projection) { projections.push_back(std::move(projection)); }
};

template <typename R>
inline constexpr bool kIsRegistration =
    std::is_same_v<R, AggregateRegistration> || std::is_same_v<R, ProjectionRegistration>;

}  // namespace internal

// A handle: moved, not copied. All functions but Close and the destructor are thread-safe.
//
// Performance: a command is decided on the caller's thread, or on that of another caller of the
// same stream; commands of one stream are decided one after the other, each on the state that the
// one before it leaves, and many of them wait for one sync.
class App {
 public:
  // Opens the store at `path` with aggregates and projections, in any order:
  // `App::Open("bank.db", Aggregate<Account>(), Inline<Balances>())`.
  //   InvalidArgument  an option, or two registrations that share a name, category or message type
  //                    (InvalidField)
  // and the errors of OpenStore and ProjectionEngine::Open.
  template <typename... Registrations>
  requires(internal::kIsRegistration<Registrations>&&...) static absl::StatusOr<App> Open(
      absl::string_view path, Registrations... registrations) {
    return Open(path, AppOptions(), std::move(registrations)...);
  }
  template <typename... Registrations>
  requires(internal::kIsRegistration<Registrations>&&...) static absl::StatusOr<App> Open(
      absl::string_view path, const AppOptions& options, Registrations... registrations) {
    return OpenAt(path, options, Collect(std::move(registrations)...));
  }
  // On a store that is open already; `options.store` then only says the clock.
  template <typename... Registrations>
  requires(internal::kIsRegistration<Registrations>&&...) static absl::StatusOr<App> Open(
      std::unique_ptr<EventStore> store, const AppOptions& options,
      Registrations... registrations) {
    return OpenOn(std::move(store), options, Collect(std::move(registrations)...));
  }

  App(App&&) noexcept;
  App& operator=(App&&) noexcept;
  // Closes.
  ~App();

  // Decides `command` and waits until its outcome is durable.
  //   FailedPrecondition  the business said no: the status carries a daybook.v1.Rejection, see
  //                       RejectionAs. Durable, too: a retry gets the same
  //   InvalidArgument     a field rule is broken, no registered aggregate has the command, the
  //                       command id was used for another command or longer ago than
  //                       AppOptions::reply_retention (InvalidField)
  //   Aborted             writers outside of App were first, more often than max_conflict_retries
  //   Unknown             the outcome is: reopen, and execute again with the same command id
  //   DataLoss            an event of the stream cannot be decoded (Damage names the position), or
  //                       this build does not know it (UnknownEvent: type, version, position)
  //   ResourceExhausted   the store's queue is full (EventStore::WhenRoom tells when it has room),
  //                       16,384 commands wait for the stream, or no space is left: retry later
  //   Unavailable         closed, or the store stopped
  //   and what an inline view's On returned, when it refused the events
  absl::StatusOr<Reply> Execute(const google::protobuf::Message& command,
                                const CommandOptions& options = {});

  // The same without waiting; `done` gets what Execute would return. Commands that one thread
  // gives for one stream are decided in the order of the calls.
  template <typename C>
  requires std::is_base_of_v<google::protobuf::Message, C>
  void ExecuteAsync(C command, CommandOptions options, ReplyCallback done) {
    ExecuteOwned(std::make_unique<C>(std::move(command)), std::move(options), std::move(done));
  }

  // The state of the aggregate A with this key, as of all that is durable. For tests and tools;
  // queries ask a view. InvalidArgument when A is not registered; DataLoss as Execute.
  template <typename A>
  absl::StatusOr<LoadedState<typename A::State>> Load(absl::string_view key) {
    LoadedState<typename A::State> loaded;
    DAYBOOK_ASSIGN_OR_RETURN(loaded.version,
                             LoadInto(AggregateDefinitionOf<A>(), key, &loaded.state));
    return loaded;
  }

  // Queries on views: see ProjectionEngine, which also lists their errors.
  template <typename P>
  absl::StatusOr<typename P::Row> Get(absl::string_view key, const GetOptions& options = {}) const {
    DAYBOOK_RETURN_IF_ERROR(CheckOpen());
    return views().Get<P>(key, options);
  }
  template <typename P>
  absl::Status Scan(
      const RangeOptions& options,
      absl::FunctionRef<bool(absl::string_view key, const typename P::Row&)> visit) const {
    DAYBOOK_RETURN_IF_ERROR(CheckOpen());
    return views().Scan<P>(options, visit);
  }
  template <typename P>
  absl::StatusOr<std::vector<ViewRow<P>>> Range(const RangeOptions& options = {}) const {
    DAYBOOK_RETURN_IF_ERROR(CheckOpen());
    return views().Range<P>(options);
  }
  template <typename P>
  absl::StatusOr<ViewPage<P>> Page(const RangeOptions& options) const {
    DAYBOOK_RETURN_IF_ERROR(CheckOpen());
    return views().Page<P>(options);
  }
  template <typename P>
  absl::StatusOr<ViewPage<P>> Find(const IndexRows<typename P::Row>& rows,
                                   const FindOptions& options = {}) const {
    DAYBOOK_RETURN_IF_ERROR(CheckOpen());
    return views().Find<P>(rows, options);
  }
  template <typename P>
  absl::StatusOr<std::vector<ViewRow<P>>> Prefix(absl::string_view prefix,
                                                 const GetOptions& options = {}) const {
    DAYBOOK_RETURN_IF_ERROR(CheckOpen());
    return views().Prefix<P>(prefix, options);
  }

  // `app.Watch<Orders>({.prefix = "ann/"})`: see live_query.h. This must outlive it.
  template <typename P>
  absl::StatusOr<LiveQuery<P>> Watch(const LiveQueryOptions& options = {}) const {
    DAYBOOK_RETURN_IF_ERROR(CheckOpen());
    return views().Watch<P>(options);
  }
  // `app.Watch<Tasks>(Tasks::ByAssignee("ann"))`.
  template <typename P>
  absl::StatusOr<LiveQuery<P>> Watch(const IndexRows<typename P::Row>& rows,
                                     const LiveQueryOptions& options = {}) const {
    DAYBOOK_RETURN_IF_ERROR(CheckOpen());
    return views().Watch<P>(rows, options);
  }

  // The past. Errors: NotFound with an InvalidField "moment" when that is beyond the end;
  // Unavailable when closed; and those of state_history.h, row_history.h and why.h (with the cost).

  // The state as of `Version{3}`, a Position or an absl::Time.
  template <typename A>
  absl::StatusOr<LoadedState<typename A::State>> LoadAt(absl::string_view key,
                                                        const StreamMoment& moment) {
    LoadedState<typename A::State> loaded;
    DAYBOOK_ASSIGN_OR_RETURN(loaded.version,
                             LoadIntoAt(AggregateDefinitionOf<A>(), key, moment, &loaded.state));
    return loaded;
  }
  // The row as of a Position or an absl::Time. NotFound without a payload: there was none then.
  template <typename P>
  absl::StatusOr<typename P::Row> GetAt(absl::string_view key, const LogMoment& moment) const {
    DAYBOOK_RETURN_IF_ERROR(CheckOpen());
    return daybook::GetAt<P>(*store().Reader(), key, moment);
  }
  // The events that made a row (T: its projection) or a state (T: its aggregate) what it is.
  template <typename T>
  absl::StatusOr<std::vector<Change<FoldedBy<T>>>> Why(absl::string_view key,
                                                       const WhyOptions& options = {}) const {
    DAYBOOK_RETURN_IF_ERROR(CheckOpen());
    return daybook::Why<T>(*store().Reader(), key, options);
  }
  // The first event after which `holds` of the row or state.
  template <typename T>
  absl::StatusOr<std::optional<Change<FoldedBy<T>>>> Bisect(
      absl::string_view key, absl::FunctionRef<bool(const FoldedBy<T>&)> holds) const {
    DAYBOOK_RETURN_IF_ERROR(CheckOpen());
    return daybook::Bisect<T>(*store().Reader(), key, holds);
  }

  // Builds a view anew while the present build answers, goes back to the one before, and deletes
  // the rows of one that is kept: see ProjectionEngine.
  template <typename P>
  absl::StatusOr<RebuildHandle> Rebuild(const RebuildOptions& options = {}) {
    DAYBOOK_RETURN_IF_ERROR(CheckOpen());
    return engine().Rebuild<P>(options);
  }
  template <typename P>
  absl::StatusOr<RebuildHandle> Rollback() {
    DAYBOOK_RETURN_IF_ERROR(CheckOpen());
    return engine().Rollback<P>();
  }
  template <typename P>
  absl::Status DropGeneration(uint32_t generation) {
    DAYBOOK_RETURN_IF_ERROR(CheckOpen());
    return engine().DropGeneration<P>(generation);
  }
  // By the view's name, for programs that do not know its type.
  absl::StatusOr<RebuildHandle> Rebuild(absl::string_view view, const RebuildOptions& options = {});
  absl::StatusOr<RebuildHandle> Rollback(absl::string_view view);

  // Events that async views could not take and are parked: looked at, folded again, discarded. See
  // ProjectionEngine and parked.h.
  absl::StatusOr<std::vector<ParkedKey>> ListParked(absl::string_view view,
                                                    const ParkedListOptions& options = {},
                                                    std::optional<uint32_t> generation = {}) const;
  absl::StatusOr<ParkedSequence> ShowParked(absl::string_view view, absl::string_view key,
                                            size_t max_events = 100,
                                            std::optional<uint32_t> generation = {}) const;
  absl::StatusOr<ParkedReplay> ReplayParked(absl::string_view view,
                                            std::optional<std::string> key = std::nullopt,
                                            std::optional<uint32_t> generation = {});
  absl::StatusOr<uint64_t> DropParked(absl::string_view view, absl::string_view key,
                                      std::optional<uint32_t> generation = {});

  // Waits until every snapshot that is due is written or skipped: they are written behind the
  // commands, and nobody needs to wait for them but who looks at them, such as a test. Unavailable
  // when closed. Not to be called from a ReplyCallback.
  absl::Status FlushSnapshots();

  // Valid until Close.
  const ProjectionEngine& views() const;
  EventStore& store() const;
  // What it was opened with.
  const internal::AppRegistrations& registrations() const;

  AppStats Stats() const;

  // Refuses further commands with Unavailable, waits for those under way, writes the snapshots that
  // are due, stops the views and closes the store. Nothing is lost without it. Not to be called
  // from a ReplyCallback.
  void Close();

 private:
  struct Impl;
  // Unavailable after Close.
  absl::Status CheckOpen() const;
  ProjectionEngine& engine();
  explicit App(std::unique_ptr<Impl> impl);

  template <typename... Registrations>
  static internal::AppRegistrations Collect(Registrations... registrations) {
    internal::AppRegistrations collected;
    (collected.Add(std::move(registrations)), ...);
    return collected;
  }
  static absl::StatusOr<App> OpenAt(absl::string_view path, const AppOptions& options,
                                    internal::AppRegistrations registrations);
  static absl::StatusOr<App> OpenOn(std::unique_ptr<EventStore> store, const AppOptions& options,
                                    internal::AppRegistrations registrations);
  void ExecuteOwned(std::unique_ptr<google::protobuf::Message> command, CommandOptions options,
                    ReplyCallback done);
  absl::StatusOr<std::optional<uint64_t>> LoadInto(const AggregateDefinition& definition,
                                                   absl::string_view key,
                                                   google::protobuf::Message* state);
  absl::StatusOr<std::optional<uint64_t>> LoadIntoAt(const AggregateDefinition& definition,
                                                     absl::string_view key,
                                                     const StreamMoment& moment,
                                                     google::protobuf::Message* state);

  std::unique_ptr<Impl> impl_;
};

}  // namespace daybook

#endif  // DAYBOOK_AGGREGATES_APP_H_
