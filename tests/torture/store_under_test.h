// Runs operations on a store and on the reference model, and says where they differ.
#ifndef DAYBOOK_TESTS_TORTURE_STORE_UNDER_TEST_H_
#define DAYBOOK_TESTS_TORTURE_STORE_UNDER_TEST_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "daybook/core/open.h"
#include "daybook/core/subscription.h"
#include "daybook/testkit/fake_clock.h"
#include "operations.h"
#include "reference_model.h"

namespace daybook {

enum class Engine { kMemory, kRocks };

// Every result is compared: values, error codes and their payloads. Not thread-safe. The operations
// stand in four files: appends, reads, lives of streams, and what opens the store again.
class StoreUnderTest {
 public:
  // Stores lie in `directory`, which is made, and removed at the end; unused in memory.
  StoreUnderTest(Engine engine, std::string directory, std::unique_ptr<ReferenceModel> model);
  ~StoreUnderTest();

  // What differs from the model; empty: nothing.
  std::string Run(const operation::Operation& operation);
  const ReferenceModel& model() const { return *model_; }
  // How often which outcome was seen: whether the operations go where they should.
  using Outcomes = std::map<std::string, uint64_t>;
  const Outcomes& outcomes() const { return outcomes_; }

 private:
  // A reader and what it should see.
  struct Seen {
    std::shared_ptr<const StoreReader> reader;
    ReferenceModel::Moment moment;
    const ReferenceModel::Rows* rows = nullptr;
  };
  struct Kept {
    std::shared_ptr<const StoreReader> reader;
    ReferenceModel::View view;
  };
  struct Followed {
    SubscriptionOptions options;  // `after`: where it should stand
    std::unique_ptr<Subscription> subscription;
  };

  std::string Do(const operation::Append& o);
  std::string Do(const operation::OpenTable& o);
  std::string Do(const operation::KeepReader& o);
  std::string Do(const operation::ReadLog& o);
  std::string Do(const operation::ReadStream& o);
  std::string Do(const operation::LoadStream& o);
  std::string Do(const operation::ListStreams& o);
  std::string Do(const operation::LookAtHeads& o);
  std::string Do(const operation::FindEvent& o);
  std::string Do(const operation::LookAtStream& o);
  std::string Do(const operation::GetRow& o);
  std::string Do(const operation::ScanRows& o);
  std::string Do(const operation::Subscribe& o);
  std::string Do(const operation::Poll& o);
  std::string Do(const operation::Unsubscribe& o);
  std::string Do(const operation::SetLimits& o);
  std::string Do(const operation::DeleteStream& o);
  std::string Do(const operation::TombstoneStream& o);
  std::string Do(const operation::Scavenge& o);
  std::string Do(const operation::MoveClock& o);
  std::string Do(const operation::Restart& o);
  std::string Do(const operation::GoOnWithCopy& o);
  std::string Do(const operation::GoOnWithBackup& o);
  std::string Do(const operation::GoOnWithImport& o);

  StoreOptions Options();
  std::string Open();
  static std::string NameOf(TableId table);
  // The path of a new store, which is path_ from now on; returns that of the old one.
  std::string MovePath();
  // Closes the store, has `between` done, and opens the one at path_ then.
  std::string Reopen(const std::function<std::string()>& between);
  Commit Translated(const Commit& commit) const;
  TableId NumberOf(TableId table) const;
  int64_t Now() { return absl::ToUnixMicros(clock_.Now()); }
  Seen By(int reader);

  void CountOutcome(const absl::StatusOr<AppendResult>& found);
  std::string CompareAppend(const Commit& commit, const absl::StatusOr<AppendResult>& found,
                            const absl::StatusOr<AppendResult>& expected) const;
  std::string CompareAborted(const Commit& commit, const absl::Status& found,
                             const absl::Status& expected) const;
  // As a reader of `removals` steps of scavenges sees it. Also learns the ids that the store drew.
  std::string CompareEvent(const RecordedEvent& found, uint64_t position, uint64_t removals);
  std::string CompareEvents(const std::vector<EventBatch>& found,
                            const std::vector<uint64_t>& expected, uint64_t removals);
  std::string CompareBatch(const absl::StatusOr<EventBatch>& found,
                           const absl::StatusOr<ReferenceModel::Batch>& expected, const Seen& seen);
  std::vector<uint64_t> NextOf(Followed* followed) const;
  std::vector<uint64_t> NextPiecesOf(Followed* followed, size_t pieces) const;

  const Engine engine_;
  const std::string directory_;
  const std::unique_ptr<ReferenceModel> model_;
  FakeClock clock_;
  std::string path_;
  int paths_ = 0;  // made so far
  std::map<TableId, TableId> tables_;
  std::unique_ptr<EventStore> store_;
  std::map<int, Kept> kept_;
  std::map<int, Followed> followed_;
  Outcomes outcomes_;
};

}  // namespace daybook

#endif  // DAYBOOK_TESTS_TORTURE_STORE_UNDER_TEST_H_
