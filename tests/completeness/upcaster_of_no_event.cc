// error: Upcast(const FilledV2&), which safe.proto:23 asks for, gives something else than events
#include "safe.h"

namespace safe {

inline FilledV2 Upcast(const FilledV1&) {
  return {};
}
inline std::tuple<Filled, std::string> Upcast(const FilledV2&) {
  return {};
}

const auto aggregate = daybook::Aggregate<Safe>();

}  // namespace safe
