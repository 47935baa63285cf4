// Keeps views up to date and answers queries on them.
#ifndef DAYBOOK_PROJECTIONS_PROJECTION_ENGINE_H_
#define DAYBOOK_PROJECTIONS_PROJECTION_ENGINE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "daybook/core/clock.h"
#include "daybook/core/event_store.h"
#include "daybook/core/status_macros.h"
#include "daybook/projections/live_query.h"
#include "daybook/projections/parked.h"
#include "daybook/projections/projection.h"
#include "daybook/projections/rebuild.h"
#include "daybook/projections/view_index.h"
#include "daybook/projections/view_query.h"
#include "daybook/proto/index_rows.h"

namespace daybook {

struct ProjectionOptions {
  // nullptr: the system's. Must outlive the engine.
  Clock* clock = nullptr;
  // An async view writes its rows and its checkpoint when it has reached the tip, and at the latest
  // after this time, this many events or about this many bytes of changed rows. Larger: fewer
  // writes, a later checkpoint. The time is at most a second.
  absl::Duration flush_interval = absl::Milliseconds(500);
  size_t flush_events = 100'000;
  size_t flush_bytes = size_t{8} << 20;
  // Memory for the rows of each async view between flushes; beyond it they are read again.
  size_t row_cache_bytes = size_t{64} << 20;
  // An inline view that catches up takes part in the commits as soon as it is no further behind.
  // So many events, and four times as many at most, are then kept in memory. 1 to 1,000,000.
  size_t promotion_events = 4096;
  // Threads that read and fold what views catch up with, the rows dealt out among them by their
  // keys; each looks at every event, and decodes those whose key does not tell that they are
  // another's. Where some keys have most of the events, they are dealt anew. The rows are the same
  // whatever their number (G6). 1 to 64.
  size_t fold_workers = 1;
  // Rebuilds that were under way when the store was closed, and those that another definition asks
  // for, stand still as if paused, until Rebuild joins them and Resume has them go on: for who
  // opens the store to finish one of them, and would find it finished and begin another.
  bool hold_rebuilds = false;
};

// A row with its key.
template <typename P>
struct ViewRow {
  std::string key;
  typename P::Row row;
};

// Rows, some at a time.
template <typename P>
struct ViewPage {
  std::vector<ViewRow<P>> rows;
  // To be given as `page` to the same query, for those after them; empty: there are none now. Plain
  // text, for a URL too, of at most 2,000 characters. It stays good: after a restart, for another
  // build of the view, whatever is written meanwhile. A page that goes on has each row once that
  // stayed where it is in the order; one that moved, came or went, as it is found. Whoever has it
  // can read in it where the page ended: a row's key, and its values in the index.
  std::string next;
};

// The views of one store. Thread-safe. One engine at a time for a store.
//
// Errors of every query:
//   InvalidArgument   the projection is not registered, or live, which has Get alone; an option out
//                     of range, or a `page` that is damaged or of another view, index or query
//                     (InvalidField)
//   DeadlineExceeded  the view did not reach `at_least` in time: the message names its checkpoint
//   the view's own    it stopped before `at_least`: what On returned, with the view and the event;
//                     of Get, too, where events of the row up to there are parked
//   DataLoss          a stored row is damaged
//   Unavailable       the store is closed
class ProjectionEngine {
 public:
  // Starts the views; does not wait for them. `store` must outlive the engine.
  //   InvalidArgument     two projections of one name, or an option out of range (InvalidField)
  //   FailedPrecondition  an inline view was async, and events of it are parked
  //   the store's own     errors of tables and appends
  static absl::StatusOr<std::unique_ptr<ProjectionEngine>> Open(
      EventStore* store, std::vector<ProjectionRegistration> projections,
      const ProjectionOptions& options = {});
  // Stops the views where they are; they go on at the next opening.
  ~ProjectionEngine();
  ProjectionEngine(const ProjectionEngine&) = delete;
  ProjectionEngine& operator=(const ProjectionEngine&) = delete;

  // The row of `key`. NotFound when there is none.
  template <typename P>
  absl::StatusOr<typename P::Row> Get(absl::string_view key, const GetOptions& options = {}) const {
    DAYBOOK_ASSIGN_OR_RETURN(const std::string bytes,
                             GetRow(internal::ProjectionType<P>(), P::kName, key, options));
    typename P::Row row;
    DAYBOOK_RETURN_IF_ERROR(internal::ParseRow(key, bytes, &row));
    return row;
  }

  // Calls `visit` for each row of the range, all as of one moment, until it returns false.
  template <typename P>
  absl::Status Scan(
      const RangeOptions& options,
      absl::FunctionRef<bool(absl::string_view key, const typename P::Row&)> visit) const {
    typename P::Row row;
    absl::Status parsed;
    DAYBOOK_RETURN_IF_ERROR(ScanRows(internal::ProjectionType<P>(), P::kName, options,
                                     [&](absl::string_view key, absl::string_view bytes) {
                                       parsed = internal::ParseRow(key, bytes, &row);
                                       return parsed.ok() && visit(key, row);
                                     }));
    return parsed;
  }

