// What a command tells its caller.
#ifndef DAYBOOK_TOOLS_SRC_EXIT_CODE_H_
#define DAYBOOK_TOOLS_SRC_EXIT_CODE_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "console.h"

namespace daybook::tools {

// Scripts rely on the numbers; docs/tool.md lists them.
enum ExitCode : int {
  kSound = 0,
  kDamaged = 1,         // stored bytes are not what was written
  kUsage = 2,           // the arguments
  kNoStore = 3,         // no store there, no store at all, or what was asked for is not in it
  kInUse = 4,           // open elsewhere
  kOther = 5,           // everything else that the system refuses; a newer format
  kNeedsAttention = 6,  // doctor: something is wrong, or will be
  kRejected = 7,        // execute: the business said no
};

// The class of an error that the opened store returned.
ExitCode ExitCodeOf(const absl::Status& status);

// Writes "<program>: <message>" for a person and returns the code.
ExitCode Fail(Console& console, ExitCode code, absl::string_view message);
ExitCode Fail(Console& console, const absl::Status& status);

}  // namespace daybook::tools

#endif  // DAYBOOK_TOOLS_SRC_EXIT_CODE_H_
