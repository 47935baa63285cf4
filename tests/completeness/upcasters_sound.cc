#include "safe.h"

namespace safe {

inline std::tuple<FilledV2, std::optional<Filled>> Upcast(const FilledV1&) {
  return {};
}
inline Filled Upcast(const FilledV2&) {
  return {};
}

const auto aggregate = daybook::Aggregate<Safe>();
const auto projection = daybook::Async<Contents>();

}  // namespace safe