  // The rows of the range, all as of one moment.
  template <typename P>
  absl::StatusOr<std::vector<ViewRow<P>>> Range(const RangeOptions& options = {}) const {
    std::vector<ViewRow<P>> rows;
    DAYBOOK_RETURN_IF_ERROR(
        Scan<P>(options, [&](absl::string_view key, const typename P::Row& row) {
          rows.push_back({std::string(key), row});
          return true;
        }));
    return rows;
  }

  // The same with where to go on, where `limit` left some out. At least 1.
  template <typename P>
  absl::StatusOr<ViewPage<P>> Page(const RangeOptions& options) const {
    ViewPage<P> page;
    DAYBOOK_ASSIGN_OR_RETURN(page.next, Collect<P>(&page.rows, [&](auto visit) {
                               return PageRows(internal::ProjectionType<P>(), P::kName, options,
                                               visit);
                             }));
    return page;
  }

  // The rows that `rows` asks for by an index (daybook/proto/index_rows.h), in its order, all as of
  // one moment: `Find<Tasks>(Tasks::ByAssignee("ann").From(10), {.limit = 20})`. One point look-up
  // for each. Also
  //   Unavailable  the index is new: it answers once the build of today's definition does
  template <typename P>
  absl::StatusOr<ViewPage<P>> Find(const IndexRows<typename P::Row>& rows,
                                   const FindOptions& options = {}) const {
    ViewPage<P> page;
    DAYBOOK_ASSIGN_OR_RETURN(page.next, Collect<P>(&page.rows, [&](auto visit) {
                               return FindRows(internal::ProjectionType<P>(), P::kName,
                                               rows.query(), options, visit);
                             }));
    return page;
  }

  // The rows whose keys start with `prefix`.
  template <typename P>
  absl::StatusOr<std::vector<ViewRow<P>>> Prefix(absl::string_view prefix,
                                                 const GetOptions& options = {}) const {
    RangeOptions range;
    range.prefix = std::string(prefix);
    range.at_least = options.at_least;
    range.timeout = options.timeout;
    return Range<P>(range);
  }

  // The rows of a range, and then what becomes of them: see live_query.h. Neither waits nor reads.
  //   InvalidArgument  not registered; an option out of range, or a `resume` that is damaged or of
  //                    another view or range (InvalidField)
  template <typename P>
  absl::StatusOr<LiveQuery<P>> Watch(const LiveQueryOptions& options = {}) const {
    DAYBOOK_ASSIGN_OR_RETURN(std::unique_ptr<LiveRows> rows,
                             WatchRows(internal::ProjectionType<P>(), P::kName,
                                       /*index=*/nullptr, options));
    return LiveQuery<P>(std::move(rows));
  }
  // The same of what an index is asked for: `Watch<Tasks>(Tasks::ByAssignee("ann"))`. First those
  // rows, in its order, and then those that changed, by key: one that is none of them any more is
  // told as one that is gone. Who goes on with `resume`, or was told of a million keys, is told so
  // of rows that never were, too. Next has one error more: Unavailable, as Find.
  template <typename P>
  absl::StatusOr<LiveQuery<P>> Watch(const IndexRows<typename P::Row>& rows,
                                     const LiveQueryOptions& options = {}) const {
    DAYBOOK_ASSIGN_OR_RETURN(
        std::unique_ptr<LiveRows> live,
        WatchRows(internal::ProjectionType<P>(), P::kName, &rows.query(), options));
    return LiveQuery<P>(std::move(live));
  }
  // Both of the view of this name, for programs that do not know its type.
  absl::StatusOr<std::unique_ptr<LiveRows>> Watch(absl::string_view view,
                                                  const LiveQueryOptions& options = {}) const;
  absl::StatusOr<std::unique_ptr<LiveRows>> Watch(absl::string_view view, const IndexText& rows,
                                                  const LiveQueryOptions& options = {}) const;

  // Builds the view anew while the present build answers every query: catches up, compares the two,
  // and has the new one take over. A view cannot be set back in place: this is how one is reset.
  //
  // Goes on after a restart. Where one is under way, a rollback or one for a changed definition
  // too, this joins it and gives a handle of it. It then goes on with these options; but if the two
  // are being compared, or were, with those that it has. One that is paused stays so until Resume.
  //   InvalidArgument    not registered, or an option out of range (InvalidField)
  //   ResourceExhausted  the store's queue is full: later
  //   the store's own
  template <typename P>
  absl::StatusOr<RebuildHandle> Rebuild(const RebuildOptions& options = {}) {
    return RebuildView(internal::ProjectionType<P>(), P::kName, options);
  }
  // Goes back to the build that answered before: it stands where it was left, catches up, and takes
  // over; the present one answers until then, and is kept in turn. So no query ever goes back
  // in the log.
  //   NotFound            none is kept
  //   FailedPrecondition  a rebuild is under way, what is kept is of another definition, or the
  //                       view is inline and events of what is kept are parked
  //   and as Rebuild
  template <typename P>
  absl::StatusOr<RebuildHandle> Rollback() {
    return RollbackView(internal::ProjectionType<P>(), P::kName);
  }
  // Has the rows of a build that is kept deleted, some at a time, after a restart too. By itself
  // that happens when two others have answered since.
  //   NotFound         there is no such build, or it goes already
  //   InvalidArgument  it answers, or is being built (InvalidField)
  //   and as Rebuild
  template <typename P>
  absl::Status DropGeneration(uint32_t generation) {
    return DropViewGeneration(internal::ProjectionType<P>(), P::kName, generation);
  }

