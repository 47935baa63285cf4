// A list of types.
#ifndef DAYBOOK_PROTO_TYPE_LIST_H_
#define DAYBOOK_PROTO_TYPE_LIST_H_

#include <cstddef>
#include <type_traits>

namespace daybook {

template <typename... Ts>
struct TypeList {
  static constexpr size_t kSize = sizeof...(Ts);
  template <typename T>
  static constexpr bool kContains = (std::is_same_v<T, Ts> || ...);
  // The index of T, which must be one of Ts.
  template <typename T>
  static constexpr size_t IndexOf() {
    static_assert(kContains<T>, "the type is not in the list");
    size_t index = 0;
    (void)((std::is_same_v<T, Ts> ? true : (++index, false)) || ...);
    return index;
  }
  // Calls f.template operator()<T>() for each type, in order.
  template <typename F>
  static constexpr void ForEach(F&& f) {
    (f.template operator()<Ts>(), ...);
  }
};

}  // namespace daybook

#endif  // DAYBOOK_PROTO_TYPE_LIST_H_
