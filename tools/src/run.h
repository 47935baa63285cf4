// The `daybook` command line as a function.
#ifndef DAYBOOK_TOOLS_SRC_RUN_H_
#define DAYBOOK_TOOLS_SRC_RUN_H_

#include "console.h"

namespace daybook::tools {

// Runs the command that the arguments name (argv[0] is the program) and returns its exit code
// (exit_code.h).
int Run(int argc, const char* const* argv, Console& console);

}  // namespace daybook::tools

#endif  // DAYBOOK_TOOLS_SRC_RUN_H_
