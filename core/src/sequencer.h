// The one writer: queued commits become groups, groups become durable, and then visible (G1, G2).
//
// A group is open while the group before it is being synced: commits that arrive meanwhile are
// checked, built and written (not synced) at once. When the sync ends, the open group is handed to
// the syncers, the log's and the witness's side by side, and only then are the callers of the
// finished one told. So the disk is busy while commits are built and callers run.
#ifndef DAYBOOK_CORE_SRC_SEQUENCER_H_
#define DAYBOOK_CORE_SRC_SEQUENCER_H_

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "commit_builder.h"
#include "daybook/core/clock.h"
#include "daybook/core/mutex.h"
#include "daybook/core/open.h"
#include "daybook/core/runtime.h"
#include "kv.h"
#include "names.h"
#include "publication.h"
#include "queue_room.h"
#include "request.h"
#include "space_watch.h"
#include "syncer.h"
#include "witness.h"

namespace daybook::internal {

// What the sequencer works on; everything outlives it.
struct SequencerParts {
  Kv* kv = nullptr;
  Witness* witness = nullptr;  // nullptr in memory, and with Durability::kNone
  // Brings every group up to `mark` into table files and tells the witness.
  absl::AnyInvocable<absl::Status(const GroupMark& mark)> flush;
  Names* names = nullptr;
  StreamHeads* heads = nullptr;  // for who reads
  StreamLifecycles* lifecycles = nullptr;
  Publication* publication = nullptr;
  Clock* clock = nullptr;
  Runtime* runtime = nullptr;
  Durability durability = Durability::kStrict;
  size_t queue_bytes = 0;
  size_t cached_heads = 0;
  // Where the disk's space is watched: commits are refused while less than so much is free. nullptr
  // where nothing is.
  FileSystem* files = nullptr;
  std::string directory;
  uint64_t min_free_bytes = 0;
};

class Sequencer : public Task {
 public:
  Sequencer(SequencerParts parts, const CommitBuilder::Start& start);
  // Finishes what is queued, unless it stopped before or stops then: see stopped().
  absl::Status Close();
  ~Sequencer() override;

  // Takes the request; a refused one is answered on the caller's thread.
  void Enqueue(std::unique_ptr<Request> request);
  // EventStore::WhenRoom.
  void WhenRoom(QueueRoom::Wake wake) { room_.WhenFree(std::move(wake)); }
  // Has `f` run between two commits, with the builder, and waits for it; with `durably`, until what
  // it added is durable, or known not to be.
  absl::Status RunBetweenCommits(absl::AnyInvocable<void(CommitBuilder&) &&> f,
                                 bool durably = false);
  // Has `f` run when everything that was written is published, and waits for it: meanwhile commits
  // queue. The error that stopped it, where one did.
  absl::Status RunWhenPublished(absl::AnyInvocable<absl::Status() &&> f);

  // Why it stopped; OK while it runs.
  absl::Status stopped() const;
  uint64_t groups() const;
  uint64_t events() const;
  // Commits that were refused for want of space, and why they are now; OK while they are taken.
  uint64_t refused_for_space() const;
  absl::Status low_space() const;

  bool Step() override;
  bool IsBusy() const override { return in_flight_ != nullptr; }

 private:
  struct Outcome {
    EventStore::AppendCallback done;
    absl::StatusOr<AppendResult> result;
  };
  struct Group {
    std::string batch;  // everything that it wrote
    std::vector<Outcome> outcomes;
    GroupMark mark;
    std::shared_ptr<const Published> published;
    bool serial = false;  // too large for the ring: the witness follows the log
    bool witnessed = false;
  };

  bool FinishGroup(Group* finished);
  bool DrainQueue();
  // Or nothing more will be.
  bool AllPublished() const { return halted_ || (in_flight_ == nullptr && OpenBytes() == 0); }
  void Process(Request& request, absl::Time now);
  // LowSpaceError where the request must not be written.
  absl::Status TakeSpace(const Request& request, absl::Time now);
  bool LookForSpace();
  void WriteOut();
  bool CloseGroup();
  bool AnswerRefusals();
  void SubmitWitness(Group* group);
  // Of the open group: its bytes so far, whether the ring has room for it, whether it is too large.
  size_t OpenBytes() const;
  bool RoomInWitness() const;
  bool IsSerial() const;
  void FlushWhenDue();
  void Stop(const absl::Status& cause);
  void OpenWhenDrained();
  static void Answer(std::vector<Outcome> outcomes);

  SequencerParts parts_;
  CommitBuilder builder_;
  const size_t largest_ring_batch_;

  // The sequencer's own task only.
  Group open_;
  std::unique_ptr<Group> in_flight_;
  uint64_t last_group_;
  RequestList taken_;
  bool halted_ = false;  // stopped_ is set

  RequestQueue queue_;
  // Done with. The next caller frees them: their memory is from callers' arenas, which an
  // allocator locks when another thread gives it back.
  RequestQueue retired_;
  QueueRoom room_;
  std::unique_ptr<SpaceWatch> space_;  // nullptr: not watched. The sequencer's own task only
  std::atomic<bool> closing_{false};
  std::atomic<bool> refusing_{false};  // stopped_ is set

  mutable Mutex mutex_;
  absl::Status stopped_ ABSL_GUARDED_BY(mutex_);
  uint64_t groups_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t events_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t refused_for_space_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Status low_space_ ABSL_GUARDED_BY(mutex_);

  // Jobs of the group in flight that are not done; the last one wakes the sequencer.
  std::atomic<int> syncs_left_{0};
  Latch drained_;
  std::unique_ptr<Syncer> log_syncer_;
  std::unique_ptr<Syncer> witness_syncer_;
  std::unique_ptr<Syncer> flusher_;
  std::unique_ptr<Runtime::Worker> worker_;
};

}  // namespace daybook::internal

#endif  // DAYBOOK_CORE_SRC_SEQUENCER_H_
