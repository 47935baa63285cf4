// A store whose commits of snapshots wait until a test lets them go.
#ifndef DAYBOOK_TESTS_AGGREGATES_SNAPSHOT_GATE_H_
#define DAYBOOK_TESTS_AGGREGATES_SNAPSHOT_GATE_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "app_fixture.h"
#include "daybook/core/mutex.h"
#include "daybook/v1/snapshot.pb.h"
#include "forwarding_store.h"

namespace daybook {

// Thread-safe.
class SnapshotGate {
 public:
  // From now on they wait.
  void Shut() {
    MutexLock lock(&mutex_);
    shut_ = true;
    arrived_ = std::make_unique<Latch>();
  }
  // Lets those go that wait, and all others.
  void Open() {
    MutexLock opening(&opening_);
    std::vector<std::pair<EventStore*, Waiting>> waiting;
    {
      MutexLock lock(&mutex_);
      shut_ = false;
      waiting.swap(waiting_);
    }
    for (auto& [store, append] : waiting) {
      store->AppendAsync(std::move(append.commit), std::move(append.done));
    }
  }
  // Returns when one waits.
  void AwaitOne() { Runtime::Threads().Await(*arrived_); }

  // Those of which a snapshot was to be written whose events were not published.
  int too_early() {
    MutexLock lock(&mutex_);
    return too_early_;
  }

 private:
  friend class GatedStore;
  struct Waiting {
    Commit commit;
    EventStore::AppendCallback done;
  };

  void Append(EventStore* store, Commit commit, EventStore::AppendCallback done) {
    const TableId table = *FindTable(*store, "$snapshots");
    bool of_snapshots = false;
    for (const TableWrite& write : commit.writes) {
      if (write.table != table || !write.value.has_value()) continue;
      of_snapshots = true;
      v1::StoredSnapshot stored;
      const auto version = store->Reader()->StreamVersion(write.key);
      if (!stored.ParseFromString(*write.value) || !version.ok() || !version->has_value() ||
          **version < stored.version()) {
        MutexLock lock(&mutex_);
        ++too_early_;
      }
    }
    {
      MutexLock lock(&mutex_);
      if (of_snapshots && shut_) {
        waiting_.emplace_back(store, Waiting{std::move(commit), std::move(done)});
        return arrived_->Open();
      }
    }
    store->AppendAsync(std::move(commit), std::move(done));
  }

  // Held while those that waited are appended: so long their store must be there.
  Mutex opening_ ABSL_ACQUIRED_BEFORE(mutex_);
  Mutex mutex_;
  bool shut_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::pair<EventStore*, Waiting>> waiting_ ABSL_GUARDED_BY(mutex_);
  int too_early_ ABSL_GUARDED_BY(mutex_) = 0;
  std::unique_ptr<Latch> arrived_;
};

class GatedStore : public ForwardingStore {
 public:
  GatedStore(std::unique_ptr<EventStore> store, SnapshotGate* gate)
      : ForwardingStore(store.get()), store_(std::move(store)), gate_(gate) {}
  ~GatedStore() override { MutexLock lock(&gate_->opening_); }
  void AppendAsync(Commit commit, AppendCallback done) override {
    if (commit.appends.empty() && FindTable(*store_, "$snapshots").has_value()) {
      gate_->Append(store_.get(), std::move(commit), std::move(done));
    } else {
      store_->AppendAsync(std::move(commit), std::move(done));
    }
  }

 private:
  const std::unique_ptr<EventStore> store_;
  SnapshotGate* const gate_;
};

class GatedDisk : public Disk {
 public:
  explicit GatedDisk(std::unique_ptr<Disk> disk) : disk_(std::move(disk)) {}
  absl::StatusOr<std::unique_ptr<EventStore>> Open(const StoreOptions& options) override {
    DAYBOOK_ASSIGN_OR_RETURN(std::unique_ptr<EventStore> store, disk_->Open(options));
    return std::unique_ptr<EventStore>(new GatedStore(std::move(store), &gate_));
  }
  SnapshotGate& gate() { return gate_; }
  Disk& inner() { return *disk_; }

 private:
  const std::unique_ptr<Disk> disk_;
  SnapshotGate gate_;
};

// An application on such a store, and what it keeps.
class SnapshotFixture : public AppFixture {
 protected:
  explicit SnapshotFixture(std::unique_ptr<Disk> disk)
      : AppFixture(std::make_unique<GatedDisk>(std::move(disk))) {}

  SnapshotGate& gate() { return static_cast<GatedDisk&>(*disk_).gate(); }
  SnapshotStats Stats() { return app_->Stats().snapshots; }

  void Deposit(int n, const std::string& account = "7") {
    for (int i = 0; i < n; ++i) ASSERT_THAT(app_->Execute(DepositOf(i + 1, account)), IsOk());
  }
  void DepositAndFlush(int n, const std::string& account = "7") {
    Deposit(n, account);
    ASSERT_THAT(app_->FlushSnapshots(), IsOk());
  }

  std::optional<std::string> Row(const std::string& account = "7") {
    return *app_->store().Reader()->GetRow(*app_->store().OpenTable("$snapshots"),
                                           "account-" + account);
  }
  // Of the newest; nullopt: there is none.
  std::optional<uint64_t> StoredVersion(const std::string& account = "7") {
    const std::optional<std::string> row = Row(account);
    v1::StoredSnapshot stored;
    if (!row.has_value() || !stored.ParseFromString(*row)) return std::nullopt;
    return stored.version();
  }
  // The state at `version`, with every event folded by hand.
  AccountState FoldedTo(const std::string& stream, uint64_t version) {
    AccountState state;
    ReadStreamOptions options;
    options.limit = version + 1;
    const auto batch = app_->store().Reader()->ReadStream(stream, options);
    EXPECT_THAT(batch, IsOk());
    if (!batch.ok()) return state;
    EXPECT_EQ(batch->size(), version + 1) << stream;
    for (const RecordedEvent& event : *batch) {
      if (event.type == MessageTraits<Deposited>::kTypeName) {
        Account::Evolve(state, Decode<Deposited>(event));
      } else {
        Account::Evolve(state, Decode<Withdrawn>(event));
      }
    }
    return state;
  }
  // Expects every stored snapshot to be what its events fold into; returns how many there are.
  int ExpectSoundSnapshots() {
    int snapshots = 0;
    EXPECT_THAT(app_->store().Reader()->ScanRows(
                    *FindTable(app_->store(), "$snapshots"), {},
                    [&](absl::string_view stream, absl::string_view row) {
                      ++snapshots;
                      v1::StoredSnapshot stored;
                      EXPECT_TRUE(stored.ParseFromString(std::string(row)));
                      EXPECT_EQ(stored.state(),
                                EncodeMessage(FoldedTo(std::string(stream), stored.version())))
                          << stream << " at " << stored.version();
                      return true;
                    }),
                IsOk());
    return snapshots;
  }

  void Put(TableWrite write) {
    Commit commit;
    commit.writes.push_back(std::move(write));
    ASSERT_THAT(app_->store().Append(std::move(commit)), IsOk());
  }
};

class GatedTest : public SnapshotFixture, public testing::WithParamInterface<DiskKind> {
 protected:
  GatedTest() : SnapshotFixture(GetParam().make()) {}
};

}  // namespace daybook

#endif  // DAYBOOK_TESTS_AGGREGATES_SNAPSHOT_GATE_H_
