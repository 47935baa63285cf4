// A view's rows with their checkpoint are the snapshot of the whole view: a restart, and a restore
// from a backup, go on from them.
#include <atomic>
#include <filesystem>

#include "app_fixture.h"
#include "daybook/snapshots/backup.h"

namespace daybook {
namespace {

// Counts what it folds.
struct CountedBalances : Balances {
  static constexpr absl::string_view kName = "CountedBalance";
  static inline std::atomic<int> folded{0};
  using Balances::On;
  static absl::Status On(Row& row, const Deposited& event) {
    ++folded;
    return Balances::On(row, event);
  }
};

class ViewRestart : public AppTest {
 protected:
  void SetUp() override {
    AppTest::SetUp();
    std::filesystem::create_directory(directory_);
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  void Deposit(int from, int until) {
    for (int account = from; account < until; ++account) {
      ASSERT_THAT(app_->Execute(DepositOf(1, absl::StrCat(account))), IsOk());
    }
  }
  // How many events the view folded until it had all.
  static int FoldedBy(App& app) {
    const Token tip(app.store().Tip());
    EXPECT_THAT(app.Range<CountedBalances>({.at_least = tip}), IsOk());
    return CountedBalances::folded.exchange(0);
  }
  // Of an application that is opened with the view as `view` registers it.
  int FoldedByOpening(const ProjectionRegistration& view) {
    CountedBalances::folded = 0;
    ReopenWith(Aggregate<Account>(), view);
    return FoldedBy(*app_);
  }
  void GoOnFromRows(const ProjectionRegistration& view);

  const std::string directory_ =
      testing::TempDir() + "daybook-restart-" + Uuid::Random().ToString();
};

INSTANTIATE_TEST_SUITE_P(Disks, ViewRestart, testing::ValuesIn(DiskKinds()), DiskKindName);

void ViewRestart::GoOnFromRows(const ProjectionRegistration& view) {
  Deposit(0, 100);
  EXPECT_EQ(FoldedByOpening(view), 100);
  EXPECT_EQ(FoldedByOpening(view), 0);
  Reopen();  // without it
  Deposit(100, 103);
  EXPECT_EQ(FoldedByOpening(view), 3);

  const auto backup = Backup(app_->store(), directory_ + "/backups");
  if (absl::IsUnimplemented(backup.status())) return;  // in memory
  ASSERT_THAT(backup, IsOk());
  const std::string restored = directory_ + "/restored";
  const StoreOptions small{.witness_bytes = size_t{1} << 20};
  ASSERT_THAT(Restore(directory_ + "/backups", restored, {.store = small}), IsOk());
  auto store = OpenStore(restored, small);
  ASSERT_THAT(store, IsOk());
  auto app = App::Open(*std::move(store), AppOptions(), Aggregate<Account>(), view);
  ASSERT_THAT(app, IsOk());
  EXPECT_EQ(FoldedBy(*app), 0);
  EXPECT_EQ(app->Range<CountedBalances>()->size(), 103u);
}

TEST_P(ViewRestart, AnInlineViewGoesOnFromItsRows) {
  GoOnFromRows(Inline<CountedBalances>());
}
TEST_P(ViewRestart, AnAsyncViewGoesOnFromItsRows) {
  GoOnFromRows(Async<CountedBalances>());
}

}  // namespace
}  // namespace daybook
