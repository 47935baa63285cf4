// A project to begin with.
#ifndef DAYBOOK_TOOLS_SRC_NEW_PROJECT_H_
#define DAYBOOK_TOOLS_SRC_NEW_PROJECT_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace daybook::tools {

// A file of tools/template, compiled in. Its name and text say "starter" for the project.
struct TemplateFile {
  absl::string_view name;
  absl::string_view text;
};
const std::vector<TemplateFile>& TemplateFiles();

// InvalidArgument unless `name` can name a namespace, a CMake target and a directory: lower case
// letters, digits and '_', a letter first, at most 64, and no name that is taken in C++, in CMake
// or by the C library.
absl::Status CheckProjectName(absl::string_view name);

// Writes the project `name` into a new directory of that name in `parent`: whole or not at all.
// InvalidArgument for the name, AlreadyExists when there is something of that name, NotFound when
// there is no `parent`, or the system's refusal.
absl::Status WriteProject(const std::string& name, const std::string& parent);

}  // namespace daybook::tools

#endif  // DAYBOOK_TOOLS_SRC_NEW_PROJECT_H_
