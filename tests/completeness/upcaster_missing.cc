// error: Upcast(const FilledV2&), which safe.proto:23 asks for, is not declared in the namespace
#include "safe.h"

namespace safe {

inline FilledV2 Upcast(const FilledV1&) {
  return {};
}

const auto aggregate = daybook::Aggregate<Safe>();

}  // namespace safe
