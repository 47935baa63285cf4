// Makes and reads the typed payloads of errors (daybook/v1/errors.proto).
#ifndef DAYBOOK_CORE_ERRORS_H_
#define DAYBOOK_CORE_ERRORS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "daybook/core/expected_version.h"
#include "daybook/core/position.h"
#include "daybook/v1/errors.pb.h"

namespace daybook {

// The payload of type M that `status` carries; nullopt when it carries none.
template <typename M>
std::optional<M> ErrorPayload(const absl::Status& status) {
  const auto cord =
      status.GetPayload(absl::StrCat("type.googleapis.com/", M::descriptor()->full_name()));
  if (!cord.has_value()) return std::nullopt;
  M payload;
  if (!payload.ParseFromString(std::string(*cord))) return std::nullopt;
  return payload;
}

template <typename M>
void SetErrorPayload(absl::Status& status, const M& payload) {
  status.SetPayload(absl::StrCat("type.googleapis.com/", M::descriptor()->full_name()),
                    absl::Cord(payload.SerializeAsString()));
}

// InvalidArgument with an InvalidField: "<field>: <rule>".
absl::Status InvalidFieldError(absl::string_view field, absl::string_view rule);
// Aborted with a VersionConflict.
absl::Status VersionConflictError(absl::string_view stream, ExpectedVersion expected,
                                  std::optional<uint64_t> actual);
// Aborted with a ClaimConflict.
absl::Status ClaimConflictError(absl::string_view table, absl::string_view key,
                                absl::string_view existing);
// Aborted with a ConditionFailed.
absl::Status ConditionFailedError(size_t condition, Position match);
// ResourceExhausted with a LowSpace.
absl::Status LowSpaceError(absl::string_view directory, uint64_t free_bytes,
                           uint64_t min_free_bytes);
// DataLoss with an UnknownEvent: "event <type> version <n> at position <p> is
// unknown here: <why>".
absl::Status UnknownEventError(absl::string_view type, uint32_t schema_version, Position position,
                               absl::string_view why);
// DataLoss with a Damage: "<what> damaged at position <n>: <detail>".
absl::Status DamageError(absl::string_view what, Position position, absl::string_view detail);

}  // namespace daybook

#endif  // DAYBOOK_CORE_ERRORS_H_
