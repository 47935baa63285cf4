// What a command reads, writes to and waits on.
#ifndef DAYBOOK_TOOLS_SRC_CONSOLE_H_
#define DAYBOOK_TOOLS_SRC_CONSOLE_H_

#include <functional>
#include <iostream>
#include <string>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace daybook::tools {

struct Console {
  std::ostream& out;
  std::ostream& err;
  // The name that errors begin with.
  std::string program = "daybook";
  std::istream& in = std::cin;
  // Long commands write a progress line to `err`.
  bool show_progress = false;
  // Waits between the looks of `tail -f`; false ends it.
  std::function<bool(absl::Duration)> wait = [](absl::Duration duration) {
    absl::SleepFor(duration);
    return true;
  };
};

}  // namespace daybook::tools

#endif  // DAYBOOK_TOOLS_SRC_CONSOLE_H_
