// What a command reads, writes to and waits on.
#ifndef DAYBOOK_TOOLS_SRC_CONSOLE_H_
#define DAYBOOK_TOOLS_SRC_CONSOLE_H_

#include <functional>
#include <iostream>
#include <string>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace daybook {
class EventStore;
}

namespace daybook::tools {

// The application that has the store open, where a command runs within it.
struct RunningStore {
  EventStore* store = nullptr;
  std::string path;
  // Of the program that asks: what its relative paths are in.
  std::string directory;
};

struct Console {
  std::ostream& out;
  std::ostream& err;
  // The name that errors begin with.
  std::string program = "daybook";
  std::istream& in = std::cin;
  // Long commands write a progress line to `err`.
  bool show_progress = false;
  // nullptr: the command opens the files of the store that it names.
  const RunningStore* running = nullptr;
  // Waits, and says whether somebody still wants the answer; false ends what would go on, such as
  // `tail -f`.
  std::function<bool(absl::Duration)> wait = [](absl::Duration duration) {
    absl::SleepFor(duration);
    return true;
  };
};

}  // namespace daybook::tools

#endif  // DAYBOOK_TOOLS_SRC_CONSOLE_H_
