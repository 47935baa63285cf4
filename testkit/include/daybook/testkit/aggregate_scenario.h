// The checks behind Given (given.h), without the types of the aggregate. No promise: use Given.
#ifndef DAYBOOK_TESTKIT_AGGREGATE_SCENARIO_H_
#define DAYBOOK_TESTKIT_AGGREGATE_SCENARIO_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "daybook/aggregates/command_context.h"
#include "daybook/testkit/call_site.h"
#include "daybook/testkit/when_options.h"
#include "google/protobuf/message.h"

namespace daybook::internal {

using MessagePtr = std::shared_ptr<const google::protobuf::Message>;

// An event as it was recorded.
struct GivenEvent {
  MessagePtr message;
  bool past = false;
  // What a message of that type is today.
  std::vector<MessagePtr> (*todays)(const google::protobuf::Message& message) = nullptr;
};

struct DecisionUnderTest {
  std::vector<MessagePtr> events;
  MessagePtr rejection;  // nullptr: accepted
};

struct AggregateCalls {
  absl::string_view name;
  std::unique_ptr<google::protobuf::Message> (*new_state)();
  void (*evolve)(google::protobuf::Message& state, const google::protobuf::Message& event);
};

struct CommandCalls {
  absl::Status (*validate)(const google::protobuf::Message& command);
  std::string (*key)(const google::protobuf::Message& command);
  DecisionUnderTest (*decide)(const google::protobuf::Message& state,
                              const google::protobuf::Message& command,
                              const CommandContext& context);
};

// Events that happened, then perhaps a command, then what is expected of both. Failures are
// reported to GoogleTest at the call site.
class AggregateScenario {
 public:
  explicit AggregateScenario(AggregateCalls calls) : calls_(calls) {}

  void AddGiven(GivenEvent event);

  // Decides, and checks what must be so of every aggregate.
  void When(const CommandCalls& command_calls, MessagePtr command, const WhenOptions& options,
            CallSite at);
  // The checks, for a scenario without a command.
  void CheckGiven(CallSite at);

  void ThenEmits(const std::vector<MessagePtr>& expected) const;
  void ThenInvalid(absl::string_view field) const;
  // The rejection, when it is one of this type; else reports and returns nullptr.
  const google::protobuf::Message* ThenRejected(const google::protobuf::Descriptor* expected) const;
  // What must be so of every aggregate is so. When not, that is reported, and no expectation is.
  bool holds() const { return holds_; }
  // The folded state after everything.
  const google::protobuf::Message& state() const { return *state_; }

  // Fails with `what`, followed by the story so far.
  void Fail(absl::string_view what) const;

 private:
  // Each returns false when it has reported something.
  bool Decide(const CommandCalls& command_calls, const WhenOptions& options);
  bool CheckHistory();
  bool CheckUpcasts() const;
  bool CheckRoundTrip(const google::protobuf::Message& message, absl::string_view what) const;
  std::string Story() const;
  std::string Outcome() const;

  AggregateCalls calls_;
  std::vector<GivenEvent> given_;
  std::vector<MessagePtr> history_;  // what was given, as of today, and what the command emitted
  MessagePtr state_;
  MessagePtr command_;  // nullptr: none
  absl::Status invalid_;
  DecisionUnderTest decision_;
  bool holds_ = true;
  CallSite at_ = CallSite::Here();
};

}  // namespace daybook::internal

#endif  // DAYBOOK_TESTKIT_AGGREGATE_SCENARIO_H_
