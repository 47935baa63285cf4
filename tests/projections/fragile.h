// A view that cannot take some events until it is mended, and what there is to know of it by hand.
#ifndef DAYBOOK_TESTS_PROJECTIONS_FRAGILE_H_
#define DAYBOOK_TESTS_PROJECTIONS_FRAGILE_H_

#include <atomic>
#include <cstdint>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "shop.h"

namespace daybook {

constexpr absl::string_view kBalances = shop::AsyncBalances::kName;
// None is tried again: what failed is parked for good.
constexpr FailureOptions kParkAtOnce = {.retry = {.attempts = 1}};

// Refuses deposits of 13, 113, 213... that are at least `refuses_from`. Mending it changes nothing
// that its definition tells: it goes on with the rows that it has.
struct FragileBalances : shop::AsyncBalances {
  static constexpr int64_t kNothing = std::numeric_limits<int64_t>::max();
  static inline std::atomic<int64_t> refuses_from{0};
  static inline std::atomic<int> refusals{0};

  using shop::Balances::On;
  static absl::Status On(Row& row, const shop::Deposited& event) {
    shop::Balances::On(row, event);
    if (event.amount() % 100 != 13 || event.amount() < refuses_from.load()) return absl::OkStatus();
    ++refusals;
    return absl::InvalidArgumentError(absl::StrCat("no ", event.amount()));
  }

  static void Break() {
    refuses_from = 0;
    refusals = 0;
  }
  static void Mend() { refuses_from = kNothing; }
};

// Labels that take a withdrawal of 13 once they are mended.
struct FragileLabels : shop::AsyncLabels {
  static inline std::atomic<bool> mended{false};
  using shop::Labels::On;
  static absl::Status On(Row& row, const shop::Withdrawn& event) {
    row.set_sum(row.sum() - event.amount());
    if (event.amount() == 13 && !mended.load()) return absl::InvalidArgumentError("thirteen");
    return absl::OkStatus();
  }
};

// The events of each key of Balances up to `until`, by position; none of those that it ignores.
inline std::map<std::string, std::vector<Position>> SequencesByHand(
    const StoreReader& reader, Position until = Position::End()) {
  std::map<std::string, std::vector<Position>> sequences;
  ReadLogOptions options;
  while (true) {
    const absl::StatusOr<EventBatch> batch = reader.ReadLog(options);
    EXPECT_THAT(batch, IsOk());
    if (!batch.ok()) return sequences;
    for (const RecordedEvent& event : *batch) {
      if (event.position > until) return sequences;
      if (event.type == "shop.Viewed") continue;
      const std::string key = event.type == "shop.Noted"
                                  ? shop::Decoded<shop::Noted>(event).account()
                                  : std::string(KeyOf(event.stream));
      sequences[key].push_back(event.position);
    }
    if (batch->at_end()) return sequences;
    options.from = batch->next();
  }
}

// The rows of Balances with the events up to `until`, but that of the keys in `parked` those from
// the position on are missing.
inline shop::Rows BalancesWithout(const StoreReader& reader,
                                  const std::map<std::string, Position>& parked,
                                  Position until = Position::End()) {
  std::map<std::string, shop::Balance> rows;
  ReadLogOptions options;
  while (true) {
    const absl::StatusOr<EventBatch> batch = reader.ReadLog(options);
    EXPECT_THAT(batch, IsOk());
    if (!batch.ok()) break;
    for (const RecordedEvent& event : *batch) {
      if (event.position > until) return shop::Encoded(rows);
      const std::string key = event.type == "shop.Noted"
                                  ? shop::Decoded<shop::Noted>(event).account()
                                  : std::string(KeyOf(event.stream));
      const auto held = parked.find(key);
      if (held == parked.end() || event.position < held->second) shop::FoldBalance(event, &rows);
    }
    if (batch->at_end()) break;
    options.from = batch->next();
  }
  return shop::Encoded(rows);
}

}  // namespace daybook

#endif  // DAYBOOK_TESTS_PROJECTIONS_FRAGILE_H_
