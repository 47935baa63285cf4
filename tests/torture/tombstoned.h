// The error of a stream that has a tombstone.
#ifndef DAYBOOK_TESTS_TORTURE_TOMBSTONED_H_
#define DAYBOOK_TESTS_TORTURE_TOMBSTONED_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "daybook/core/errors.h"

namespace daybook {

inline absl::Status Tombstoned(absl::StatusCode code, absl::string_view stream) {
  absl::Status status(code, "as the model has it");
  v1::StreamTombstoned payload;
  payload.set_stream(std::string(stream));
  SetErrorPayload(status, payload);
  return status;
}

}  // namespace daybook

#endif  // DAYBOOK_TESTS_TORTURE_TOMBSTONED_H_
