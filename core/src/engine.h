// The engine: the event store over any key-value seam.
#ifndef DAYBOOK_CORE_SRC_ENGINE_H_
#define DAYBOOK_CORE_SRC_ENGINE_H_

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "daybook/core/event_store.h"
#include "daybook/core/open.h"
#include "kv.h"
#include "names.h"
#include "publication.h"
#include "sequencer.h"
#include "stream_heads.h"
#include "stream_lifecycles.h"
#include "witness.h"

namespace daybook::internal {

class Reader;

// What an engine is made of, in a state that was checked.
struct EngineParts {
  std::shared_ptr<Kv> kv;
  std::unique_ptr<Witness> witness;  // nullptr in memory
  absl::AnyInvocable<absl::Status(const GroupMark& mark)> flush;
  // Called last, when everything is written: what closing in order leaves behind.
  absl::AnyInvocable<absl::Status(const GroupMark& mark) &&> close;
  std::unique_ptr<FileLock> lock;
  std::string directory;  // where its space is watched; empty in memory
  // Called when everything is published: its files. nullptr where it has none.
  absl::AnyInvocable<absl::StatusOr<StoreCapture>(const GroupMark& mark)> capture;
  bool read_only = false;
  // Where the store stands, when it is not where its own mark says: after a crash the log may hold
  // commits beyond it.
  std::optional<GroupMark> mark;
};

// InvalidArgument for an option out of its range.
absl::Status CheckOptions(const StoreOptions& options);

class Engine : public EventStore {
 public:
  // Reads what it needs of the dictionary. DataLoss where that is damaged.
  static absl::StatusOr<std::unique_ptr<Engine>> Open(EngineParts parts,
                                                      const StoreOptions& options);
  // Closes.
  ~Engine() override;

  // Finishes what is queued and leaves all of it in table files, which the witness says. An error
  // leaves that to the next opening, as a crash does; where nothing was synced before, it may have
  // nothing to find. Nothing else may be called after it.
  absl::Status Close();

  void AppendAsync(Commit commit, AppendCallback done) override;
  // Appends what PrepareEntries prepared, as AppendAsync does.
  void AppendPrepared(std::unique_ptr<Request> request, AppendCallback done);
  std::shared_ptr<const StoreReader> Reader() const override;
  Position Tip() const override;
  void WhenPast(Position position, absl::AnyInvocable<void() &&> wake) override;
  void WhenRoom(absl::AnyInvocable<void() &&> wake) override;
  absl::StatusOr<TableId> OpenTable(absl::string_view name) override;
  std::vector<std::pair<std::string, TableId>> Tables() const override;
  Position AddParticipant(CommitParticipant* participant) override;
  void RemoveParticipant(CommitParticipant* participant) override;
  absl::StatusOr<StoreCapture> Capture() override;
  absl::StatusOr<ScavengeReport> Scavenge(const ScavengeOptions& options) override;
  StoreStats Stats() const override;
  Runtime& runtime() override { return *runtime_; }

 private:
  Engine(EngineParts parts, const StoreOptions& options);
  absl::Status Start(const StoreOptions& options);
  absl::StatusOr<CommitBuilder::Start> LoadStart();
  std::shared_ptr<const internal::Reader> MakeReader() const;
  // Where the streams end may have to be read from the disk. Callers do that, many at a time, so
  // that the sequencer, which is one, finds it in memory.
  void FindHeads(const Request& request) const;

  EngineParts parts_;
  Runtime* const runtime_;
  Clock* const clock_;
  std::shared_ptr<Names> names_;
  std::shared_ptr<StreamHeads> heads_;
  std::shared_ptr<StreamLifecycles> lifecycles_;
  Publication publication_;

  mutable Mutex tables_mutex_;
  std::map<std::string, TableId, std::less<>> tables_ ABSL_GUARDED_BY(tables_mutex_);

  std::atomic<bool> scavenging_{false};

  std::unique_ptr<Sequencer> sequencer_;  // nullptr when read-only, or closed
};

}  // namespace daybook::internal

#endif  // DAYBOOK_CORE_SRC_ENGINE_H_
