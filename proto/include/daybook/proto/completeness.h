// What an aggregate and a projection must offer for each of their messages. Generated code asserts
// these with a message that names what is missing and the line of the .proto that asks for it.
#ifndef DAYBOOK_PROTO_COMPLETENESS_H_
#define DAYBOOK_PROTO_COMPLETENESS_H_

namespace daybook {

struct CommandContext;  // daybook/aggregates/command_context.h
class EventContext;     // daybook/projections/event_context.h

// A::Decide(const State&, const Command&[, const CommandContext&]).
template <typename A, typename State, typename Command>
concept DecidesOn = requires(const State& state, const Command& command) {
  A::Decide(state, command);
}
|| requires(const State& state, const Command& command, const CommandContext& context) {
  A::Decide(state, command, context);
};

// A::Evolve(State&, const Event&) noexcept.
template <typename A, typename State, typename Event>
concept EvolvesOn = requires(State& state, const Event& event) {
  { A::Evolve(state, event) }
  noexcept;
};

// P::On(Row&, const Event&[, EventContext&]).
template <typename P, typename Row, typename Event>
concept HandlesEvent = requires(Row& row, const Event& event) {
  P::On(row, event);
}
|| requires(Row& row, const Event& event, EventContext& context) {
  P::On(row, event, context);
};

// The event stands in `using Ignores = daybook::TypeList<...>` of P.
template <typename P, typename Event>
concept IgnoresEvent = P::Ignores::template kContains<Event>;

}  // namespace daybook

#endif  // DAYBOOK_PROTO_COMPLETENESS_H_
