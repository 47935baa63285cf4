#include "daybook/core/errors.h"

namespace daybook {

absl::Status InvalidFieldError(absl::string_view field, absl::string_view rule) {
  absl::Status status = absl::InvalidArgumentError(absl::StrCat(field, ": ", rule));
  v1::InvalidField payload;
  payload.set_field(std::string(field));
  payload.set_rule(std::string(rule));
  SetErrorPayload(status, payload);
  return status;
}

absl::Status VersionConflictError(absl::string_view stream, ExpectedVersion expected,
                                  std::optional<uint64_t> actual) {
  absl::Status status = absl::AbortedError(
      absl::StrCat("stream ", stream, ": expected ", expected.exact().has_value() ? "version " : "",
                   expected.ToString(), ", found ",
                   actual.has_value() ? absl::StrCat("version ", *actual) : "no stream"));
  v1::VersionConflict payload;
  payload.set_stream(std::string(stream));
  payload.set_expected(expected.ToString());
  if (actual.has_value()) payload.set_actual(*actual);
  SetErrorPayload(status, payload);
  return status;
}

absl::Status ClaimConflictError(absl::string_view table, absl::string_view key,
                                absl::string_view existing) {
  // The key may be binary: it stands in the payload only.
  absl::Status status = absl::AbortedError(absl::StrCat("table ", table, ": the key is taken"));
  v1::ClaimConflict payload;
  payload.set_table(std::string(table));
  payload.set_key(std::string(key));
  payload.set_existing(std::string(existing));
  SetErrorPayload(status, payload);
  return status;
}

absl::Status ConditionFailedError(size_t condition, Position match) {
  absl::Status status = absl::AbortedError(absl::StrCat("condition ", condition,
                                                        " of the commit: the event at position ",
                                                        match.ToString(), " matches"));
  v1::ConditionFailed payload;
  payload.set_condition(static_cast<uint32_t>(condition));
  payload.set_position(match.sequence());
  SetErrorPayload(status, payload);
  return status;
}

absl::Status LowSpaceError(absl::string_view directory, uint64_t free_bytes,
                           uint64_t min_free_bytes) {
  // Rounded so that what is free never seems to be enough.
  absl::Status status = absl::ResourceExhaustedError(absl::StrCat(
      free_bytes >> 20, " MiB are free where the store ", directory, " lies, and ",
      (min_free_bytes + (1 << 20) - 1) >> 20, " MiB should be, so nothing is appended: ",
      "free space there, or move the store to a larger disk"));
  v1::LowSpace payload;
  payload.set_directory(std::string(directory));
  payload.set_free_bytes(free_bytes);
  payload.set_min_free_bytes(min_free_bytes);
  SetErrorPayload(status, payload);
  return status;
}

absl::Status UnknownEventError(absl::string_view type, uint32_t schema_version, Position position,
                               absl::string_view why) {
  absl::Status status =
      absl::DataLossError(absl::StrCat("event ", type, " version ", schema_version, " at position ",
                                       position.ToString(), " is unknown here: ", why));
  v1::UnknownEvent payload;
  payload.set_type(std::string(type));
  payload.set_schema_version(schema_version);
  payload.set_position(position.sequence());
  SetErrorPayload(status, payload);
  return status;
}

absl::Status DamageError(absl::string_view what, Position position, absl::string_view detail) {
  const std::string place =
      position == Position::Start() ? "" : absl::StrCat(" at position ", position.ToString());
  absl::Status status = absl::DataLossError(absl::StrCat(what, " damaged", place, ": ", detail));
  v1::Damage payload;
  payload.set_what(std::string(what));
  payload.set_position(position.sequence());
  SetErrorPayload(status, payload);
  return status;
}

}  // namespace daybook
