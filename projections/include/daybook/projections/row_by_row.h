// An event that some rows of a view take and others do not. Folds use it; nobody else has to read
// it.
#ifndef DAYBOOK_PROJECTIONS_ROW_BY_ROW_H_
#define DAYBOOK_PROJECTIONS_ROW_BY_ROW_H_

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace daybook::internal {

// For an event that is folded row by row: a row that does not take it keeps it from no other. Not
// thread-safe.
class RowByRow {
 public:
  enum class Way : uint8_t {
    kFold,   // On is called for the row
    kHold,   // it is not, and the row stands in passed_over()
    kLeave,  // it is not: the row is no matter of this call
  };
  using Ask = std::function<Way(absl::string_view key)>;
  struct PassedOver {
    std::string key;
    absl::Status refusal;  // what On returned; OK: the row was held
  };

  explicit RowByRow(Ask ask) : ask_(std::move(ask)) {}
  RowByRow(const RowByRow&) = delete;
  RowByRow& operator=(const RowByRow&) = delete;

  // Before each event. Not `asks`: every row is folded. Not `goes_on`: an error of On is that of
  // the event, and no row changes.
  void Begin(bool asks, bool goes_on) {
    passed_over_.clear();
    asks_ = asks;
    goes_on_ = goes_on;
  }
  // The rows that did not take the event, each once.
  const std::vector<PassedOver>& passed_over() const { return passed_over_; }

  // Of the fold.
  bool goes_on() const { return goes_on_; }
  // PassesOver may say yes.
  bool asks() const { return asks_ || !passed_over_.empty(); }
  // Not to be folded: as it was asked for, or since it refused the event a moment ago.
  bool PassesOver(absl::string_view key) {
    if (!asks()) return false;
    for (const PassedOver& row : passed_over_) {
      if (row.key == key) return true;
    }
    const Way way = asks_ ? ask_(key) : Way::kFold;
    if (way == Way::kHold) passed_over_.push_back({std::string(key), absl::OkStatus()});
    return way != Way::kFold;
  }
  void Refuse(absl::string_view key, absl::Status refusal) {
    passed_over_.push_back({std::string(key), std::move(refusal)});
  }

 private:
  const Ask ask_;
  bool asks_ = false;
  bool goes_on_ = true;
  std::vector<PassedOver> passed_over_;
};

}  // namespace daybook::internal

#endif  // DAYBOOK_PROJECTIONS_ROW_BY_ROW_H_
