// The end of a process that a programmer's error has brought about.
#ifndef DAYBOOK_CORE_SRC_FATAL_H_
#define DAYBOOK_CORE_SRC_FATAL_H_

#include "absl/strings/string_view.h"

namespace daybook::internal {

// Writes "daybook: <message>" to standard error and aborts.
[[noreturn]] void Fatal(absl::string_view message);

}  // namespace daybook::internal

#endif  // DAYBOOK_CORE_SRC_FATAL_H_
