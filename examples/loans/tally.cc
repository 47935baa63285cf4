#include "tally.h"

#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "daybook/core/errors.h"
#include "loan_application.h"

namespace loans {
namespace {

using Rules = LoanApplication::Rejections;  // one for each rule, in their order
static_assert(Rules::kSize == 4);

// The rule that the rejection stands for, from 0; nullopt when it is none.
std::optional<size_t> RuleOf(const absl::Status& status) {
  const auto rejection = daybook::ErrorPayload<daybook::v1::Rejection>(status);
  if (!rejection.has_value()) return std::nullopt;
  std::optional<size_t> rule;
  Rules::ForEach([&]<typename R>() {
    if (rejection->type() == daybook::MessageTraits<R>::kTypeName) rule = Rules::IndexOf<R>();
  });
  return rule;
}

absl::Status AtRow(uint64_t row, const absl::Status& status) {
  absl::Status named(status.code(), absl::StrCat("row ", row, ": ", status.message()));
  status.ForEachPayload([&named](absl::string_view type, const absl::Cord& payload) {
    named.SetPayload(type, payload);
  });
  return named;
}

}  // namespace

bool Tally::Begin() {
  daybook::MutexLock lock(&mutex_);
  while (under_way_ >= most_ && failure_.ok()) ended_.Wait(&mutex_);
  if (!failure_.ok()) return false;
  ++under_way_;
  return true;
}

void Tally::End(uint64_t row, const absl::StatusOr<daybook::Reply>& reply) {
  const std::optional<size_t> rule = reply.ok() ? std::nullopt : RuleOf(reply.status());
  daybook::MutexLock lock(&mutex_);
  --under_way_;
  if (reply.ok()) {
    ++counts_.accepted;
    if (reply->repeated) ++counts_.repeated;
  } else if (rule.has_value()) {
    ++counts_.rejections[*rule];
  } else if (failure_.ok()) {
    failure_ = AtRow(row, reply.status());
  }
  // The one who waits goes on when there is room for more than a few.
  if (under_way_ == 0 || under_way_ == most_ / 2 || !failure_.ok()) ended_.SignalAll();
}

absl::StatusOr<RunResult> Tally::Finish() {
  daybook::MutexLock lock(&mutex_);
  while (under_way_ > 0) ended_.Wait(&mutex_);
  if (!failure_.ok()) return failure_;
  return counts_;
}

}  // namespace loans
