// An aggregate as one application knows it: its definition, and what is looked up on the way.
#ifndef DAYBOOK_AGGREGATES_SRC_REGISTERED_AGGREGATE_H_
#define DAYBOOK_AGGREGATES_SRC_REGISTERED_AGGREGATE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "daybook/aggregates/aggregate.h"
#include "daybook/core/event.h"
#include "daybook/core/past_event.h"
#include "daybook/snapshots/snapshot_policy.h"

namespace daybook::internal {

// An event type at one schema version, as the aggregate knows it.
struct KnownEvent {
  uint32_t schema_version = 1;
  EvolveFunction evolve = nullptr;
  const PastEvent* past = nullptr;  // nullptr: of today
};

// Constant, hence thread-safe. `definition` must outlive it.
struct RegisteredAggregate {
  explicit RegisteredAggregate(const AggregateDefinition* definition,
                               const SnapshotPolicy& snapshots = {});

  // UnknownEvent when the aggregate does not know the type, or not of this schema version.
  absl::StatusOr<const KnownEvent*> Find(const RecordedEvent& event) const;

  const AggregateDefinition* const definition;
  const std::string fingerprint;
  const SnapshotPolicy snapshots;  // its events are set
  const bool takes_snapshots;

 private:
  // By stable name; today's, if there is one, comes first.
  absl::flat_hash_map<absl::string_view, std::vector<KnownEvent>> events_;
};

// What is registered, by what it is looked up by. Constant after Make, so thread-safe.
class AggregateRegistry {
 public:
  struct Command {
    const RegisteredAggregate* aggregate;
    const CommandDefinition* definition;
  };

  // InvalidArgument (InvalidField) when two share a category or a command, or an option is out of
  // its range.
  static absl::StatusOr<AggregateRegistry> Make(
      const std::vector<AggregateRegistration>& registrations);

  // nullptr: not registered.
  const Command* FindCommand(const google::protobuf::Descriptor* descriptor) const;
  const RegisteredAggregate* FindAggregate(const AggregateDefinition& definition) const;
  // The most snapshots that one of them keeps of a stream.
  uint32_t kept_snapshots() const;

 private:
  std::vector<std::unique_ptr<RegisteredAggregate>> aggregates_;
  absl::flat_hash_map<const google::protobuf::Descriptor*, Command> commands_;
};

}  // namespace daybook::internal

#endif  // DAYBOOK_AGGREGATES_SRC_REGISTERED_AGGREGATE_H_
