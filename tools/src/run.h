// The command lines as functions: that of `daybook`, and those that have its commands and more.
#ifndef DAYBOOK_TOOLS_SRC_RUN_H_
#define DAYBOOK_TOOLS_SRC_RUN_H_

#include <functional>
#include <string>
#include <vector>

#include "console.h"
#include "exit_code.h"
#include "running_store.h"

namespace CLI {
class App;
}

namespace daybook::tools {

// What the arguments ask for.
struct ChosenCommand {
  std::function<ExitCode(Console&)> run;
  // The store that it works on, where that is one that an application may have open; else nullptr.
  std::string* store = nullptr;
  // Where an application runs it: arguments that it gets beside those of the user, and what he is
  // told when its answer does not come.
  std::vector<std::string> more_arguments;
  std::string when_lost;
};

// A program with the commands of `daybook`.
struct Program {
  std::string name;
  std::string description;
  std::string more_exit_codes;  // for --help: those that `daybook` has not
  ToolKind kind = ToolKind::kDaybook;
  // The store is --store DIR, or the environment's DAYBOOK_STORE, or `default_store`, when that is
  // not empty; otherwise it is the first argument of each command.
  bool names_store_by_option = false;
  std::string default_store;
  // Adds further commands. Each, when it is parsed, puts itself into `chosen`.
  std::function<void(CLI::App& app, ChosenCommand* chosen)> add_commands;
};

// Runs `daybook` with the arguments (argv[0] is the program) and returns its exit code
// (exit_code.h).
int Run(int argc, const char* const* argv, Console& console);
// The same for a program.
int RunProgram(const Program& program, int argc, const char* const* argv, Console& console);

// Adds the store's argument or option, as `program` has it, to a command.
void AddStore(const Program& program, CLI::App& command, std::string* store,
              const std::string& what = "The store's directory");

}  // namespace daybook::tools

#endif  // DAYBOOK_TOOLS_SRC_RUN_H_
