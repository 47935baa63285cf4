// Tests of an aggregate in one sentence:
//
//   Given<Account>(Make<Deposited>({.amount = 10}))
//       .When(Make<Withdraw>({.account = "7", .amount = 30}))
//       .ThenRejected<InsufficientFunds>({.missing = 20});
//
// Behind each of them it is checked that
//   - every message (events, command, rejection, the state at each version) is the same after a
//     round trip through its bytes,
//   - Evolve, Decide and Upcast give the same when they are called again with equal arguments,
//   - folding all events anew gives the state that was folded step by step,
//   - folding on from a snapshot taken at any version gives it too, even while another instance of
//     the aggregate is folded in between.
// A test fails at its own line when one of these does not hold.
#ifndef DAYBOOK_TESTKIT_GIVEN_H_
#define DAYBOOK_TESTKIT_GIVEN_H_

#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "daybook/aggregates/decision.h"
#include "daybook/proto/message_traits.h"
#include "daybook/proto/upcast.h"
#include "daybook/testkit/aggregate_scenario.h"
#include "daybook/testkit/proto_matchers.h"
#include "gmock/gmock.h"

namespace daybook {
namespace internal {

template <typename A>
AggregateCalls CallsOf() {
  using google::protobuf::Message;
  static_assert(A::template CheckComplete<A>());
  AggregateCalls calls;
  calls.name = A::kName;
  calls.new_state = []() -> std::unique_ptr<Message> {
    return std::make_unique<typename A::State>();
  };
  calls.evolve = [](Message& state, const Message& event) {
    A::Events::ForEach([&]<typename E>() {
      if (event.GetDescriptor() != E::descriptor()) return;
      A::Evolve(static_cast<typename A::State&>(state), static_cast<const E&>(event));
    });
  };
  return calls;
}

template <typename A, typename C>
DecisionUnderTest DecideUnderTest(const google::protobuf::Message& state,
                                  const google::protobuf::Message& command,
                                  const CommandContext& context) {
  const auto& s = static_cast<const typename A::State&>(state);
  const auto& c = static_cast<const C&>(command);
  typename A::Decision decision = [&]() -> typename A::Decision {
    if constexpr (requires { A::Decide(s, c, context); }) {
      return A::Decide(s, c, context);
    } else {
      return A::Decide(s, c);
    }
  }();
  DecisionUnderTest result;
  const auto copy = [](const auto& message) -> MessagePtr {
    using M = std::decay_t<decltype(message)>;
    if constexpr (std::is_same_v<M, std::monostate>) {
      return nullptr;
    } else {
      return std::make_shared<const M>(message);
    }
  };
  for (const auto& event : decision.events()) result.events.push_back(std::visit(copy, event));
  result.rejection = std::visit(copy, decision.rejection());
  return result;
}

template <typename A, typename C>
CommandCalls CommandCallsOf() {
  using google::protobuf::Message;
  CommandCalls calls;
  calls.validate = [](const Message& command) {
    return MessageTraits<C>::Validate(static_cast<const C&>(command));
  };
  calls.key = [](const Message& command) {
    return MessageTraits<C>::StreamKey(static_cast<const C&>(command));
  };
  calls.decide = &DecideUnderTest<A, C>;
  return calls;
}

template <typename A, typename... Events>
std::vector<MessagePtr> MessagesOf(Events... events) {
  static_assert((A::Events::template kContains<Events> && ...),
                "this is no event of the aggregate; its .proto names its events");
  return {std::make_shared<const Events>(std::move(events))...};
}

template <typename E>
std::vector<MessagePtr> TodaysMessagesOf(const E& event) {
  std::vector<MessagePtr> messages;
  VisitToday(event, [&messages]<typename T>(T today) {
    messages.push_back(std::make_shared<const T>(std::move(today)));
  });
  return messages;
}

template <typename A, typename E>
GivenEvent GivenEventOf(E event) {
  static_assert(A::Events::template kContains<E> || A::PastEvents::template kContains<E>,
                "this is no event of the aggregate; its .proto names its events");
  const auto todays = [](const google::protobuf::Message& message) {
    return TodaysMessagesOf(static_cast<const E&>(message));
  };
  return {std::make_shared<const E>(std::move(event)), MessageTraits<E>::kPast, todays};
}

template <typename M>
void ExpectMatch(const AggregateScenario& scenario, absl::string_view what,
                 const testing::Matcher<const M&>& matcher, const M& actual) {
  testing::StringMatchResultListener explanation;
  if (!scenario.holds() || matcher.MatchAndExplain(actual, &explanation)) return;
  std::string text = absl::StrCat("the ", what, " is another one than expected\n  Expected: ",
                                  testing::DescribeMatcher<const M&>(matcher), "\n  Actual: ");
  absl::StrAppend(&text, explanation.str().empty() ? actual.ShortDebugString() : explanation.str());
  scenario.Fail(text);
}

}  // namespace internal

// What a command led to. Each Then... is an expectation, not an assertion: the test goes on.
template <typename A>
class ThenClause {
 public:
  using State = typename A::State;

