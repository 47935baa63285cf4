// Registers an aggregate: from the user's struct to a definition without types.
#ifndef DAYBOOK_AGGREGATES_AGGREGATE_H_
#define DAYBOOK_AGGREGATES_AGGREGATE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "daybook/aggregates/command_context.h"
#include "daybook/aggregates/decision.h"
#include "daybook/core/codec.h"
#include "daybook/core/event.h"
#include "daybook/core/past_event.h"
#include "daybook/proto/completeness.h"
#include "daybook/proto/message_traits.h"
#include "daybook/proto/type_list.h"
#include "daybook/proto/upcast.h"
#include "daybook/snapshots/snapshot_policy.h"
#include "daybook/v1/errors.pb.h"
#include "google/protobuf/message.h"

namespace daybook {

// A Decision in the form of the log.
struct DecidedCommand {
  // With type, schema version, payload and tags; without id and the rest of the metadata.
  std::vector<Event> events;
  std::optional<v1::Rejection> rejection;
};

// One command of an aggregate. The messages given to its functions are of its type.
struct CommandDefinition {
  using Message = google::protobuf::Message;

  absl::string_view type;  // the message's full name
  const google::protobuf::Descriptor* descriptor = nullptr;
  std::string (*key)(const Message& command) = nullptr;
  // The field rules: InvalidArgument with an InvalidField.
  absl::Status (*validate)(const Message& command) = nullptr;
  // Decides on `state`, and evolves it by each event of the decision.
  DecidedCommand (*decide)(Message& state, const Message& command,
                           const CommandContext& context) = nullptr;
};

// Decodes `event` and evolves `state` by it; by each event of today that it is, when it is past.
// The errors of DecodeEvent, with `state` untouched.
using EvolveFunction = absl::Status (*)(const RecordedEvent& event,
                                        google::protobuf::Message& state);

// One event of an aggregate.
struct EventDefinition {
  absl::string_view type;  // the event's stable name
  uint32_t schema_version = 1;
  const google::protobuf::Descriptor* descriptor = nullptr;
  EvolveFunction evolve = nullptr;
};

// What an aggregate is to the command path. Constant; one for each aggregate in a process.
struct AggregateDefinition {
  absl::string_view name;
  absl::string_view category;
  uint32_t snapshot_every = 0;
  uint32_t evolve_revision = 0;
  const google::protobuf::Message* default_state = nullptr;
  std::vector<CommandDefinition> commands;
  std::vector<EventDefinition> events;
  std::vector<PastEvent> past_events;
  std::vector<EvolveFunction> evolve_past;  // by each of past_events
};

// Which snapshots of its states are valid (daybook/snapshots/fingerprint.h).
std::string SnapshotFingerprintOf(const AggregateDefinition& aggregate);

namespace internal {

template <typename A, typename C>
DecidedCommand DecideAndEvolve(google::protobuf::Message& message,
                               const google::protobuf::Message& command_message,
                               const CommandContext& context) {
  auto& state = static_cast<typename A::State&>(message);
  const typename A::State& before = state;
  const auto& command = static_cast<const C&>(command_message);
  using Decision = typename A::Decision;
  const Decision decision = [&]() -> Decision {
    if constexpr (requires { A::Decide(before, command, context); }) {
      return A::Decide(before, command, context);
    } else {
      return A::Decide(before, command);
    }
  }();

  DecidedCommand decided;
  if (decision.rejected()) {
    std::visit(
        [&decided]<typename R>(const R& rejection) {
          if constexpr (!std::is_same_v<R, std::monostate>) {
            decided.rejection.emplace();
            decided.rejection->set_type(std::string(MessageTraits<R>::kTypeName));
            decided.rejection->set_value(EncodeMessage(rejection));
          }
        },
        decision.rejection());
    return decided;
  }
  decided.events.reserve(decision.events().size());
  for (const typename Decision::Event& event : decision.events()) {
    std::visit(
        [&decided, &state]<typename E>(const E& e) {
          if constexpr (!std::is_same_v<E, std::monostate>) {
            Event& out = decided.events.emplace_back();
            out.type = std::string(MessageTraits<E>::kTypeName);
            out.schema_version = MessageTraits<E>::kSchemaVersion;
            out.payload = EncodeMessage(e);
            out.metadata.tags = MessageTraits<E>::Tags(e);
            A::Evolve(state, e);
          }
        },
        event);
  }
  return decided;
}

template <typename A, typename E>
absl::Status DecodeAndEvolve(const RecordedEvent& recorded, google::protobuf::Message& state) {
  E event;
  absl::Status status = DecodeEvent(recorded, MessageTraits<E>::kSchemaVersion, &event);
  if (!status.ok()) return status;
  VisitToday(std::move(event), [&state](const auto& today) {
    A::Evolve(static_cast<typename A::State&>(state), today);
  });
  return status;
}

template <typename A>
AggregateDefinition MakeAggregateDefinition() {
  AggregateDefinition definition;
  definition.name = A::kName;
  definition.category = A::kCategory;
  definition.snapshot_every = A::kSnapshotEvery;
  definition.evolve_revision = A::kEvolveRevision;
  definition.default_state = &A::State::default_instance();
  A::Commands::ForEach([&definition]<typename C>() {
    definition.commands.push_back(
        {.type = MessageTraits<C>::kTypeName,
         .descriptor = C::descriptor(),
         .key =
             [](const google::protobuf::Message& command) {
               return MessageTraits<C>::StreamKey(static_cast<const C&>(command));
             },
         .validate =
             [](const google::protobuf::Message& command) {
               return MessageTraits<C>::Validate(static_cast<const C&>(command));
             },
         .decide = &DecideAndEvolve<A, C>});
  });
  A::Events::ForEach([&definition]<typename E>() {
    definition.events.push_back({.type = MessageTraits<E>::kTypeName,
                                 .schema_version = MessageTraits<E>::kSchemaVersion,
                                 .descriptor = E::descriptor(),
                                 .evolve = &DecodeAndEvolve<A, E>});
  });
  A::PastEvents::ForEach([&definition]<typename E>() {
    definition.past_events.push_back(PastEventOf<E>());
    definition.evolve_past.push_back(&DecodeAndEvolve<A, E>);
  });
  return definition;
}

}  // namespace internal

// The definition of A. Asserts that A decides every command and evolves by every event of its
// .proto, and that every past event has its upcaster.
template <typename A>
const AggregateDefinition& AggregateDefinitionOf() {
  static_assert(A::template CheckComplete<A>());
  static const AggregateDefinition* const kDefinition =
      new AggregateDefinition(internal::MakeAggregateDefinition<A>());
  return *kDefinition;
}

// How an application runs an aggregate.
struct AggregateOptions {
  SnapshotPolicy snapshots;
};

// An aggregate in App::Open's list.
struct AggregateRegistration {
  const AggregateDefinition* definition;
  AggregateOptions options;
};

// `App::Open("bank.db", Aggregate<Account>(), ...)`, or
// `Aggregate<Account>({.snapshots = {.events = 100, .age = absl::Hours(1)}})`
template <typename A>
AggregateRegistration Aggregate(const AggregateOptions& options = {}) {
  return AggregateRegistration{&AggregateDefinitionOf<A>(), options};
}

}  // namespace daybook

#endif  // DAYBOOK_AGGREGATES_AGGREGATE_H_
