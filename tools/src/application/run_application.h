// The command line of an application's tool as a function.
#ifndef DAYBOOK_TOOLS_SRC_APPLICATION_RUN_APPLICATION_H_
#define DAYBOOK_TOOLS_SRC_APPLICATION_RUN_APPLICATION_H_

#include "application/application.h"
#include "console.h"

namespace daybook::tools {

// Runs the command that the arguments name (argv[0] is the program) and returns its exit code, or
// that of an own command.
int RunApplication(const Application& application, int argc, char** argv, Console& console);

}  // namespace daybook::tools

#endif  // DAYBOOK_TOOLS_SRC_APPLICATION_RUN_APPLICATION_H_
