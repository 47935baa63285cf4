#include "commands.h"
#include "new_project.h"
#include "printable.h"

namespace daybook::tools {

ExitCode New(const NewArguments& arguments, Console& console) {
  const absl::Status status = WriteProject(arguments.name, arguments.parent);
  // NAME is an argument like any other, and this one cannot be taken.
  if (absl::IsAlreadyExists(status)) return Fail(console, kUsage, status.message());
  if (!status.ok()) return Fail(console, status);
  console.out << "wrote " << Printable(arguments.parent) << "/" << arguments.name
              << ": its README.md says how to build it\n";
  return kSound;
}

}  // namespace daybook::tools
