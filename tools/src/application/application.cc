#include "application/application.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "daybook/core/stream_name.h"

namespace daybook::tools {
namespace {

absl::Status NoSuch(absl::string_view kind, absl::string_view name,
                    const std::vector<std::string>& known) {
  return absl::InvalidArgumentError(
      absl::StrCat("the application has no ", kind, " ", name,
                   known.empty() ? std::string(", and none at all")
                                 : absl::StrCat(": it has ", absl::StrJoin(known, ", "))));
}

absl::string_view LastPart(absl::string_view full_name) {
  return full_name.substr(full_name.rfind('.') + 1);
}

}  // namespace

internal::AppRegistrations Application::Registrations() const {
  internal::AppRegistrations registrations;
  for (const AggregateDefinition* aggregate : parts_.aggregates) {
    registrations.Add(AggregateRegistration{aggregate});
  }
  registrations.projections = parts_.projections;
  return registrations;
}

absl::StatusOr<const ProjectionDefinition*> Application::FindView(absl::string_view name) const {
  std::vector<std::string> known;
  for (const ProjectionRegistration& projection : parts_.projections) {
    if (projection.definition->name() == name) return projection.definition.get();
    known.push_back(projection.definition->name());
  }
  return NoSuch("view", name, known);
}

bool Application::IsLive(const ProjectionDefinition& view) const {
  return std::any_of(parts_.projections.begin(), parts_.projections.end(),
                     [&view](const ProjectionRegistration& projection) {
                       return projection.definition.get() == &view &&
                              projection.lifecycle == Lifecycle::kLive;
                     });
}

absl::StatusOr<const AggregateDefinition*> Application::FindAggregateOf(
    absl::string_view stream) const {
  std::vector<std::string> known;
  for (const AggregateDefinition* aggregate : parts_.aggregates) {
    if (aggregate->category == CategoryOf(stream)) return aggregate;
    known.push_back(absl::StrCat(aggregate->category, "-..."));
  }
  return NoSuch("stream", stream, known);
}

absl::StatusOr<const CommandDefinition*> Application::FindCommand(absl::string_view type) const {
  std::vector<std::string> known;
  std::vector<const CommandDefinition*> found;
  for (const AggregateDefinition* aggregate : parts_.aggregates) {
    for (const CommandDefinition& command : aggregate->commands) {
      if (command.type == type) return &command;
      if (LastPart(command.type) == type) found.push_back(&command);
      known.emplace_back(command.type);
    }
  }
  if (found.size() == 1) return found.front();
  if (found.empty()) return NoSuch("command", type, known);
  return absl::InvalidArgumentError(absl::StrCat(
      "more than one command is called ", type, ": ",
      absl::StrJoin(found, ", ", [](std::string* out, const CommandDefinition* command) {
        absl::StrAppend(out, command->type);
      })));
}

const EventDefinition* Application::FindEvent(absl::string_view type) const {
  for (const AggregateDefinition* aggregate : parts_.aggregates) {
    for (const EventDefinition& event : aggregate->events) {
      if (event.type == type) return &event;
    }
  }
  return nullptr;
}

}  // namespace daybook::tools
