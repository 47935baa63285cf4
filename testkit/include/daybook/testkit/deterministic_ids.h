// Ids that are the same in every run.
#ifndef DAYBOOK_TESTKIT_DETERMINISTIC_IDS_H_
#define DAYBOOK_TESTKIT_DETERMINISTIC_IDS_H_

#include <atomic>
#include <cstdint>

#include "daybook/core/uuid.h"

namespace daybook {

// A sequence of ids, each different from the others and from those of another seed. Thread-safe;
// which thread gets which id is open when several take them at once.
class DeterministicIds {
 public:
  explicit DeterministicIds(uint64_t seed = 0) : base_(Uuid::Derive("daybook testkit", seed)) {}

  Uuid Next() { return At(next_.fetch_add(1, std::memory_order_relaxed)); }
  // The n-th of the sequence, from 0.
  Uuid At(uint64_t n) const { return base_.Derive(n); }

 private:
  const Uuid base_;
  std::atomic<uint64_t> next_{0};
};

}  // namespace daybook

#endif  // DAYBOOK_TESTKIT_DETERMINISTIC_IDS_H_
