// Writes the snapshots that are due, and audits some that were used, behind the commands.
#ifndef DAYBOOK_AGGREGATES_SRC_SNAPSHOT_KEEPER_H_
#define DAYBOOK_AGGREGATES_SRC_SNAPSHOT_KEEPER_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "counters.h"
#include "daybook/core/clock.h"
#include "daybook/core/event_store.h"
#include "daybook/core/mutex.h"
#include "daybook/core/runtime.h"
#include "daybook/snapshots/snapshot_store.h"
#include "lent_state.h"
#include "registered_aggregate.h"
#include "snapshot_audit.h"

namespace daybook::internal {

// A bounded queue of states, the newest of each stream, and the one task that serializes and
// commits them: table writes alone, one commit at a time, and little in each, so that no command
// waits long behind it. What is refused is counted and forgotten: the next that is due comes
// instead. When nothing waits to be written, the task audits. As both are done by one task, an
// audit never meets a write of the same stream.
//
// Thread-safe, but for Close.
class SnapshotKeeper : private Task {
 public:
  struct Parts {
    EventStore* store;
    SnapshotStore* snapshots;
    Clock* clock;
    size_t max_pending;
    uint32_t audit_every;
    // Has the state of the stream that is in memory, if any, dropped before the next command is
    // decided on it, and not offered before. On a thread of the store; must not block.
    std::function<void(absl::string_view stream)> distrust;
  };

  explicit SnapshotKeeper(Parts parts);
  // Closes.
  ~SnapshotKeeper() override;

  // Takes over the state that `stream` has at `version`, to be its newest snapshot. The events up
  // to there are published: a snapshot that is found has its events.
  void Offer(const RegisteredAggregate& aggregate, const std::string& stream, uint64_t version,
             StateLoan state);
  // The stream was loaded from a snapshot. Each audit_every-th is audited.
  void CountUse(const RegisteredAggregate& aggregate, const std::string& stream);

  // Waits until what was offered and counted before is written or skipped, and audited.
  void Flush();
  // Writes what was offered, and ends; nothing may be offered any more.
  void Close();

  SnapshotStats stats() const;
  // The last audit that did not end well.
  absl::Status audit_status() const;

 private:
  // A commit ends with the snapshot that brings it to one of these.
  static constexpr size_t kMaxCommitRowBytes = size_t{256} << 10;
  static constexpr size_t kMaxCommitSnapshots = 64;
  // Audits that may wait.
  static constexpr size_t kMaxAudits = 64;

  struct Due {
    const RegisteredAggregate* aggregate;
    std::string stream;
    uint64_t version;
    StateLoan state;
  };
  struct AuditDue {
    const RegisteredAggregate* aggregate;
    std::string stream;
  };
  // Who waits in Flush: until so many were taken from each of the queues.
  struct Waiter {
    Latch* flushed;
    uint64_t writes;
    uint64_t audits;
  };

  bool Step() override;
  std::optional<Due> Take() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Write(Due first);
  // The commit under way has its outcome, or there is none.
  void EndWrite(uint64_t audits);

  // Goes on with the audit, or begins one; false when there is none.
  bool Audit();
  bool BeginAudit();
  void GiveUpAudits() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void EndAudit(const absl::Status& outcome);
  // Deletes every snapshot of the stream, and the state that may have come of one.
  void Forget(const SnapshotAudit& audit);

  void OpenFlushed() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Parts parts_;
  Counter written_, superseded_, skipped_, audited_, differing_, audits_skipped_;
  std::atomic<uint64_t> uses_{0};
  std::unique_ptr<SnapshotAudit> audit_;  // the task's own

  mutable Mutex mutex_;
  absl::flat_hash_map<std::string, Due> pending_ ABSL_GUARDED_BY(mutex_);
  // The streams of pending_ in their order; one that is there no more was dropped.
  std::deque<std::string> order_ ABSL_GUARDED_BY(mutex_);
  uint64_t taken_ ABSL_GUARDED_BY(mutex_) = 0;  // from order_, ever
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  std::deque<AuditDue> audits_ ABSL_GUARDED_BY(mutex_);
  uint64_t audits_due_ ABSL_GUARDED_BY(mutex_) = 0;    // ever
  uint64_t audits_ended_ ABSL_GUARDED_BY(mutex_) = 0;  // of these
  absl::Status audit_status_ ABSL_GUARDED_BY(mutex_);
  std::vector<Waiter> waiters_ ABSL_GUARDED_BY(mutex_);
  bool closing_ ABSL_GUARDED_BY(mutex_) = false;
  std::unique_ptr<Runtime::Worker> worker_;  // the last member: its task uses the others
};

}  // namespace daybook::internal

#endif  // DAYBOOK_AGGREGATES_SRC_SNAPSHOT_KEEPER_H_
