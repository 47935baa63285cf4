// error: Upcast(const FilledV2&), which safe.proto:23 asks for, ends in an event that aggregate
// Safe does not have
#include "safe.h"

namespace safe {

inline Filled Upcast(const FilledV1&) {
  return {};
}
inline wallet::Closed Upcast(const FilledV2&) {
  return {};
}

const auto aggregate = daybook::Aggregate<Safe>();

}  // namespace safe
