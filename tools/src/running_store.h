// Commands run within the application that has the store open.
#ifndef DAYBOOK_TOOLS_SRC_RUNNING_STORE_H_
#define DAYBOOK_TOOLS_SRC_RUNNING_STORE_H_

#include <optional>
#include <string>
#include <vector>

#include "console.h"
#include "exit_code.h"
#include "tool_socket.h"

namespace daybook::tools {

// Has the application that listens in the directory `store` run the command line, and passes on
// what it writes and its exit code. nullopt: nobody listens there. An answer that does not come is
// an error, which ends with `when_lost`: whether the command was run is not known.
std::optional<ExitCode> RunInApplication(const std::string& store, ToolKind kind,
                                         const std::vector<std::string>& arguments,
                                         const std::string& when_lost, Console& console);

}  // namespace daybook::tools

#endif  // DAYBOOK_TOOLS_SRC_RUNNING_STORE_H_
