// What is done with an event that a handler cannot take: On returned an error, or the event cannot
// be decoded. The rule is the same for every kind of handler that follows the log.
#ifndef DAYBOOK_PROJECTIONS_FAILURE_OPTIONS_H_
#define DAYBOOK_PROJECTIONS_FAILURE_OPTIONS_H_

#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace daybook {

// After the last attempt.
enum class FailurePolicy : uint8_t {
  // The event is kept, and the later ones of its key behind it, until they are replayed or dropped;
  // the other keys go on.
  kPark,
  // The handler stands before the event, with its error in its status, until it is opened again.
  kStop,
  // The event is passed over, counted and named in the status. What it would have changed is
  // missing for good.
  kSkip,
};

// "park", "stop", "skip".
absl::string_view FailurePolicyName(FailurePolicy policy);

// Attempts to have one event taken, at times of the handler's clock. A key waits in between and the
// other keys go on; under kStop, and where the key is not known, the handler waits.
struct RetryOptions {
  // In all, the first one among them. 1: none is repeated. At most 1,000.
  size_t attempts = 3;
  // Before the second attempt; twice as long before each further one, up to `longest_backoff`. Up
  // to a day.
  absl::Duration first_backoff = absl::Milliseconds(100);
  absl::Duration longest_backoff = absl::Seconds(10);
};

// How long it is from attempt number `attempt`, from 1, to the next.
absl::Duration BackoffAfter(const RetryOptions& retry, size_t attempt);

struct FailureOptions {
  FailurePolicy policy = FailurePolicy::kPark;
  RetryOptions retry;
  // Keys that may be held at one time. They are kept in memory, each with about 200 bytes beside
  // its own. A handler that has more of them is broken rather than an event: it stops, with
  // ResourceExhausted. 1 to 1,000,000.
  size_t max_parked_keys = 10'000;
};

// InvalidArgument (InvalidField) names the option that is out of range.
absl::Status CheckFailureOptions(const FailureOptions& options);

}  // namespace daybook

#endif  // DAYBOOK_PROJECTIONS_FAILURE_OPTIONS_H_
