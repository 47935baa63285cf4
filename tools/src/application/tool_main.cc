#include "daybook/tools/tool_main.h"

#include <unistd.h>

#include <filesystem>
#include <iostream>

#include "application/run_application.h"

namespace daybook::tools {

int RunToolMain(int argc, char** argv, ToolOptions options, ApplicationParts parts) {
  std::ios::sync_with_stdio(false);
  Console console{.out = std::cout, .err = std::cerr};
  console.show_progress = isatty(STDERR_FILENO) != 0;
  const std::string program =
      argc > 0 ? std::filesystem::path(argv[0]).filename().string() : "application";
  return RunApplication(Application(program, std::move(options), std::move(parts)), argc, argv,
                        console);
}

}  // namespace daybook::tools
