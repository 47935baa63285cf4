// What whoever watches a view keeps of it.
#ifndef DAYBOOK_TESTS_PROJECTIONS_LIVE_COPY_H_
#define DAYBOOK_TESTS_PROJECTIONS_LIVE_COPY_H_

#include <set>
#include <string>
#include <vector>

#include "daybook/core/codec.h"
#include "daybook/projections/live_query.h"
#include "shop.h"

namespace daybook {

template <typename P>
struct LiveCopy {
  shop::Rows rows;
  std::string resume;
  bool complete = true;
  Position position;
  std::set<std::string> told;  // that had a row since all came
  int resets = 0;
  std::vector<std::string> last;  // the keys of the last batch
  bool by_index = false;          // at first in its order
  bool knows_all = true;          // what is gone was there: not after a `resume`

  void Take(const RowBatch<P>& batch) {
    // Whoever takes a part, and then begins anew, is told so.
    EXPECT_TRUE(batch.reset || !resume.empty() || !complete);
    if (batch.reset) {
      rows.clear();
      told.clear();
      knows_all = true;
      ++resets;
    }
    last.clear();
    for (const ChangedRow<P>& changed : batch.rows) {
      EXPECT_TRUE(by_index || last.empty() || last.back() < changed.key);
      last.push_back(changed.key);
      if (changed.row.has_value()) {
        rows[changed.key] = EncodeMessage(*changed.row);
        told.insert(changed.key);
      } else {
        EXPECT_FALSE(batch.reset);
        EXPECT_TRUE(!by_index || !knows_all || told.count(changed.key) > 0) << changed.key;
        rows.erase(changed.key);
      }
    }
    complete = batch.complete;
    position = batch.position;
    if (batch.complete) {
      EXPECT_FALSE(batch.resume.empty());
      resume = batch.resume;
    }
  }
  // The next batch; false: an error.
  bool TakeNext(LiveQuery<P>& query, absl::Duration timeout = absl::Seconds(30)) {
    const auto batch = query.Next(timeout);
    EXPECT_THAT(batch, IsOk());
    if (batch.ok()) Take(*batch);
    return batch.ok();
  }
};

}  // namespace daybook

#endif  // DAYBOOK_TESTS_PROJECTIONS_LIVE_COPY_H_
