// Counts the replies of a run.
#ifndef DAYBOOK_EXAMPLES_LOANS_TALLY_H_
#define DAYBOOK_EXAMPLES_LOANS_TALLY_H_

#include <cstddef>
#include <cstdint>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "daybook/aggregates/reply.h"
#include "daybook/core/mutex.h"
#include "run_log.h"

namespace loans {

// Thread-safe.
class Tally {
 public:
  explicit Tally(size_t in_flight) : most_(in_flight) {}

  // Waits until one more command may be under way. False: one has failed, give up.
  bool Begin();
  // The reply of a command that was begun.
  void End(uint64_t row, const absl::StatusOr<daybook::Reply>& reply);
  // Waits for all that was begun: the counts, without time and rows, or the first failure.
  absl::StatusOr<RunResult> Finish();

 private:
  const size_t most_;
  daybook::Mutex mutex_;
  daybook::CondVar ended_;
  size_t under_way_ ABSL_GUARDED_BY(mutex_) = 0;
  RunResult counts_ ABSL_GUARDED_BY(mutex_);
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace loans

#endif  // DAYBOOK_EXAMPLES_LOANS_TALLY_H_
