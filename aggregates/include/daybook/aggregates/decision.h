// What Decide answers: events, or a rejection.
#ifndef DAYBOOK_AGGREGATES_DECISION_H_
#define DAYBOOK_AGGREGATES_DECISION_H_

#include <cstdlib>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "daybook/proto/message_traits.h"
#include "daybook/proto/type_list.h"

namespace daybook {

// Events on their way into a Decision; made by Emit.
template <typename... Es>
struct Emitted {
  std::tuple<Es...> events;
};

// A rejection on its way into a Decision; made by Reject.
template <typename R>
struct Rejected {
  R rejection;
};

// `return Emit<Withdrawn>({.amount = 30});`
template <typename E>
Emitted<E> Emit(typename Fields<E>::Init init = {}) {
  return Emitted<E>{std::tuple<E>(Make<E>(std::move(init)))};
}

// `return Emit(Make<Withdrawn>({.amount = 30}), Make<Closed>());` in this order.
template <int = 0, typename... Es>
Emitted<Es...> Emit(Es... events) {
  static_assert(sizeof...(Es) > 0, "Emit names at least one event");
  return Emitted<Es...>{std::tuple<Es...>(std::move(events)...)};
}

// `return Reject<InsufficientFunds>({.missing = 20});`
template <typename R>
Rejected<R> Reject(typename Fields<R>::Init init = {}) {
  return Rejected<R>{Make<R>(std::move(init))};
}

namespace internal {
template <typename List>
struct VariantOf;
template <typename... Ts>
struct VariantOf<TypeList<Ts...>> {
  using type = std::variant<std::monostate, Ts...>;
};
}  // namespace internal

// The answer to one command of the aggregate that `Base` (generated) describes: accepted with any
// number of events, none included, or rejected. An event or rejection of another aggregate does
// not compile. A plain value.
template <typename Base>
class Decision {
 public:
  // One of Base::Events; never std::monostate in events().
  using Event = typename internal::VariantOf<typename Base::Events>::type;
  // One of Base::Rejections; std::monostate when accepted.
  using Rejection = typename internal::VariantOf<typename Base::Rejections>::type;

  // Accepted, and nothing happened.
  Decision() = default;

  template <typename... Es>
  Decision(Emitted<Es...> emitted) {  // NOLINT(google-explicit-constructor)
    static_assert((Base::Events::template kContains<Es> && ...),
                  "Emit: this is no event of the aggregate; its .proto names its events");
    if constexpr ((Base::Events::template kContains<Es> && ...)) {
      events_.reserve(sizeof...(Es));
      std::apply([this](Es&... event) { (events_.emplace_back(std::move(event)), ...); },
                 emitted.events);
    }
  }

  template <typename R>
  Decision(Rejected<R> rejected) {  // NOLINT(google-explicit-constructor)
    static_assert(Base::Rejections::template kContains<R>,
                  "Reject: this is no rejection of the aggregate; its .proto names its rejections");
    if constexpr (Base::Rejections::template kContains<R>) {
      rejection_ = std::move(rejected.rejection);
    }
  }

  // Adds an event behind the others, where their number is known only when deciding. Requires an
  // accepted decision.
  template <typename E>
  Decision& Add(E event) {
    static_assert(Base::Events::template kContains<E>,
                  "Add: this is no event of the aggregate; its .proto names its events");
    if (rejected()) std::abort();
    if constexpr (Base::Events::template kContains<E>) events_.emplace_back(std::move(event));
    return *this;
  }

  bool rejected() const { return rejection_.index() != 0; }
  const std::vector<Event>& events() const { return events_; }
  const Rejection& rejection() const { return rejection_; }

 private:
  std::vector<Event> events_;
  Rejection rejection_;
};

}  // namespace daybook

#endif  // DAYBOOK_AGGREGATES_DECISION_H_
