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

namespace daybook::internal {

struct RegisteredAggregate {
  const AggregateDefinition* definition = nullptr;
  std::string fingerprint;
  absl::flat_hash_map<absl::string_view, const EventDefinition*> events;  // by stable name
};

RegisteredAggregate RegisterAggregate(const AggregateDefinition& definition);

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
