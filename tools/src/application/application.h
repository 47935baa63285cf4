// The application that a tool belongs to: what is registered, by name.
#ifndef DAYBOOK_TOOLS_SRC_APPLICATION_APPLICATION_H_
#define DAYBOOK_TOOLS_SRC_APPLICATION_APPLICATION_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "daybook/tools/tool_main.h"

namespace daybook::tools {

// Constant once made. Every error is InvalidArgument, and names what there is.
class Application {
 public:
  // `running`: the application itself, where it is open and a command runs within it.
  Application(std::string program, ToolOptions options, ApplicationParts parts,
              App* running = nullptr)
      : program_(std::move(program)),
        options_(std::move(options)),
        parts_(std::move(parts)),
        running_(running) {}

  const std::string& program() const { return program_; }
  const ToolOptions& options() const { return options_; }
  const ApplicationParts& parts() const { return parts_; }
  App* running() const { return running_; }

  internal::AppRegistrations Registrations() const;

  absl::StatusOr<const ProjectionDefinition*> FindView(absl::string_view name) const;
  // Whether it is folded when it is asked, and stores nothing.
  bool IsLive(const ProjectionDefinition& view) const;
  // The aggregate that the stream's category belongs to.
  absl::StatusOr<const AggregateDefinition*> FindAggregateOf(absl::string_view stream) const;
  // By the message's full name, or by its last part where that is enough.
  absl::StatusOr<const CommandDefinition*> FindCommand(absl::string_view type) const;
  // nullptr: the application has no such event.
  const EventDefinition* FindEvent(absl::string_view type) const;

 private:
  const std::string program_;
  const ToolOptions options_;
  const ApplicationParts parts_;
  App* const running_;
};

}  // namespace daybook::tools

#endif  // DAYBOOK_TOOLS_SRC_APPLICATION_APPLICATION_H_
