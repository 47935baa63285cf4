// The command line of an application: everything that `daybook` can do with a store, and what needs
// to know the application's own aggregates and views. docs/application_tool.md lists the commands.
//
//   int main(int argc, char** argv) {
//     return daybook::ToolMain(argc, argv, {.store = "bank.db"}, daybook::Aggregate<Account>(),
//                              daybook::Inline<Balances>());
//   }
#ifndef DAYBOOK_TOOLS_TOOL_MAIN_H_
#define DAYBOOK_TOOLS_TOOL_MAIN_H_

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "daybook/aggregates/aggregate.h"
#include "daybook/aggregates/app.h"
#include "daybook/aggregates/app_options.h"
#include "daybook/projections/projection.h"

namespace daybook {

// A command of the application itself, beside those of the tool.
struct OwnCommand {
  std::string name;  // takes the place of the tool's command of that name
  std::string help;  // a line
  // Gets the arguments from the command's name on, and returns the exit code.
  std::function<int(int argc, char** argv)> run;
};

struct ToolOptions {
  // Where the store is when neither --store nor the environment's DAYBOOK_STORE says it. Empty: one
  // of them must.
  std::string store;
  // As the application opens its store; but only `execute --create` makes one.
  AppOptions app;
  std::vector<OwnCommand> commands;
};

namespace tools {

// What the registrations come to.
struct ApplicationParts {
  std::vector<const AggregateDefinition*> aggregates;
  std::vector<ProjectionRegistration> projections;
  std::function<absl::StatusOr<App>(absl::string_view path, const AppOptions& options)> open;
};

template <typename... Registrations>
ApplicationParts PartsOf(Registrations... registrations) {
  internal::AppRegistrations collected;
  (collected.Add(registrations), ...);
  std::vector<const AggregateDefinition*> aggregates;
  for (const AggregateRegistration& aggregate : collected.aggregates) {
    aggregates.push_back(aggregate.definition);
  }
  return {.aggregates = std::move(aggregates),
          .projections = std::move(collected.projections),
          .open = [registrations...](absl::string_view path, const AppOptions& options) {
            return App::Open(path, options, registrations...);
          }};
}

int RunToolMain(int argc, char** argv, ToolOptions options, ApplicationParts parts);

}  // namespace tools

// Runs the command that the arguments name, on the files of a store that nobody has open, and
// returns the exit code. docs/application_tool.md says which commands change something; the others
// do not even let a view go on. The registrations are those of App::Open.
template <typename... Registrations>
requires(internal::kIsRegistration<Registrations>&&...) int ToolMain(
    int argc, char** argv, ToolOptions options, Registrations... registrations) {
  return tools::RunToolMain(argc, argv, std::move(options),
                            tools::PartsOf(std::move(registrations)...));
}

}  // namespace daybook

#endif  // DAYBOOK_TOOLS_TOOL_MAIN_H_
