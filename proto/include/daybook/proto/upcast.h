// What past events are today.
//
// An event with the option `past` is emitted no more, but stands in logs. Its upcaster is a
// function in its namespace, which the compiler finds by the event's type:
//
//   inline Deposited Upcast(const DepositedV1& old) {
//     return Make<Deposited>({.cents = old.francs() * 100});
//   }
//
// Everything that reads events sees what it gives: aggregates, views, replies, tests. So it is pure
// and total: the same event gives the same (G6). It returns
//   E                                           one event; when that is past itself, its own
//                                               upcaster goes on
//   std::tuple<Es...>                           several, in this order; Dropped: none
//   std::optional, std::variant, std::vector    as many as are in it
// and any of these in one another. The events that come of one stand at its one position and
// version, in order, with its id, time and metadata.
//
// CheckComplete of an aggregate and of a projection asserts that each of its past events has an
// upcaster, and that all chains of them end in events of today.
#ifndef DAYBOOK_PROTO_UPCAST_H_
#define DAYBOOK_PROTO_UPCAST_H_

#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "daybook/proto/message_traits.h"
#include "daybook/proto/type_list.h"

namespace daybook {

// `Dropped Upcast(const Noticed&) { return {}; }`: it is no event any more.
using Dropped = std::tuple<>;

// There is an Upcast for the past event E. Reader, which reads it, only puts off the question until
// that is complete.
template <typename E, typename Reader = void>
concept HasUpcast = requires(const E& event) {
  Upcast(event);
};

namespace internal {

template <typename... Lists>
struct Joined {
  using type = TypeList<>;
};
template <typename... Ts>
struct Joined<TypeList<Ts...>> {
  using type = TypeList<Ts...>;
};
template <typename... Ts, typename... Us, typename... Lists>
struct Joined<TypeList<Ts...>, TypeList<Us...>, Lists...> {
  using type = typename Joined<TypeList<Ts..., Us...>, Lists...>::type;
};

// The messages that what an upcaster returns can hold.
template <typename T>
struct MessagesIn {
  using type = TypeList<T>;
};
template <typename... Ts>
struct MessagesIn<std::tuple<Ts...>> {
  using type = typename Joined<typename MessagesIn<Ts>::type...>::type;
};
template <typename... Ts>
struct MessagesIn<std::variant<Ts...>> {
  using type = typename Joined<typename MessagesIn<Ts>::type...>::type;
};
template <typename T>
struct MessagesIn<std::optional<T>> : MessagesIn<T> {};
template <typename T>
struct MessagesIn<std::vector<T>> : MessagesIn<T> {};

template <typename E>
using UpcastResult = std::decay_t<decltype(Upcast(std::declval<const E&>()))>;
template <typename E>
using MessagesOfUpcast = typename MessagesIn<UpcastResult<E>>::type;

template <typename T>
concept IsEvent = requires {
  MessageTraits<T>::kSchemaVersion;
};
template <typename T>
constexpr bool IsPast() {
  if constexpr (IsEvent<T>) return MessageTraits<T>::kPast;
  return false;
}

// Whether `Check::template Of<R>()` holds for all that the upcasters make of E in the end. A chain
// is left where it comes back to one of Seen, or breaks off: those are faults of their own.
template <typename Check, typename E, typename... Seen>
constexpr bool AllInTheEnd() {
  if constexpr (!IsPast<E>()) {
    return Check::template Of<E>();
  } else if constexpr ((std::is_same_v<E, Seen> || ...)) {
    return Check::kOnReturn;
  } else if constexpr (!HasUpcast<E>) {
    return true;
  } else {
    bool all = true;
    MessagesOfUpcast<E>::ForEach(
        [&all]<typename R>() { all = all && AllInTheEnd<Check, R, E, Seen...>(); });
    return all;
  }
}

template <typename E>
constexpr bool GivesEvents() {
  bool all = true;
  if constexpr (HasUpcast<E>) {
    MessagesOfUpcast<E>::ForEach([&all]<typename R>() { all = all && IsEvent<R>; });
  }
  return all;
}

struct ComesToAnEnd {
  static constexpr bool kOnReturn = false;
  template <typename T>
  static constexpr bool Of() {
    return true;
  }
};
template <typename Events>
struct StaysWithin {
  static constexpr bool kOnReturn = true;
  template <typename T>
  static constexpr bool Of() {
    return Events::template kContains<T>;
  }
};

// What the upcasters make of E in the end, a type as often as there are ways to it.
template <typename E, bool = IsPast<E>()>
struct TodaysEventsOf {
  using type = TypeList<E>;
};
template <typename List>
struct TodaysEventsOfAll;
template <typename... Es>
struct TodaysEventsOfAll<TypeList<Es...>> {
  using type = typename Joined<typename TodaysEventsOf<Es>::type...>::type;
};
template <typename E>
struct TodaysEventsOf<E, true> : TodaysEventsOfAll<MessagesOfUpcast<E>> {};

template <typename T, typename Visit>
void VisitMessages(T&& value, Visit& visit) {
  visit(std::forward<T>(value));
}
template <typename... Ts, typename Visit>
void VisitMessages(std::tuple<Ts...>&& value, Visit& visit);
template <typename... Ts, typename Visit>
void VisitMessages(std::variant<Ts...>&& value, Visit& visit);
template <typename T, typename Visit>
void VisitMessages(std::vector<T>&& value, Visit& visit);
template <typename T, typename Visit>
void VisitMessages(std::optional<T>&& value, Visit& visit) {
  if (value.has_value()) VisitMessages(*std::move(value), visit);
}
template <typename... Ts, typename Visit>
void VisitMessages(std::tuple<Ts...>&& value, [[maybe_unused]] Visit& visit) {
  std::apply([&](Ts&... parts) { (VisitMessages(std::move(parts), visit), ...); }, value);
}
template <typename... Ts, typename Visit>
void VisitMessages(std::variant<Ts...>&& value, Visit& visit) {
  std::visit([&visit](auto& part) { VisitMessages(std::move(part), visit); }, value);
}
template <typename T, typename Visit>
void VisitMessages(std::vector<T>&& value, Visit& visit) {
  for (T& part : value) VisitMessages(std::move(part), visit);
}

}  // namespace internal

// What the generator asserts of each past event E for whoever reads it, one after the other.
template <typename E, typename Reader>
inline constexpr bool UpcastGivesEvents = internal::GivesEvents<E>();
template <typename E, typename Reader>
inline constexpr bool UpcastEnds = internal::AllInTheEnd<internal::ComesToAnEnd, E>();
template <typename E, typename Reader>
inline constexpr bool UpcastStaysWithin =
    internal::AllInTheEnd<internal::StaysWithin<typename Reader::Events>, E>();

// The events of today that E can be: E itself, unless it is past.
template <typename E>
using TodaysEvents = typename internal::TodaysEventsOf<E>::type;

// Calls `visit` for each event of today that `event` is, in order: for `event` itself, unless it is
// past.
template <typename E, typename Visit>
void VisitToday(E&& event, Visit&& visit) {
  using Message = std::remove_cvref_t<E>;
  if constexpr (internal::IsPast<Message>()) {
    const auto go_on = [&visit]<typename R>(R&& next) { VisitToday(std::forward<R>(next), visit); };
    internal::UpcastResult<Message> result = Upcast(std::as_const(event));
    internal::VisitMessages(std::move(result), go_on);
  } else {
    visit(std::forward<E>(event));
  }
}

}  // namespace daybook

#endif  // DAYBOOK_PROTO_UPCAST_H_
