#include "registered_aggregate.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "daybook/core/errors.h"
#include "daybook/core/status_macros.h"

namespace daybook::internal {
namespace {

SnapshotPolicy Settled(SnapshotPolicy policy, const AggregateDefinition& aggregate) {
  policy.events = policy.events.value_or(aggregate.snapshot_every);
  return policy;
}

}  // namespace

RegisteredAggregate::RegisteredAggregate(const AggregateDefinition* aggregate,
                                         const SnapshotPolicy& policy)
    : definition(aggregate),
      fingerprint(SnapshotFingerprintOf(*aggregate)),
      snapshots(Settled(policy, *aggregate)),
      takes_snapshots(TakesSnapshots(snapshots)) {
  for (const EventDefinition& event : definition->events) {
    events_[event.type].push_back({event.schema_version, event.evolve});
  }
  for (size_t i = 0; i < definition->past_events.size(); ++i) {
    const PastEvent& past = definition->past_events[i];
    events_[past.type].push_back({past.schema_version, definition->evolve_past[i], &past});
  }
}

absl::StatusOr<const KnownEvent*> RegisteredAggregate::Find(const RecordedEvent& event) const {
  const auto found = events_.find(event.type);
  if (found == events_.end()) {
    return UnknownEventError(event.type, event.schema_version, event.position,
                             absl::StrCat("it is no event of ", definition->name));
  }
  uint32_t newest = 0;
  for (const KnownEvent& known : found->second) {
    if (known.schema_version == event.schema_version) return &known;
    newest = std::max(newest, known.schema_version);
  }
  return UnknownVersionError(event, newest);
}

absl::StatusOr<AggregateRegistry> AggregateRegistry::Make(
    const std::vector<AggregateRegistration>& registrations) {
  AggregateRegistry registry;
  absl::flat_hash_map<absl::string_view, absl::string_view> categories;
  for (const AggregateRegistration& registration : registrations) {
    const AggregateDefinition* const definition = registration.definition;
    const SnapshotPolicy& snapshots = registration.options.snapshots;
    DAYBOOK_RETURN_IF_ERROR(
        CheckSnapshotPolicy(snapshots, absl::StrCat("Aggregate ", definition->name)));
    const auto [taken, is_new] = categories.try_emplace(definition->category, definition->name);
    if (!is_new) {
      return InvalidFieldError(
          absl::StrCat("Aggregate ", definition->name),
          absl::StrCat("an aggregate has a category of its own, but \"", definition->category,
                       "\" is that of ", taken->second, ", too"));
    }
    auto registered = std::make_unique<RegisteredAggregate>(definition, snapshots);
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

uint32_t AggregateRegistry::kept_snapshots() const {
  uint32_t most = 1;
  for (const auto& aggregate : aggregates_) {
    if (aggregate->takes_snapshots) most = std::max(most, aggregate->snapshots.keep);
  }
  return most;
}

}  // namespace daybook::internal
