#include "daybook/testkit/aggregate_scenario.h"

#include <cstddef>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "daybook/core/codec.h"
#include "daybook/core/errors.h"
#include "daybook/core/metadata.h"
#include "daybook/testkit/deterministic_ids.h"
#include "daybook/v1/errors.pb.h"
#include "google/protobuf/descriptor.h"
#include "gtest/gtest.h"
#include "text_diff.h"

namespace daybook::internal {
namespace {

using ::google::protobuf::Message;

std::unique_ptr<Message> Copy(const Message& message) {
  std::unique_ptr<Message> copy(message.New());
  copy->CopyFrom(message);
  return copy;
}

// nullptr when the bytes are no such message.
std::unique_ptr<Message> ThroughBytes(const Message& message) {
  std::unique_ptr<Message> parsed(message.New());
  if (!parsed->ParseFromString(EncodeMessage(message))) return nullptr;
  return parsed;
}

bool Same(const Message& a, const Message& b) {
  return a.GetDescriptor() == b.GetDescriptor() && EncodeMessage(a) == EncodeMessage(b);
}

bool Same(const DecisionUnderTest& a, const DecisionUnderTest& b) {
  if ((a.rejection == nullptr) != (b.rejection == nullptr)) return false;
  if (a.rejection != nullptr && !Same(*a.rejection, *b.rejection)) return false;
  if (a.events.size() != b.events.size()) return false;
  for (size_t i = 0; i < a.events.size(); ++i) {
    if (!Same(*a.events[i], *b.events[i])) return false;
  }
  return true;
}

std::string TextOf(const std::vector<MessagePtr>& events) {
  std::string text;
  for (const MessagePtr& event : events) absl::StrAppend(&text, MessageText(*event));
  return text;
}

std::string TextOf(const DecisionUnderTest& decision) {
  if (decision.rejection != nullptr) {
    return absl::StrCat("rejected: ", MessageText(*decision.rejection));
  }
  return decision.events.empty() ? "nothing\n" : TextOf(decision.events);
}

std::string Difference(absl::string_view expected, absl::string_view actual) {
  if (expected == actual) return "  equal as text, but not as bytes\n";
  return absl::StrCat("  (- expected, + actual)\n", DiffLines(expected, actual));
}

std::string TodayLine(const std::vector<MessagePtr>& events) {
  if (events.empty()) return "nothing";
  return absl::StrJoin(events, " and ", [](std::string* out, const MessagePtr& event) {
    absl::StrAppend(out, MessageLine(*event));
  });
}

Metadata MetadataOf(const CommandOptions& options, CommandId id) {
  Metadata metadata;
  metadata.command_id = id;
  metadata.correlation_id = options.correlation_id.is_nil() ? id : options.correlation_id;
  metadata.causation_id = options.causation_id.is_nil() ? id : options.causation_id;
  metadata.actor = options.actor;
  metadata.trace_context = options.trace_context;
  metadata.free = options.free;
  return metadata;
}

}  // namespace

void AggregateScenario::AddGiven(GivenEvent event) {
  for (MessagePtr& today : event.todays(*event.message)) history_.push_back(std::move(today));
  given_.push_back(std::move(event));
}

void AggregateScenario::When(const CommandCalls& command_calls, MessagePtr command,
                             const WhenOptions& options, CallSite at) {
  at_ = at;
  command_ = std::move(command);
  holds_ = CheckHistory() && Decide(command_calls, options);
}

bool AggregateScenario::Decide(const CommandCalls& command_calls, const WhenOptions& options) {
  invalid_ = command_calls.validate(*command_);
  if (!invalid_.ok()) return true;
  if (!CheckRoundTrip(*command_, "the command")) return false;

  const std::string key = command_calls.key(*command_);
  CommandOptions command_options = options.options;
  if (command_options.command_id.is_nil()) command_options.command_id = DeterministicIds().At(0);
  const Metadata metadata = MetadataOf(command_options, command_options.command_id);
  const CommandContext context{
      .now = options.now,
      .command_id = command_options.command_id,
      .key = key,
      .version = given_.empty() ? std::nullopt : std::optional<uint64_t>(given_.size() - 1),
      .metadata = metadata};
  decision_ = command_calls.decide(*state_, *command_, context);
  const DecisionUnderTest again =
      command_calls.decide(*ThroughBytes(*state_), *ThroughBytes(*command_), context);
  if (!Same(decision_, again)) {
    Fail(
        absl::StrCat("Decide is not deterministic: called again with an equal state, command and "
                     "context, it answers something else\n",
                     Difference(TextOf(decision_), TextOf(again))));
    return false;
  }
  if (decision_.rejection != nullptr) return CheckRoundTrip(*decision_.rejection, "the rejection");
  history_.insert(history_.end(), decision_.events.begin(), decision_.events.end());
  return CheckHistory();
}

void AggregateScenario::CheckGiven(CallSite at) {
  at_ = at;
  holds_ = CheckHistory();
}

bool AggregateScenario::CheckRoundTrip(const Message& message, absl::string_view what) const {
  const std::unique_ptr<Message> parsed = ThroughBytes(message);
  if (parsed != nullptr && Same(message, *parsed)) return true;
  Fail(absl::StrCat(what,
                    " does not survive a round trip through its bytes: ", MessageLine(message),
                    parsed == nullptr ? " cannot be parsed again (is a string not UTF-8?)"
                                      : absl::StrCat(" becomes ", MessageLine(*parsed))));
  return false;
}

bool AggregateScenario::CheckUpcasts() const {
  for (const GivenEvent& given : given_) {
    if (!given.past) continue;
    if (!CheckRoundTrip(*given.message, "the event of the past")) return false;
    const std::vector<MessagePtr> once = given.todays(*given.message);
    const std::vector<MessagePtr> again = given.todays(*ThroughBytes(*given.message));
    const DecisionUnderTest first{.events = once}, second{.events = again};
    if (Same(first, second)) continue;
    Fail(
        absl::StrCat("Upcast is not deterministic: called again with an equal event it gives "
                     "something else\n",
                     Difference(TextOf(first), TextOf(second))));
    return false;
  }
  return true;
}

bool AggregateScenario::CheckHistory() {
  state_ = calls_.new_state();  // there is one, whatever is found
  if (!CheckUpcasts()) return false;
  // Step by step, each step on a copy; snapshots[v] is the state after v events.
  std::vector<std::unique_ptr<Message>> snapshots;
  std::unique_ptr<Message> state = calls_.new_state();
  for (size_t v = 0;; ++v) {
    state_ = Copy(*state);
    if (!CheckRoundTrip(*state, absl::StrCat("the state after ", v, " events"))) return false;
    snapshots.push_back(ThroughBytes(*state));
    if (v == history_.size()) break;

    const Message& event = *history_[v];
    if (!CheckRoundTrip(event, absl::StrCat("event ", v))) return false;
    std::unique_ptr<Message> again = Copy(*state);
    std::unique_ptr<Message> next = Copy(*state);
    calls_.evolve(*next, event);
    calls_.evolve(*again, *ThroughBytes(event));
    if (!Same(*next, *again)) {
      Fail(absl::StrCat("Evolve is not deterministic: called again with an equal state and event ",
                        v, " it gives another state\n",
                        Difference(MessageText(*next), MessageText(*again))));
      return false;
    }
    state = std::move(next);
  }

  const std::unique_ptr<Message> folded = calls_.new_state();
  for (const MessagePtr& event : history_) calls_.evolve(*folded, *event);
  if (!Same(*state_, *folded)) {
    Fail(absl::StrCat("folding all events anew gives another state than step by step\n",
                      Difference(MessageText(*state_), MessageText(*folded))));
    return false;
  }

  for (size_t v = 0; v < history_.size(); ++v) {
    const std::unique_ptr<Message>& resumed = snapshots[v];
    for (size_t i = v; i < history_.size(); ++i) {
      // Another instance in between, so that what Evolve keeps outside of the state shows.
      const std::unique_ptr<Message> other = calls_.new_state();
      calls_.evolve(*other, *history_.front());
      calls_.evolve(*resumed, *history_[i]);
    }
    if (Same(*state_, *resumed)) continue;
    Fail(absl::StrCat("folding on from a snapshot after ", v,
                      " events gives another state than folding all: Evolve depends on something "
                      "that is not in the state\n",
                      Difference(MessageText(*state_), MessageText(*resumed))));
    return false;
  }
  return true;
}

void AggregateScenario::ThenEmits(const std::vector<MessagePtr>& expected) const {
  DecisionUnderTest wanted;
  wanted.events = expected;
  if (!holds_ || (invalid_.ok() && Same(wanted, decision_))) return;
  Fail(absl::StrCat("the command has another outcome than expected\n",
                    Difference(TextOf(wanted), Outcome())));
}

void AggregateScenario::ThenInvalid(absl::string_view field) const {
  if (!holds_) return;
  const auto payload = ErrorPayload<v1::InvalidField>(invalid_);
  if (payload.has_value() &&
      (payload->field() == field || absl::EndsWith(payload->field(), absl::StrCat(".", field)))) {
    return;
  }
  Fail(absl::StrCat("the command has another outcome than expected\n",
                    Difference(absl::StrCat("invalid: ", field, "\n"), Outcome())));
}

const Message* AggregateScenario::ThenRejected(const google::protobuf::Descriptor* expected) const {
  if (decision_.rejection != nullptr && decision_.rejection->GetDescriptor() == expected) {
    return decision_.rejection.get();
  }
  if (!holds_) return nullptr;
  Fail(
      absl::StrCat("the command has another outcome than expected\n",
                   Difference(absl::StrCat("rejected: ", expected->full_name(), "\n"), Outcome())));
  return nullptr;
}

std::string AggregateScenario::Outcome() const {
  return invalid_.ok() ? TextOf(decision_) : absl::StrCat("invalid: ", invalid_.message(), "\n");
}

std::string AggregateScenario::Story() const {
  std::string story = given_.empty() ? "Given nothing" : "Given";
  for (const GivenEvent& event : given_) {
    absl::StrAppend(&story, given_.size() > 1 ? "\n    " : " ", MessageLine(*event.message));
    if (event.past) absl::StrAppend(&story, ", today ", TodayLine(event.todays(*event.message)));
  }
  if (command_ != nullptr) absl::StrAppend(&story, "\nWhen ", MessageLine(*command_));
  return story;
}

void AggregateScenario::Fail(absl::string_view what) const {
  ADD_FAILURE_AT(at_.file, at_.line) << calls_.name << ": " << what << "\n" << Story();
}

}  // namespace daybook::internal
