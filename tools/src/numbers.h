// Numbers on the command line.
#ifndef DAYBOOK_TOOLS_SRC_NUMBERS_H_
#define DAYBOOK_TOOLS_SRC_NUMBERS_H_

#include <cstdint>

#include "CLI/App.hpp"

namespace daybook::tools {

// A whole number of at least `min` and at most `max`; CLI11's own checks let "-1" become a very
// large one.
CLI::Validator WholeNumber(uint64_t min, uint64_t max = ~uint64_t{0});

// Seconds, 0.01 to 86400.
CLI::Validator Seconds();

}  // namespace daybook::tools

#endif  // DAYBOOK_TOOLS_SRC_NUMBERS_H_
