#include "fatal.h"

#include <cstdio>
#include <cstdlib>

namespace daybook::internal {

void Fatal(absl::string_view message) {
  std::fprintf(stderr, "daybook: %.*s\n", static_cast<int>(message.size()), message.data());
  std::fflush(stderr);
  std::abort();
}

}  // namespace daybook::internal
