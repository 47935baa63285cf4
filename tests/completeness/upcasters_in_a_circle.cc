// error: Upcast(const FilledV1&), which safe.proto:18 asks for, never ends
#include "safe.h"

namespace safe {

inline FilledV2 Upcast(const FilledV1&) {
  return {};
}
inline std::optional<FilledV1> Upcast(const FilledV2&) {
  return {};
}

const auto aggregate = daybook::Aggregate<Safe>();

}  // namespace safe
