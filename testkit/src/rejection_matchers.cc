#include "daybook/testkit/rejection_matchers.h"

#include <optional>

#include "daybook/core/errors.h"
#include "daybook/v1/errors.pb.h"

namespace daybook::internal {

bool RejectionForMatch(const absl::Status& status, absl::string_view type,
                       google::protobuf::Message* rejection, std::ostream* os) {
  const std::optional<v1::Rejection> payload = ErrorPayload<v1::Rejection>(status);
  if (status.code() != absl::StatusCode::kFailedPrecondition || !payload.has_value()) {
    if (os != nullptr) *os << "which is no rejection: " << status;
    return false;
  }
  if (payload->type() != type) {
    if (os != nullptr) *os << "which is a rejection " << payload->type();
    return false;
  }
  if (!rejection->ParseFromString(payload->value())) {
    if (os != nullptr) *os << "whose rejection cannot be parsed";
    return false;
  }
  return true;
}

}  // namespace daybook::internal
