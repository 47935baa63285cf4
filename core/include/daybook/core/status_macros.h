// The two macros of the project: they pass an error on. Shaped like those that Abseil plans, to be
// deleted when it ships them.
#ifndef DAYBOOK_CORE_STATUS_MACROS_H_
#define DAYBOOK_CORE_STATUS_MACROS_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// Returns from the enclosing function when `expr`, an absl::Status, is not OK.
#define DAYBOOK_RETURN_IF_ERROR(expr) \
  DAYBOOK_RETURN_IF_ERROR_IMPL(DAYBOOK_STATUS_CONCAT(daybook_status_, __LINE__), expr)
#define DAYBOOK_RETURN_IF_ERROR_IMPL(status, expr) \
  do {                                             \
    absl::Status status = (expr);                  \
    if (!status.ok()) return status;               \
  } while (false)

// Evaluates `expr`, an absl::StatusOr, and moves its value to `lhs`, or returns its status. `lhs`
// may declare a variable; it holds no comma outside of parentheses.
#define DAYBOOK_ASSIGN_OR_RETURN(lhs, expr) \
  DAYBOOK_ASSIGN_OR_RETURN_IMPL(DAYBOOK_STATUS_CONCAT(daybook_statusor_, __LINE__), lhs, expr)
#define DAYBOOK_ASSIGN_OR_RETURN_IMPL(statusor, lhs, expr) \
  auto statusor = (expr);                                  \
  if (!statusor.ok()) return std::move(statusor).status(); \
  lhs = *std::move(statusor)
#define DAYBOOK_STATUS_CONCAT(a, b) DAYBOOK_STATUS_CONCAT_INNER(a, b)
#define DAYBOOK_STATUS_CONCAT_INNER(a, b) a##b

#endif  // DAYBOOK_CORE_STATUS_MACROS_H_
