// The event store: the interface that every backend keeps.
#ifndef DAYBOOK_CORE_EVENT_STORE_H_
#define DAYBOOK_CORE_EVENT_STORE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "daybook/core/commit.h"
#include "daybook/core/commit_participant.h"
#include "daybook/core/event.h"
#include "daybook/core/position.h"
#include "daybook/core/runtime.h"
#include "daybook/core/scavenge.h"
#include "daybook/core/store_capture.h"
#include "daybook/core/stream_limits.h"

namespace daybook {

enum class Direction : uint8_t { kForwards, kBackwards };

// Of the name of a stream or a type, such as what an RE2 matches: depends on nothing else, and is
// called on the threads that read.
using NamePredicate = std::function<bool(absl::string_view name)>;

// Which events a read of the log returns: those that every condition lets by. An empty one lets all
// by. The types and categories are asked first, then the names of streams, each once in a read,
// then tags; so a filter costs little more than the events that it looks at. Where only events with
// certain tags can match, the index of tags finds them, and the others are not looked at.
struct EventFilter {
  std::vector<std::string> categories;       // one of these
  std::vector<std::string> types;            // one of these
  std::vector<std::string> tags;             // all of these: `key:value` each
  std::vector<std::string> stream_prefixes;  // the stream's name begins with one of these
  NamePredicate stream_matches;
  NamePredicate type_matches;
  EventQuery query;  // what one of the items asks for
};

struct ReadStreamOptions {
  Direction direction = Direction::kForwards;
  // The first version to return; nullopt: the stream's first (forwards) or last (backwards).
  std::optional<uint64_t> from;
  size_t limit = 1024;                 // events, at least 1
  size_t max_bytes = size_t{4} << 20;  // stops after the event that reaches it
  // Also those that are gone from the stream (stream_limits.h), of earlier lives too, as long as no
  // scavenge removed them: for who folds what the log has.
  bool gone_too = false;
};

struct ReadLogOptions {
  Direction direction = Direction::kForwards;
  // Forwards: the events after this position. Backwards: the events before it; Position::End()
  // starts at the last one.
  Position from = Position::Start();
  EventFilter filter;
  size_t limit = 1024;                 // events returned, at least 1
  size_t max_bytes = size_t{4} << 20;  // stops after the event that reaches it
  // Positions passed, those that an index skips included, so that a filter that matches little
  // still returns in bounded time; the batch's next() says where to go on.
  size_t max_scanned = 100'000;
};

// A range of the rows of a table, in bytewise order of their keys, or in the reverse of it.
struct ScanOptions {
  std::string from;                  // the first key; empty: the first row
  std::optional<std::string> until;  // the first key that is not in it; nullopt: to the end
  size_t limit = ~size_t{0};
  Direction direction = Direction::kForwards;  // backwards: the last one first
};

// The store as of one published tip: everything read through one reader is of the same moment,
// events and rows alike. Holds resources of the backend; keep it for a query, not for a day.
// Thread-safe.
class StoreReader {
 public:
  virtual ~StoreReader() = default;

  // The last position that this reader sees.
  virtual Position tip() const = 0;

  // The events of a stream, those that are still there (stream_limits.h): none of one whose events
  // are all gone. NotFound when there is no such stream, with a StreamTombstoned where it has a
  // tombstone; InvalidArgument for options out of range; DataLoss where stored bytes are damaged.
  virtual absl::StatusOr<EventBatch> ReadStream(absl::string_view stream,
                                                const ReadStreamOptions& options = {}) const = 0;
  // The stream's last version, also where its events are gone; nullopt when there is no such
  // stream: it never was, was deleted, or has a tombstone.
  virtual absl::StatusOr<std::optional<uint64_t>> StreamVersion(absl::string_view stream) const = 0;
  // From where on its events are there. DataLoss as above.
  virtual absl::StatusOr<StreamStart> FindStart(absl::string_view stream) const = 0;
  // Calls `visit` for each stream that is there, with its last version, until it returns false:
  // category by category, or those of one `category` when it is not empty; within a category in the
  // order in which the streams began. To go on later, `after` is the last name visited, also where
  // that stream was deleted since; empty starts with the first. NotFound when there never was such
  // a stream in the listing, DataLoss as above. Costs a step for each stream visited (and, with
  // `after`, one look-up), whatever the number of events. `visit` must not block.
  virtual absl::Status ListStreams(
      absl::string_view category, absl::string_view after,
      absl::FunctionRef<bool(absl::string_view stream, uint64_t last_version)> visit) const = 0;
  // Where the event is that was appended with this id; nullopt when there is none. An id that the
  // store gave itself is not found by: nobody can append it again. DataLoss as above.
  virtual absl::StatusOr<std::optional<Position>> FindEvent(const EventId& id) const = 0;
  // The events of the whole log, those that are gone from their streams included: without their
  // payloads (RecordedEvent::removed) once a scavenge was there. InvalidArgument, DataLoss as
  // above.
  virtual absl::StatusOr<EventBatch> ReadLog(const ReadLogOptions& options = {}) const = 0;

