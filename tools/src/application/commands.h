// The commands that need to know the application. Each returns its exit code; errors are told on
// console.err.
#ifndef DAYBOOK_TOOLS_SRC_APPLICATION_COMMANDS_H_
#define DAYBOOK_TOOLS_SRC_APPLICATION_COMMANDS_H_

#include <string>

#include "application/application.h"
#include "application/arguments.h"
#include "console.h"
#include "exit_code.h"

namespace daybook::tools {

// An id for a command that the user gave none; and what an error says of it, for where the outcome
// is unknown only the id tells it.
std::string DrawCommandId(const Application& application);
std::string AgainText(const std::string& command_id);
// Executes the command of this id, durably, and prints its reply or its rejection.
ExitCode Execute(const Application& application, const ExecuteArguments& arguments,
                 Console& console);
// Rows of a view, as they are stored or as of a moment.
ExitCode Query(const Application& application, const QueryArguments& arguments, Console& console);
// Rows of a view, and then what becomes of them, until nobody wants to know any more.
ExitCode Watch(const Application& application, const WatchArguments& arguments, Console& console);
// The state of an aggregate, as of now or of a moment.
ExitCode State(const Application& application, const StateArguments& arguments, Console& console);
// The events that made a row or a state what it is.
ExitCode ShowWhy(const Application& application, const WhyArguments& arguments, Console& console);
// The first event after which a condition on a row or a state holds.
ExitCode ShowBisect(const Application& application, const BisectArguments& arguments,
                    Console& console);
// How far each view is.
ExitCode Views(const Application& application, const ViewsArguments& arguments, Console& console);
// What is wrong or will be, and what to do about it.
ExitCode Doctor(const Application& application, const DoctorArguments& arguments, Console& console);
// Whether this build can read all that the store holds.
ExitCode CheckSchemas(const Application& application, const SchemaCheckArguments& arguments,
                      Console& console);
// Opens the application until its views have reached the tip.
ExitCode CatchUp(const Application& application, const CatchUpArguments& arguments,
                 Console& console);
// Builds a view anew from the log while the present build answers, or gives that up.
ExitCode Replay(const Application& application, const ReplayArguments& arguments, Console& console);
// What of a view is parked, and the events of one key of it.
ExitCode ListParkedKeys(const Application& application, const ParkedArguments& arguments,
                        Console& console);
ExitCode ShowParkedKey(const Application& application, const ParkedArguments& arguments,
                       Console& console);
// Folds it again, or discards it.
ExitCode ReplayParkedKeys(const Application& application, const ParkedArguments& arguments,
                          Console& console);
ExitCode DropParkedKey(const Application& application, const ParkedArguments& arguments,
                       Console& console);
// Goes back to the build of a view that answered before.
ExitCode Rollback(const Application& application, const RollbackArguments& arguments,
                  Console& console);

}  // namespace daybook::tools

#endif  // DAYBOOK_TOOLS_SRC_APPLICATION_COMMANDS_H_
