// error: Upcast(const FilledV1&), which safe.proto:18 asks for, is not declared in the namespace
#include "safe.h"

namespace safe {

inline Filled Upcast(const FilledV2&) {
  return {};
}

const auto projection = daybook::Async<Contents>();

}  // namespace safe