  // A row; nullopt when there is none.
  virtual absl::StatusOr<std::optional<std::string>> GetRow(TableId table,
                                                            absl::string_view key) const = 0;
  // Calls `visit` for each row of the range until it returns false.
  virtual absl::Status ScanRows(
      TableId table, const ScanOptions& options,
      absl::FunctionRef<bool(absl::string_view key, absl::string_view value)> visit) const = 0;
};

struct StoreStats {
  Position tip;
  // The chain hash at the tip, 64 hexadecimal digits: two stores with the same have the same log.
  std::string chain_hex;
  uint64_t streams = 0;
  uint64_t categories = 0;
  uint64_t types = 0;
  uint64_t disk_bytes = 0;         // 0 in memory
  uint64_t groups = 0;             // groups published since the store was opened
  uint64_t events_appended = 0;    // likewise
  uint64_t refused_for_space = 0;  // commits, likewise
  // Set while commits are refused because less is free than StoreOptions::min_free_bytes.
  absl::Status low_space;
  // Set after a failed write or sync: appends are refused until the store is opened again.
  absl::Status stopped;
};

// An append-only, versioned log with tables beside it. Thread-safe.
//
// Errors of every append:
//   InvalidArgument  a name, size or batch breaks a limit (InvalidField): mend the call, or the
//                    participant where the field is one of `participant`
//   Aborted          an expected version does not hold (VersionConflict), an event matches that a
//                    condition excludes (ConditionFailed), or a claim is taken (ClaimConflict):
//                    read, decide, append again
//   Unknown          outcome unknown: a write or sync failed after the group was handed to the
//                    backend. Reopen the store, retry with the same ids
//   ResourceExhausted the queue is full, or less space is left on the disk than must be (LowSpace):
//                    retry when WhenRoom calls
//   Unavailable      the store is closed, or stopped after a failure: reopen
class EventStore {
 public:
  // Called once, on a thread of the store, after the outcome is durable. Must not block and must
  // not wait for another append.
  using AppendCallback = absl::AnyInvocable<void(absl::StatusOr<AppendResult>) &&>;

  virtual ~EventStore() = default;

  // Queues `commit` and returns; `done` gets the outcome, an error of the arguments included. Where
  // one of its streams ends is read from the disk first, unless it is known in memory.
  // Commits of one caller are sequenced in the order of the calls.
  virtual void AppendAsync(Commit commit, AppendCallback done) = 0;

  // Appends and waits for the outcome.
  absl::StatusOr<AppendResult> Append(Commit commit);
  absl::StatusOr<AppendResult> Append(absl::string_view stream, ExpectedVersion expected,
                                      std::vector<Event> events);

  // A reader at the published tip. Never waits for appends.
  virtual std::shared_ptr<const StoreReader> Reader() const = 0;
  // The published tip: durable, and seen by every Reader from now on.
  virtual Position Tip() const = 0;

  // Calls `wake` once, as soon as the tip is beyond `position` (at once when it is already) or the
  // store closes. On a thread of the store: must not block.
  virtual void WhenPast(Position position, absl::AnyInvocable<void() &&> wake) = 0;

  // For who was refused with ResourceExhausted: calls `wake` once, as soon as the queue has room
  // for the largest commit that it refused and the disk has space again, which is looked for about
  // once a second (at once when both are so already), or the store stops or closes. The room is
  // nobody's own: others may have taken it when the append comes again. On a thread of the store or
  // the caller's: must not block.
  virtual void WhenRoom(absl::AnyInvocable<void() &&> wake) = 0;

  // The number of the table of that name, which is made durably when it is new. InvalidArgument
  // for a bad name.
  virtual absl::StatusOr<TableId> OpenTable(absl::string_view name) = 0;
  // The tables, by name.
  virtual std::vector<std::pair<std::string, TableId>> Tables() const = 0;

  // Has `participant` called for every commit sequenced from now on; returns the position after
  // which that is. It must outlive the store or its removal.
  virtual Position AddParticipant(CommitParticipant* participant) = 0;
  // Returns once it will not be called again.
  virtual void RemoveParticipant(CommitParticipant* participant) = 0;

  // The store's files as of a tip that was published during the call: everything acknowledged
  // before it is in them, nothing that is not durable, rows and events alike. Waits for the commits
  // in flight; appends wait for the moment that it takes to list the files. From any thread of the
  // caller's, never from a callback of the store. Unimplemented where there are no files, in memory
  // or opened for reading only; Unavailable when the store stopped.
  virtual absl::StatusOr<StoreCapture> Capture() {
    return absl::UnimplementedError("this store has no files to copy");
  }

  // Removes the payloads of events that are gone from their streams, some at a time, while the
  // store is in use: scavenge.h. Waits until that is done. From any thread of the caller's, never
  // from a callback of the store, and never longer than the store is open. Unavailable when one is
  // under way, or the store stopped or was opened for reading only; DataLoss as reads.
  virtual absl::StatusOr<ScavengeReport> Scavenge(const ScavengeOptions& options = {}) = 0;

  virtual StoreStats Stats() const = 0;
  virtual Runtime& runtime() = 0;
};

// The number of the table of that name; nullopt: the store has none. Unlike OpenTable it makes
// none.
std::optional<TableId> FindTable(const EventStore& store, absl::string_view name);

}  // namespace daybook

#endif  // DAYBOOK_CORE_EVENT_STORE_H_
