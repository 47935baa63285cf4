// Has several threads append to a store and read it at once, and writes down what they saw.
#ifndef DAYBOOK_TESTS_TORTURE_CONCURRENT_RUN_H_
#define DAYBOOK_TESTS_TORTURE_CONCURRENT_RUN_H_

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "daybook/core/event_store.h"
#include "daybook/core/mutex.h"
#include "history.h"

namespace daybook {

// One history, of one store, which may be closed and opened between two calls of Run.
class ConcurrentRun {
 public:
  explicit ConcurrentRun(uint64_t seed) : seeds_(seed) {}

  // `threads` threads make about `calls` calls altogether, and one follows. Returns when all are
  // answered. An error: the store gave one that no right store gives here.
  absl::Status Run(EventStore* store, int threads, uint64_t calls);
  // All that happened, with the log as it is now.
  absl::StatusOr<History> Finish(const EventStore& store);

 private:
  // A call that is under way, and what waits for its end.
  struct Pending {
    Call call;
    Latch done;
    absl::Status error;
  };
  class Caller;

  std::atomic<uint64_t> moments_{0};
  std::atomic<uint64_t> events_{0};  // numbers given to events
  std::mt19937_64 seeds_;
  int threads_ = 0;  // numbers given to threads
  std::deque<std::unique_ptr<Pending>> calls_;
  std::vector<uint64_t> followed_;
};

}  // namespace daybook

#endif  // DAYBOOK_TESTS_TORTURE_CONCURRENT_RUN_H_
