#include "daybook/projections/failure_options.h"

#include <algorithm>

#include "daybook/core/errors.h"

namespace daybook {

absl::string_view FailurePolicyName(FailurePolicy policy) {
  switch (policy) {
    case FailurePolicy::kPark:
      return "park";
    case FailurePolicy::kStop:
      return "stop";
    case FailurePolicy::kSkip:
      return "skip";
  }
  return "";
}

absl::Duration BackoffAfter(const RetryOptions& retry, size_t attempt) {
  absl::Duration backoff = retry.first_backoff;
  for (size_t i = 1; i < attempt && backoff < retry.longest_backoff; ++i) backoff *= 2;
  return std::min(backoff, retry.longest_backoff);
}

absl::Status CheckFailureOptions(const FailureOptions& options) {
  const RetryOptions& retry = options.retry;
  if (retry.attempts == 0 || retry.attempts > 1'000) {
    return InvalidFieldError("failures.retry.attempts", "1 to 1000");
  }
  if (retry.first_backoff <= absl::ZeroDuration()) {
    return InvalidFieldError("failures.retry.first_backoff", "more than 0");
  }
  if (retry.longest_backoff < retry.first_backoff || retry.longest_backoff > absl::Hours(24)) {
    return InvalidFieldError("failures.retry.longest_backoff",
                             "at least first_backoff, at most a day");
  }
  if (options.max_parked_keys == 0 || options.max_parked_keys > 1'000'000) {
    return InvalidFieldError("failures.max_parked_keys", "1 to 1000000");
  }
  return absl::OkStatus();
}

}  // namespace daybook
