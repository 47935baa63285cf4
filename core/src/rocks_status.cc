#include "rocks_status.h"

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace daybook::internal {
namespace {

// The system's error stands in the message alone.
absl::StatusCode CodeOfIOError(const rocksdb::Status& status, absl::string_view text) {
  if (status.IsNoSpace() || absl::StrContains(text, "No space left") ||
      absl::StrContains(text, "quota exceeded")) {
    return absl::StatusCode::kResourceExhausted;
  }
  if (status.IsPathNotFound() || absl::StrContains(text, "No such file")) {
    return absl::StatusCode::kDataLoss;
  }
  if (absl::StrContains(text, "lock hold") || absl::StrContains(text, "While lock file") ||
      absl::StrContains(text, "lock file:")) {
    return absl::StrContains(text, "Permission denied") ? absl::StatusCode::kPermissionDenied
                                                        : absl::StatusCode::kUnavailable;
  }
  if (absl::StrContains(text, "Permission denied") ||
      absl::StrContains(text, "Operation not permitted") ||
      absl::StrContains(text, "Read-only file system")) {
    return absl::StatusCode::kPermissionDenied;
  }
  return absl::StatusCode::kInternal;
}

absl::StatusCode CodeOf(const rocksdb::Status& status, absl::string_view text) {
  if (IsMediumError(status)) return CodeOfIOError(status, text);
  switch (status.code()) {
    case rocksdb::Status::kCorruption:
    case rocksdb::Status::kNotFound:
      return absl::StatusCode::kDataLoss;
    case rocksdb::Status::kNotSupported:
      return absl::StatusCode::kUnimplemented;
    case rocksdb::Status::kShutdownInProgress:
    case rocksdb::Status::kBusy:
    case rocksdb::Status::kTryAgain:
    case rocksdb::Status::kTimedOut:
      return absl::StatusCode::kUnavailable;
    case rocksdb::Status::kInvalidArgument:
      return absl::StatusCode::kInternal;
    default:
      return absl::StatusCode::kUnknown;
  }
}

}  // namespace

bool IsMediumError(const rocksdb::Status& status) {
  if (status.IsIOError()) return true;
  const std::string text = status.ToString();
  // The second is what it says of a file that it could open at the second attempt only: it takes
  // direct I/O for the reason, which is not used here.
  return absl::StrContains(text, ": IO error: ") ||
         absl::StrContains(text, "Direct I/O is not supported by the specified DB");
}

absl::Status FromRocks(const rocksdb::Status& status) {
  if (status.ok()) return absl::OkStatus();
  const std::string text = status.ToString();
  return absl::Status(CodeOf(status, text), absl::StrCat("RocksDB: ", text));
}

}  // namespace daybook::internal
