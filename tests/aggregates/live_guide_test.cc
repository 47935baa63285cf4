// The code of docs/guides/live_queries.md.
#include <map>
#include <string>
#include <utility>

#include "bank.h"
#include "daybook/core/open.h"
#include "daybook/testkit/status_matchers.h"

namespace daybook {
namespace {

//! [copy]
// Balances by account, as a page in a browser has them.
struct Page {
  std::map<std::string, bank::Balance> rows;
  std::string resume;  // to be kept with them

  // What is new, or nothing within a second.
  absl::Status Update(LiveQuery<Balances>& query) {
    absl::StatusOr<RowBatch<Balances>> batch;
    do {
      batch = query.Next(absl::Seconds(1));
      if (!batch.ok()) return batch.status();
      if (batch->reset) rows.clear();
      for (const ChangedRow<Balances>& changed : batch->rows) {
        if (changed.row.has_value()) {
          rows[changed.key] = *changed.row;
        } else {
          rows.erase(changed.key);
        }
      }
    } while (!batch->complete);
    resume = batch->resume;
    return absl::OkStatus();
  }
};
//! [copy]

TEST(LiveGuide, KeepsAPageUpToDate) {
  auto store = OpenMemoryStore();
  ASSERT_THAT(store, IsOk());
  EventStore* const kept = store->get();
  for (const char* stream : {"account-7", "account-8"}) {
    ASSERT_THAT(kept->Append(stream, ExpectedVersion::Any(), {OutsideDeposit(30)}), IsOk());
  }
  auto app = App::Open(*std::move(store), AppOptions(), Aggregate<Account>(), Inline<Balances>());
  ASSERT_THAT(app, IsOk());
  ASSERT_THAT(app->Range<Balances>({.at_least = Token(kept->Tip())}), IsOk());
  Page page;
  {
    //! [watch]
    auto query = app->Watch<Balances>({.prefix = "7"});
    //! [watch]
    ASSERT_THAT(query, IsOk());
    ASSERT_THAT(page.Update(*query), IsOk());
    ASSERT_EQ(page.rows.size(), 1u);
    EXPECT_EQ(page.rows["7"].amount(), 30);
  }
  ASSERT_THAT(app->Execute(Make<Deposit>({.account = "7", .amount = 5})), IsOk());
  //! [resume]
  auto again = app->Watch<Balances>({.prefix = "7", .resume = page.resume});
  //! [resume]
  ASSERT_THAT(again, IsOk());
  const auto batch = again->Next(absl::Seconds(1));
  ASSERT_THAT(batch, IsOk());
  EXPECT_FALSE(batch->reset);
  ASSERT_EQ(batch->rows.size(), 1u);
  EXPECT_EQ(batch->rows[0].row->amount(), 35);
}

}  // namespace
}  // namespace daybook
