// A view that the task behind the log keeps: its rows in memory, and how far they are written.
#ifndef DAYBOOK_PROJECTIONS_SRC_FOLLOWER_H_
#define DAYBOOK_PROJECTIONS_SRC_FOLLOWER_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "daybook/core/commit.h"
#include "daybook/core/event_store.h"
#include "daybook/core/limits.h"
#include "daybook/projections/projection_engine.h"
#include "daybook/projections/row_fold.h"
#include "event_dispatcher.h"
#include "parked_replayer.h"
#include "parking.h"
#include "partitioned_fold.h"
#include "view.h"
#include "view_tables.h"

namespace daybook::internal {

// Not thread-safe: everything happens in the steps of the task.
class Follower {
 public:
  Follower(Generation* generation, Position checkpoint, ViewTables tables,
           const ProjectionOptions& options);

  Generation& generation() { return *generation_; }
  // What is parked as of `reader`, where it is an async view: before anything else. DataLoss.
  absl::Status LoadParked(const StoreReader& reader);

  // Everything up to here is in the rows, in memory or stored, or parked.
  Position folded() const { return folded_; }
  // It left the task: part of the commits now, or stopped for good.
  bool done() const { return done_; }
  bool in_flight() const { return in_flight_; }
  // It reads no more events: waits for its last rows to be stored, if any.
  bool stopping() const { return !stop_error_.ok(); }
  bool promoted() const { return promoted_; }

  // Folds one event, decoded into the handlings of `target` with status `decoded`. A row that
  // cannot take it has it parked or skipped. Where that may not be, the view waits before the event
  // until it is to be tried again, and in the end stops there.
  void Fold(const RecordedEvent& event, const Reading::Target& target, const absl::Status& decoded,
            const StoreReader& reader);
  // It waits so, and nothing but its own feed should; until then.
  bool waiting() const { return retry_at_ < absl::InfiniteFuture(); }
  absl::Time retry_at() const { return retry_at_; }
  // That has come.
  void GoOn() { retry_at_ = absl::InfiniteFuture(); }
  // The same of the rows of one part, for threads that fold a part each; nullptr where there are no
  // parts. Of the parts' events the caller counts each once, and adds up when all are done. A part
  // that cannot take an event makes the whole fail.
  PartitionedFold* parts() { return parts_; }
  void FoldPart(size_t part, const RecordedEvent& event, const Reading::Target& target,
                const absl::Status& decoded, const StoreReader& reader);
  void CountEvent() { ++events_; }
  // Its rows in memory are of no use: some may hold what comes after the event that was not taken.
  // It waits for the flush in flight, if any, and then to be folded again without parts, from what
  // is stored on: so it comes to stand exactly before the event.
  bool failed() const { return failed_.load(std::memory_order_relaxed); }
  void BeginAgainAlone(const StoreReader& reader);

  // It takes no event until its parts have been dealt anew.
  bool deals_anew() const { return deals_anew_ && !done_; }
  // Does so, where they are to be and everything is stored.
  void DealAnew();

  // Keys that are held.
  size_t parked_keys() const { return parking_ == nullptr ? 0 : parking_->key_count(); }
  // When a key is to be tried again by itself; InfiniteFuture: none is.
  absl::Time next_retry() const;
  // Has parked events folded again, a bounded number of them: those that are due, and those that
  // somebody asked for. True: more at once.
  bool Replay(const StoreReader& reader, absl::Time now);
  // NotFound: the key is not parked. FailedPrecondition: the view does not go on.
  absl::Status Ask(std::shared_ptr<ParkedReplayer::Request> request);

  // No event up to `position` is left for it.
  void MoveTo(Position position);
  // The view stays where its rows are: an error of the log or of the store.
  void StopNow(absl::Status error);
  // It leaves the task, without a word: its rows stay where they are stored.
  void Leave();

  // The rows in memory have reached their bound, or the entries of their indexes what goes into a
  // commit beside them: it takes no event before a flush or Evict.
  bool full() const {
    return fold_->cached_bytes() >= options_.row_cache_bytes ||
           fold_->entry_bytes() >= kMaxCommitBytes / 4;
  }
  // Nothing of it is in memory alone: what is stored is the fold of the log up to folded().
  bool clean() const { return !in_flight_ && !changed(); }
  // It and `partner` are to be clean at one position; nullptr: no longer.
  void AlignWith(Follower* partner) { partner_ = partner; }
  const Follower* partner() const { return partner_; }

  // Makes room in a full follower that has no flush in flight and nothing to flush.
  void Evict() { fold_->Evict(); }

  // Whether rows and checkpoint are to be written now; the commit that does it. `at_tip`: nothing
  // more is to be read now. `near_tip`: an inline view that could be taken over soon.
  bool FlushDue(absl::Time now, bool at_tip, bool near_tip) const;
  // nullopt: they cannot be, and the view stopped.
  std::optional<Commit> Flush(bool at_tip);
  // The outcome of the flush in flight.
  void Flushed(const absl::Status& status);
  // Tells what is visible when nothing is to be written for it.
  void Publish(bool at_tip);
  // Since the last call it reached the tip for the first time, stopped or failed: the task is to
  // look at it again, though nothing wakes it.
  bool TakeNews();

 private:
  // As Fold, of the rows of one part. `skippable`: the error is one of the event.
  absl::Status FoldInto(size_t part, RowFold& fold, const RecordedEvent& event,
                        const Reading::Target& target, const absl::Status& decoded,
                        const StoreReader& reader, bool* skippable);
  // The whole event failed.
  void Refuse(const RecordedEvent& event, const absl::Status& status, bool skippable);
  bool changed() const {
    return fold_->dirty_rows() > 0 || (parking_ != nullptr && parking_->changed());
  }
  bool HasMuchToFlush() const;
  // Has the counts of what is parked seen outside of the task.
  void TellParked();
  void EndReplays(const absl::Status& status);

  Generation* const generation_;
  const ViewTables tables_;
  const ProjectionOptions& options_;
  std::unique_ptr<RowFold> fold_;
  PartitionedFold* parts_ = nullptr;  // fold_, where it has parts
  std::atomic<bool> failed_{false};
  bool deals_anew_ = false;
  // Of an async view.
  std::unique_ptr<Parking> parking_;
  std::unique_ptr<ParkedReplayer> replayer_;
  uint64_t stored_parked_keys_ = 0;
  // The event that the whole view waits at, and how often it was tried.
  Position refused_;
  size_t attempts_ = 0;
  absl::Time retry_at_ = absl::InfiniteFuture();
  Position folded_;
  Position stored_;                  // the checkpoint in the table
  std::optional<Position> claimed_;  // from where the last stored flush moved on
  Position flushing_;                // the checkpoint of the flush in flight
  bool flushing_at_tip_ = false;
  uint64_t flushing_rows_ = 0;
  uint64_t events_ = 0;  // folded since the last flush
  std::optional<absl::Time> dirty_since_;
  bool in_flight_ = false;
  bool promoted_ = false;
  bool done_ = false;
  bool caught_up_ = false;
  bool news_ = false;
  const Follower* partner_ = nullptr;
  absl::Status stop_error_;
};

}  // namespace daybook::internal

#endif  // DAYBOOK_PROJECTIONS_SRC_FOLLOWER_H_
