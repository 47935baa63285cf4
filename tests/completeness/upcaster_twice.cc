// error: redefinition of
#include "safe.h"

namespace safe {

inline Filled Upcast(const FilledV1&) {
  return {};
}
inline Filled Upcast(const FilledV1&) {
  return {};
}
inline Filled Upcast(const FilledV2&) {
  return {};
}

const auto aggregate = daybook::Aggregate<Safe>();

}  // namespace safe