  explicit ThenClause(internal::AggregateScenario scenario) : scenario_(std::move(scenario)) {}

  // Accepted with exactly these events, in this order.
  template <typename... Events>
  const ThenClause& ThenEmits(Events... expected) const {
    static_assert(sizeof...(Events) > 0, "for no events there is ThenNothing");
    scenario_.ThenEmits(internal::MessagesOf<A>(std::move(expected)...));
    return *this;
  }

  // Accepted, and nothing happened.
  const ThenClause& ThenNothing() const {
    scenario_.ThenEmits({});
    return *this;
  }

  // Rejected with an R: any, one with exactly these fields, or one that `matcher` matches.
  template <typename R>
  const ThenClause& ThenRejected() const {
    return ThenRejectedWith<R>(testing::_);
  }
  template <typename R>
  const ThenClause& ThenRejected(typename Fields<R>::Init fields) const {
    return ThenRejectedWith<R>(EqualsProto(Make<R>(std::move(fields))));
  }
  template <typename R, typename M>
  const ThenClause& ThenRejected(M&& matcher) const {
    return ThenRejectedWith<R>(std::forward<M>(matcher));
  }

  // Refused before Decide, by a rule on this field: "amount" or "Withdraw.amount".
  const ThenClause& ThenInvalid(absl::string_view field) const {
    scenario_.ThenInvalid(field);
    return *this;
  }

  // The state after the events given and emitted: one with exactly these fields, or one that
  // `matcher` matches.
  const ThenClause& ThenState(typename Fields<State>::Init fields) const {
    return ThenState(EqualsProto(Make<State>(std::move(fields))));
  }
  template <typename M>
  const ThenClause& ThenState(M&& matcher) const {
    internal::ExpectMatch<State>(scenario_, "state", std::forward<M>(matcher),
                                 static_cast<const State&>(scenario_.state()));
    return *this;
  }

 private:
  template <typename R>
  const ThenClause& ThenRejectedWith(testing::Matcher<const R&> matcher) const {
    static_assert(A::Rejections::template kContains<R>,
                  "this is no rejection of the aggregate; its .proto names its rejections");
    if (const auto* rejection = scenario_.ThenRejected(R::descriptor())) {
      internal::ExpectMatch<R>(scenario_, "rejection", matcher, static_cast<const R&>(*rejection));
    }
    return *this;
  }

  internal::AggregateScenario scenario_;
};

// What happened before. May be kept, and asked more than once.
template <typename A>
class GivenClause {
 public:
  using State = typename A::State;

  explicit GivenClause(internal::AggregateScenario scenario) : scenario_(std::move(scenario)) {}

  // Decides `command` on the folded state, after the rules on its fields, as the App does.
  template <typename C>
  [[nodiscard]] ThenClause<A> When(C command, const WhenOptions& options = {},
                                   CallSite at = CallSite::Here()) const {
    static_assert(A::Commands::template kContains<C>,
                  "this is no command of the aggregate; its .proto names its commands");
    internal::AggregateScenario scenario = scenario_;
    scenario.When(internal::CommandCallsOf<A, C>(), std::make_shared<const C>(std::move(command)),
                  options, at);
    return ThenClause<A>(std::move(scenario));
  }

  // The state that the events fold into.
  void ThenState(typename Fields<State>::Init fields, CallSite at = CallSite::Here()) const {
    ThenState(EqualsProto(Make<State>(std::move(fields))), at);
  }
  template <typename M>
  void ThenState(M&& matcher, CallSite at = CallSite::Here()) const {
    internal::AggregateScenario scenario = scenario_;
    scenario.CheckGiven(at);
    internal::ExpectMatch<State>(scenario, "state", std::forward<M>(matcher),
                                 static_cast<const State&>(scenario.state()));
  }

 private:
  internal::AggregateScenario scenario_;
};

// An instance of the aggregate to which these events happened, in this order. Events of the past
// may be among them: they are upcast, as when they are read from a log.
template <typename A, typename... Events>
[[nodiscard]] GivenClause<A> Given(Events... events) {
  internal::AggregateScenario scenario(internal::CallsOf<A>());
  (scenario.AddGiven(internal::GivenEventOf<A>(std::move(events))), ...);
  return GivenClause<A>(std::move(scenario));
}

}  // namespace daybook

#endif  // DAYBOOK_TESTKIT_GIVEN_H_
