// What AppStats counts.
#ifndef DAYBOOK_AGGREGATES_SRC_COUNTERS_H_
#define DAYBOOK_AGGREGATES_SRC_COUNTERS_H_

#include <atomic>
#include <cstdint>

namespace daybook::internal {

class Counter {
 public:
  void Add(uint64_t n = 1) { value_.fetch_add(n, std::memory_order_relaxed); }
  uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

// Thread-safe.
struct CommandCounters {
  Counter accepted;
  Counter rejected;
  Counter repeated;
  Counter failed;
  Counter decided_again;
  Counter states_loaded;
  Counter states_reused;
  Counter states_dropped;
  Counter replies_removed;
};

}  // namespace daybook::internal

#endif  // DAYBOOK_AGGREGATES_SRC_COUNTERS_H_