  // The same of the view of this name, for programs that do not know its type.
  absl::StatusOr<RebuildHandle> Rebuild(absl::string_view view, const RebuildOptions& options = {});
  absl::StatusOr<RebuildHandle> Rollback(absl::string_view view);

  // Events that are parked, of the build of `view` that answers, or of the one that is named. What
  // is listed is as of what is stored; see parked.h, also for the errors, and
  //   InvalidArgument  the view is not registered (InvalidField)
  absl::StatusOr<std::vector<ParkedKey>> ListParked(absl::string_view view,
                                                    const ParkedListOptions& options = {},
                                                    std::optional<uint32_t> generation = {}) const;
  absl::StatusOr<ParkedSequence> ShowParked(absl::string_view view, absl::string_view key,
                                            size_t max_events = 100,
                                            std::optional<uint32_t> generation = {}) const;
  // Folds what is parked of a key, or of all (nullopt), in order, by the code and upcasters of this
  // build, and waits until that is stored: what is taken and its row move in one commit. An event
  // that fails again stays parked with its new error, and those behind it with it; so OK does not
  // mean that everything was taken. Afterwards the row is what it would be had nothing ever failed.
  //   NotFound            the key is not parked
  //   FailedPrecondition  the build is not moved on: the view stopped, is inline, or the build is
  //                       paused, kept or of another definition
  //   Aborted             it was given up meanwhile
  //   and what stops the view meanwhile
  absl::StatusOr<ParkedReplay> ReplayParked(absl::string_view view,
                                            std::optional<std::string> key = std::nullopt,
                                            std::optional<uint32_t> generation = {});
  // Discards what is parked of a key, for good: the row goes on without these events. Returns how
  // many there were; they are counted (ViewFailures). Events of the key that came meanwhile are
  // folded. Errors as ReplayParked.
  absl::StatusOr<uint64_t> DropParked(absl::string_view view, absl::string_view key,
                                      std::optional<uint32_t> generation = {});

  // Every view, in the order of registration, those that are live last.
  absl::StatusOr<std::vector<ViewStatus>> Status() const;
  template <typename P>
  absl::StatusOr<ViewStatus> StatusOf() const {
    return StatusOfView(internal::ProjectionType<P>(), P::kName);
  }

 private:
  struct Impl;
  explicit ProjectionEngine(std::unique_ptr<Impl> impl);

  using VisitRow = absl::FunctionRef<bool(absl::string_view key, absl::string_view value)>;

  // What `read` returns, which visits stored rows that are put into `rows`.
  template <typename P>
  static absl::StatusOr<std::string> Collect(
      std::vector<ViewRow<P>>* rows,
      absl::FunctionRef<absl::StatusOr<std::string>(VisitRow visit)> read) {
    absl::Status parsed;
    DAYBOOK_ASSIGN_OR_RETURN(std::string next,
                             read([&](absl::string_view key, absl::string_view bytes) {
                               rows->push_back({std::string(key), {}});
                               parsed = internal::ParseRow(key, bytes, &rows->back().row);
                               return parsed.ok();
                             }));
    DAYBOOK_RETURN_IF_ERROR(parsed);
    return next;
  }

  absl::StatusOr<std::string> GetRow(const void* type, absl::string_view name,
                                     absl::string_view key, const GetOptions& options) const;
  absl::Status ScanRows(const void* type, absl::string_view name, const RangeOptions& options,
                        VisitRow visit) const;
  absl::StatusOr<std::string> PageRows(const void* type, absl::string_view name,
                                       const RangeOptions& options, VisitRow visit) const;
  absl::StatusOr<std::string> FindRows(const void* type, absl::string_view name,
                                       const internal::IndexQuery& query,
                                       const FindOptions& options, VisitRow visit) const;
  absl::StatusOr<std::unique_ptr<LiveRows>> WatchRows(const void* type, absl::string_view name,
                                                      const internal::IndexQuery* index,
                                                      const LiveQueryOptions& options) const;
  absl::StatusOr<ViewStatus> StatusOfView(const void* type, absl::string_view name) const;
  absl::StatusOr<RebuildHandle> RebuildView(const void* type, absl::string_view name,
                                            const RebuildOptions& options);
  absl::StatusOr<RebuildHandle> RollbackView(const void* type, absl::string_view name);
  absl::Status DropViewGeneration(const void* type, absl::string_view name, uint32_t generation);

  std::unique_ptr<Impl> impl_;
};

}  // namespace daybook

#endif  // DAYBOOK_PROJECTIONS_PROJECTION_ENGINE_H_
