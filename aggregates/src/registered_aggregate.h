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

namespace daybook::internal {

// An event type at one schema version, as the aggregate knows it.
struct KnownEvent {
  uint32_t schema_version = 1;
  EvolveFunction evolve = nullptr;
  const PastEvent* past = nullptr;  // nullptr: of today
};

// Constant, hence thread-safe. `definition` must outlive it.
struct RegisteredAggregate {
  explicit RegisteredAggregate(const AggregateDefinition* definition);

  // UnknownEvent when the aggregate does not know the type, or not of this schema version.
  absl::StatusOr<const KnownEvent*> Find(const RecordedEvent& event) const;

  const AggregateDefinition* const definition;
  const std::string fingerprint;

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

  // InvalidArgument (InvalidField) when two share a category or a command.
  static absl::StatusOr<AggregateRegistry> Make(
      const std::vector<const AggregateDefinition*>& definitions);

  // nullptr: not registered.
  const Command* FindCommand(const google::protobuf::Descriptor* descriptor) const;
  const RegisteredAggregate* FindAggregate(const AggregateDefinition& definition) const;

 private:
  std::vector<std::unique_ptr<RegisteredAggregate>> aggregates_;
  absl::flat_hash_map<const google::protobuf::Descriptor*, Command> commands_;
};

}  // namespace daybook::internal

#endif  // DAYBOOK_AGGREGATES_SRC_REGISTERED_AGGREGATE_H_
