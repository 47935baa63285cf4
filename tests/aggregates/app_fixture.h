// An application on a store that outlives it: closed and opened again as often as a test likes.
#ifndef DAYBOOK_TESTS_AGGREGATES_APP_FIXTURE_H_
#define DAYBOOK_TESTS_AGGREGATES_APP_FIXTURE_H_

#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "bank.h"
#include "daybook/core/open.h"
#include "daybook/core/status_macros.h"
#include "engine.h"
#include "memory_kv.h"
#include "recovery.h"

namespace daybook {

// Where a store lies while nobody has it open.
class Disk {
 public:
  virtual ~Disk() = default;
  virtual absl::StatusOr<std::unique_ptr<EventStore>> Open(const StoreOptions& options) = 0;
};

class MemoryDisk : public Disk {
 public:
  absl::StatusOr<std::unique_ptr<EventStore>> Open(const StoreOptions& options) override {
    DAYBOOK_RETURN_IF_ERROR(Recover());
    internal::EngineParts parts;
    parts.kv = kv_;
    return internal::Engine::Open(std::move(parts), options);
  }
  internal::MemoryKv& kv() { return *kv_; }

 private:
  // What opening on RocksDB does: commits that came through a crash without being acknowledged are
  // kept.
  absl::Status Recover() {
    DAYBOOK_ASSIGN_OR_RETURN(internal::GroupMark mark,
                             internal::ProveTail(*kv_, internal::WitnessContent(), ++openings_));
    internal::KvBatch batch;
    batch.Put(internal::Family::kMeta, internal::kGroupKey, mark.Encode());
    DAYBOOK_RETURN_IF_ERROR(kv_->Write(batch));
    return kv_->SyncLog();
  }

  uint64_t openings_ = 0;
  const std::shared_ptr<internal::MemoryKv> kv_ = internal::MemoryKv::Make();
};

struct DiskKind {
  std::string name;
  std::function<std::unique_ptr<Disk>()> make;
};
inline void PrintTo(const DiskKind& kind, std::ostream* os) {
  *os << kind.name;
}
std::vector<DiskKind> DiskKinds();
inline std::string DiskKindName(const testing::TestParamInfo<DiskKind>& info) {
  return info.param.name;
}

// With Account, and no views unless a test opens it otherwise.
class AppFixture : public testing::Test {
 protected:
  explicit AppFixture(std::unique_ptr<Disk> disk) : disk_(std::move(disk)) {
    options_.store.clock = &clock_;
  }

  void SetUp() override { Reopen(); }

  void Reopen() { ReopenWith(Aggregate<Account>()); }

  template <typename... Registrations>
  void ReopenWith(Registrations... registrations) {
    app_.reset();
    auto store = disk_->Open(options_.store);
    ASSERT_THAT(store, IsOk());
    auto app = App::Open(*std::move(store), options_, registrations...);
    ASSERT_THAT(app, IsOk());
    app_.emplace(*std::move(app));
  }

  // The events of the stream, by their type's last word and amount: "Deposited 10".
  std::vector<std::string> History(const std::string& account = "7") {
    std::vector<std::string> history;
    ReadStreamOptions options;
    options.limit = 1'000'000;
    auto batch = app_->store().Reader()->ReadStream("account-" + account, options);
    if (!batch.ok()) {
      EXPECT_THAT(batch, StatusIs(absl::StatusCode::kNotFound));
      return history;
    }
    EXPECT_TRUE(batch->at_end());
    for (const RecordedEvent& event : *batch) {
      if (event.type == MessageTraits<Deposited>::kTypeName) {
        history.push_back(absl::StrCat("Deposited ", Decode<Deposited>(event).amount()));
      } else if (event.type == MessageTraits<Withdrawn>::kTypeName) {
        history.push_back(absl::StrCat("Withdrawn ", Decode<Withdrawn>(event).amount()));
      } else {
        history.push_back(std::string(event.type));
      }
    }
    return history;
  }

  // The state as the log says it: every event folded, no snapshot and no cache asked.
  AccountState Folded(const std::string& account = "7") {
    AccountState state;
    ReadStreamOptions options;
    options.limit = 1'000'000;
    auto batch = app_->store().Reader()->ReadStream("account-" + account, options);
    if (!batch.ok()) return state;
    for (const RecordedEvent& event : *batch) {
      if (event.type == MessageTraits<Deposited>::kTypeName) {
        Account::Evolve(state, Decode<Deposited>(event));
      } else if (event.type == MessageTraits<Withdrawn>::kTypeName) {
        Account::Evolve(state, Decode<Withdrawn>(event));
      }
    }
    return state;
  }

  template <typename E>
  static E Decode(const RecordedEvent& event) {
    E message;
    EXPECT_THAT(DecodeEvent(event, MessageTraits<E>::kSchemaVersion, &message), IsOk());
    return message;
  }

  int64_t BalanceOf(const std::string& account = "7") {
    auto loaded = app_->Load<Account>(account);
    EXPECT_THAT(loaded, IsOk());
    return loaded.ok() ? loaded->state.balance() : -1;
  }

  FakeClock clock_;
  std::unique_ptr<Disk> disk_;
  AppOptions options_;
  std::optional<App> app_;
};

// A test on each kind of store.
class AppTest : public AppFixture, public testing::WithParamInterface<DiskKind> {
 protected:
  AppTest() : AppFixture(GetParam().make()) {}
};

}  // namespace daybook

#endif  // DAYBOOK_TESTS_AGGREGATES_APP_FIXTURE_H_
