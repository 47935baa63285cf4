#include "registered_aggregate.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "daybook/core/errors.h"
#include "daybook/snapshots/fingerprint.h"

namespace daybook::internal {

RegisteredAggregate RegisterAggregate(const AggregateDefinition& definition) {
  RegisteredAggregate registered;
  registered.definition = &definition;
  registered.fingerprint =
      FingerprintOf(*definition.default_state->GetDescriptor(), definition.evolve_revision);
  for (const EventDefinition& event : definition.events) registered.events[event.type] = &event;
  return registered;
}

absl::StatusOr<AggregateRegistry> AggregateRegistry::Make(
    const std::vector<const AggregateDefinition*>& definitions) {
  AggregateRegistry registry;
  absl::flat_hash_map<absl::string_view, absl::string_view> categories;
  for (const AggregateDefinition* definition : definitions) {
    const auto [taken, is_new] = categories.try_emplace(definition->category, definition->name);
    if (!is_new) {
      return InvalidFieldError(
          absl::StrCat("Aggregate ", definition->name),
          absl::StrCat("an aggregate has a category of its own, but \"", definition->category,
                       "\" is that of ", taken->second, ", too"));
    }
    auto registered = std::make_unique<RegisteredAggregate>(RegisterAggregate(*definition));
    for (const CommandDefinition& command : definition->commands) {
      const auto [other, added] =
          registry.commands_.try_emplace(command.descriptor, Command{registered.get(), &command});
      if (!added) {
        return InvalidFieldError(
            absl::StrCat("Aggregate ", definition->name),
            absl::StrCat("a command has one aggregate, but ", command.type, " is decided by ",
                         other->second.aggregate->definition->name, ", too"));
      }
    }
    registry.aggregates_.push_back(std::move(registered));
  }
  return registry;
}

const AggregateRegistry::Command* AggregateRegistry::FindCommand(
    const google::protobuf::Descriptor* descriptor) const {
  const auto found = commands_.find(descriptor);
  return found == commands_.end() ? nullptr : &found->second;
}

const RegisteredAggregate* AggregateRegistry::FindAggregate(
    const AggregateDefinition& definition) const {
  for (const auto& aggregate : aggregates_) {
    if (aggregate->definition == &definition) return aggregate.get();
  }
  return nullptr;
}

}  // namespace daybook::internal
