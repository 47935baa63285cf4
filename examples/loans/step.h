// One row of a log.
#ifndef DAYBOOK_EXAMPLES_LOANS_STEP_H_
#define DAYBOOK_EXAMPLES_LOANS_STEP_H_

#include <cstdint>
#include <string>

#include "timestamp.h"

namespace loans {

// The life cycle of an activity; only work items have more than its completion.
enum class Transition : uint8_t { kSchedule, kStart, kComplete };

struct Step {
  uint64_t row = 0;  // from 1; the header is none
  std::string application;
  std::string activity;  // "A_…", "O_…" or "W_…"
  Transition transition = Transition::kComplete;
  std::string resource;  // may be empty
  Timestamp time;
  int64_t amount = 0;  // euros
};

}  // namespace loans

#endif  // DAYBOOK_EXAMPLES_LOANS_STEP_H_
