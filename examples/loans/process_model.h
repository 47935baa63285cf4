// The process that generated applications go through.
#ifndef DAYBOOK_EXAMPLES_LOANS_PROCESS_MODEL_H_
#define DAYBOOK_EXAMPLES_LOANS_PROCESS_MODEL_H_

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "step.h"

namespace loans {

// A stream of random numbers that is the same on every machine (the distributions of <random> are
// not).
class Dice {
 public:
  explicit Dice(uint64_t seed) : engine_(seed) {}
  // 0 to n - 1.
  uint64_t Below(uint64_t n) { return engine_() % n; }
  bool Chance(uint64_t percent) { return Below(100) < percent; }

 private:
  std::mt19937_64 engine_;
};

// The whole life of the application with that number, first submitted at `start_ms`: its steps in
// order of time, without row numbers. Every twelfth application breaks one of the four rules, each
// rule in its turn.
std::vector<Step> ApplicationLife(uint64_t number, int64_t start_ms, Dice& dice);

}  // namespace loans

#endif  // DAYBOOK_EXAMPLES_LOANS_PROCESS_MODEL_H_
