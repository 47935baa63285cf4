#include "daybook/core/stream_metadata.h"

#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "daybook/core/codec.h"
#include "daybook/core/errors.h"
#include "daybook/core/limits.h"
#include "daybook/core/status_macros.h"
#include "daybook/core/stream_name.h"
#include "stream_lifecycles.h"

namespace daybook {
namespace {

// What is known of a stream when its metadata are to be changed.
struct Known {
  v1::StreamMetadata metadata;
  std::optional<uint64_t> metadata_version;
  std::optional<uint64_t> version;
};

absl::StatusOr<Known> Look(const StoreReader& reader, absl::string_view stream) {
  Known known;
  DAYBOOK_ASSIGN_OR_RETURN(known.version, reader.StreamVersion(stream));
  ReadStreamOptions newest;
  newest.direction = Direction::kBackwards;
  newest.limit = 1;
  const absl::StatusOr<EventBatch> batch = reader.ReadStream(MetadataStreamOf(stream), newest);
  if (absl::IsNotFound(batch.status())) return known;
  DAYBOOK_RETURN_IF_ERROR(batch.status());
  known.metadata_version = batch->front().version;
  const auto metadata = internal::ParseMetadata(batch->front().payload, "payload");
  if (!metadata.ok()) {
    return DamageError("event", batch->front().position, metadata.status().message());
  }
  known.metadata = *metadata;
  return known;
}

Event MetadataEvent(const v1::StreamMetadata& metadata) {
  Event event;
  event.type = std::string(internal::kMetadataType);
  event.payload = EncodeMessage(metadata);
  return event;
}

// Where others append or change all the while.
constexpr int kAttempts = 100;

// Has `change` made to what is set for the stream, whoever else changes it meanwhile; with
// `as_seen`, only while the stream itself stands where `change` saw it.
absl::StatusOr<AppendResult> Change(EventStore& store, absl::string_view stream, bool as_seen,
                                    absl::FunctionRef<absl::Status(Known&)> change) {
  DAYBOOK_RETURN_IF_ERROR(ValidateStreamName(stream));
  for (int attempt = 1;; ++attempt) {
    DAYBOOK_ASSIGN_OR_RETURN(Known known, Look(*store.Reader(), stream));
    if (known.metadata.tombstoned()) {
      return internal::TombstonedError(absl::StatusCode::kFailedPrecondition, stream);
    }
    DAYBOOK_RETURN_IF_ERROR(change(known));
    Commit commit;
    if (as_seen) {
      commit.appends.push_back({.stream = std::string(stream),
                                .expected = ExpectedVersion::Of(known.version),
                                .events = {}});
    }
    commit.appends.push_back({.stream = MetadataStreamOf(stream),
                              .expected = ExpectedVersion::Of(known.metadata_version),
                              .events = {MetadataEvent(known.metadata)}});
    absl::StatusOr<AppendResult> result = store.Append(std::move(commit));
    const bool overtaken = ErrorPayload<v1::VersionConflict>(result.status()).has_value();
    if (!overtaken || attempt == kAttempts) return result;
  }
}

}  // namespace

std::string MetadataStreamOf(absl::string_view stream) {
  return absl::StrCat(internal::kMetadataPrefix, stream);
}

absl::StatusOr<AppendResult> SetStreamLimits(EventStore& store, absl::string_view stream,
                                             const StreamLimits& limits) {
  const absl::Duration age = limits.max_age.value_or(absl::Seconds(1));
  if (age < absl::Microseconds(1) || age > absl::Hours(24 * 3'652'500)) {
    return InvalidFieldError("limits.max_age", "1 microsecond to 10,000 years");
  }
  if (limits.max_count == 0) return InvalidFieldError("limits.max_count", "at least 1");
  if (limits.truncate_before.value_or(0) > kMaxVersion) {
    return InvalidFieldError("limits.truncate_before", absl::StrCat("at most ", kMaxVersion));
  }
  return Change(store, stream, /*as_seen=*/false, [&](Known& known) {
    v1::StreamMetadata& metadata = known.metadata;
    metadata.clear_max_age();
    metadata.clear_max_count();
    metadata.clear_truncate_before();
    if (limits.max_age.has_value()) {
      absl::Duration rest;
      metadata.mutable_max_age()->set_seconds(absl::IDivDuration(age, absl::Seconds(1), &rest));
      metadata.mutable_max_age()->set_nanos(
          static_cast<int32_t>(absl::ToInt64Nanoseconds(absl::Trunc(rest, absl::Microseconds(1)))));
    }
    if (limits.max_count.has_value()) metadata.set_max_count(*limits.max_count);
    if (limits.truncate_before.has_value()) metadata.set_truncate_before(*limits.truncate_before);
    return absl::OkStatus();
  });
}

absl::StatusOr<StreamLimits> ReadStreamLimits(const StoreReader& reader, absl::string_view stream) {
  DAYBOOK_ASSIGN_OR_RETURN(const Known known, Look(reader, stream));
  const v1::StreamMetadata& metadata = known.metadata;
  StreamLimits limits;
  if (metadata.has_max_age()) {
    limits.max_age =
        absl::Seconds(metadata.max_age().seconds()) + absl::Nanoseconds(metadata.max_age().nanos());
  }
  if (metadata.has_max_count()) limits.max_count = metadata.max_count();
  if (metadata.has_truncate_before()) limits.truncate_before = metadata.truncate_before();
  return limits;
}

absl::StatusOr<AppendResult> DeleteStream(EventStore& store, absl::string_view stream,
                                          ExpectedVersion expected) {
  return Change(store, stream, /*as_seen=*/true, [&](Known& known) -> absl::Status {
    if (!expected.Matches(known.version)) {
      return VersionConflictError(stream, expected, known.version);
    }
    if (!known.version.has_value()) return absl::NotFoundError(absl::StrCat("no stream ", stream));
    known.metadata.set_deleted_before(*known.version + 1);
    known.metadata.clear_truncate_before();
    return absl::OkStatus();
  });
}

absl::StatusOr<AppendResult> TombstoneStream(EventStore& store, absl::string_view stream,
                                             ExpectedVersion expected) {
  const bool as_seen = !(expected == ExpectedVersion::Any());
  return Change(store, stream, as_seen, [&](Known& known) -> absl::Status {
    if (!expected.Matches(known.version)) {
      return VersionConflictError(stream, expected, known.version);
    }
    known.metadata.set_tombstoned(true);
    return absl::OkStatus();
  });
}

}  // namespace daybook
