#include "request.h"

#include <utility>

#include "absl/algorithm/container.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "chain.h"
#include "daybook/core/errors.h"
#include "daybook/core/limits.h"
#include "daybook/core/status_macros.h"
#include "daybook/core/stream_name.h"
#include "stream_lifecycles.h"

namespace daybook::internal {
namespace {

// Per event and per row, what the queue is charged beside the bytes.
constexpr size_t kOverheadBytes = 200;
// For an entry of the index of tags, beside the tag.
constexpr size_t kTagEntryBytes = 40;

// The streams of metadata, of streams that an application may have, hold such events and no others.
absl::Status CheckStream(const StreamAppend& append, absl::string_view path) {
  const bool is_metadata =
      IsMetadataStream(append.stream) &&
      absl::c_all_of(append.events, [](const Event& event) { return event.type == kMetadataType; });
  return ValidateStreamName(is_metadata ? SubjectOf(append.stream) : append.stream, path);
}

absl::Status CheckType(absl::string_view stream, const Event& event, absl::string_view path) {
  if (!IsMetadataStream(stream)) return ValidateTypeName(event.type, absl::StrCat(path, ".type"));
  if (event.encoding != PayloadEncoding::kPlain) {
    return InvalidFieldError(absl::StrCat(path, ".encoding"), "must be plain");
  }
  return ParseMetadata(event.payload, absl::StrCat(path, ".payload")).status();
}

absl::Status CheckEvent(absl::string_view stream, const Event& event, absl::string_view path) {
  DAYBOOK_RETURN_IF_ERROR(CheckType(stream, event, path));
  if (event.schema_version == 0 || event.schema_version > 0xFFFF) {
    return InvalidFieldError(absl::StrCat(path, ".schema_version"), "must be 1 to 65535");
  }
  if (event.encoding > PayloadEncoding::kSealed) {
    return InvalidFieldError(absl::StrCat(path, ".encoding"), "must be plain or sealed");
  }
  if (event.payload.size() > kMaxPayloadBytes) {
    return InvalidFieldError(
        absl::StrCat(path, ".payload"),
        absl::StrCat("must be at most ", kMaxPayloadBytes, " bytes, is ", event.payload.size()));
  }
  return ValidateMetadata(event.metadata, absl::StrCat(path, ".metadata"));
}

PreparedEvent PrepareEvent(Event event) {
  PreparedEvent prepared;
  prepared.metadata = EncodeMetadata(event.metadata);
  prepared.tagged = !event.metadata.tags.empty();
  prepared.id_given = !event.id.is_nil();
  prepared.id = prepared.id_given ? event.id : Uuid::Random();
  prepared.type = std::move(event.type);
  prepared.schema_version = static_cast<uint16_t>(event.schema_version);
  prepared.encoding = event.encoding;
  prepared.payload = std::move(event.payload);
  prepared.payload_size = static_cast<uint32_t>(prepared.payload.size());
  prepared.payload_digest = Digest(prepared.payload);
  prepared.metadata_digest = Digest(prepared.metadata);
  return prepared;
}

absl::Status CheckRow(absl::string_view path, absl::string_view key, size_t value_size) {
  if (key.size() > kMaxRowKeyBytes) {
    return InvalidFieldError(absl::StrCat(path, ".key"),
                             absl::StrCat("must be at most ", kMaxRowKeyBytes, " bytes"));
  }
  if (value_size > kMaxRowBytes) {
    return InvalidFieldError(absl::StrCat(path, ".value"),
                             absl::StrCat("must be at most ", kMaxRowBytes, " bytes"));
  }
  return absl::OkStatus();
}

// Returns the bytes of all.
absl::StatusOr<size_t> CheckConditions(absl::Span<const AppendCondition> conditions) {
  size_t parts = 0;
  size_t bytes = 0;
  for (size_t i = 0; i < conditions.size(); ++i) {
    const auto path = [i] { return absl::StrCat("commit.conditions[", i, "]"); };
    if (conditions[i].after.partition() != 0) {
      return InvalidFieldError(path() + ".after", "must be of partition 0, the only one here");
    }
    ++parts;
    for (const QueryItem& item : conditions[i].none_match) {
      parts += 1 + item.types.size() + item.tags.size();
      for (const std::string& tag : item.tags) {
        if (tag.empty()) return InvalidFieldError(path() + ".none_match.tags", "not empty");
        bytes += tag.size();
      }
      for (const std::string& type : item.types) bytes += type.size();
    }
  }
  if (parts <= kMaxConditionPartsPerCommit) return bytes + parts * sizeof(std::string);
  return InvalidFieldError("commit.conditions",
                           absl::StrCat("must be at most ", kMaxConditionPartsPerCommit,
                                        " conditions, items, types and tags, are ", parts));
}

absl::Status CheckDuplicates(const Request& request) {
  absl::flat_hash_set<absl::string_view> streams;
  absl::flat_hash_set<Uuid> ids;
  for (size_t i = 0; i < request.appends.size(); ++i) {
    const PreparedAppend& append = request.appends[i];
    if (!streams.insert(append.stream).second) {
      return InvalidFieldError(absl::StrCat("commit.appends[", i, "].stream"),
                               "must stand in one append of the commit only");
    }
    for (size_t j = 0; j < append.events.size(); ++j) {
      if (append.events[j].id_given && !ids.insert(append.events[j].id).second) {
        return InvalidFieldError(absl::StrCat("commit.appends[", i, "].events[", j, "].id"),
                                 "must be another one for each event");
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Request>> PrepareCommit(Commit commit) {
  if (commit.writes.size() + commit.claims.size() > kMaxTableWritesPerCommit) {
    return InvalidFieldError("commit.writes",
                             absl::StrCat("must be at most ", kMaxTableWritesPerCommit, " rows"));
  }
  auto prepared_request = std::make_unique<Request>();
  Request& request = *prepared_request;
  size_t events = 0;
  size_t index_bytes = 0;
  request.appends.reserve(commit.appends.size());
  for (size_t i = 0; i < commit.appends.size(); ++i) {
    StreamAppend& append = commit.appends[i];
    const auto path = [i] { return absl::StrCat("commit.appends[", i, "]"); };
    if (!CheckStream(append, "stream").ok()) {
      return CheckStream(append, absl::StrCat(path(), ".stream"));
    }
    if (const auto exact = append.expected.exact(); exact.has_value() && *exact > kMaxVersion) {
      return InvalidFieldError(absl::StrCat(path(), ".expected"),
                               absl::StrCat("must be at most ", kMaxVersion));
    }
    events += append.events.size();
    if (events > kMaxEventsPerCommit) {
      return InvalidFieldError("commit.appends",
                               absl::StrCat("must be at most ", kMaxEventsPerCommit, " events"));
    }
    PreparedAppend prepared;
    prepared.expected = append.expected;
    prepared.events.reserve(append.events.size());
    for (size_t j = 0; j < append.events.size(); ++j) {
      // The path is spelled out when it is wanted: that costs more than the checks.
      const Event& event = append.events[j];
      if (!CheckEvent(append.stream, event, "event").ok()) {
        return CheckEvent(append.stream, event, absl::StrCat(path(), ".events[", j, "]"));
      }
      for (const std::string& tag : event.metadata.tags) {
        index_bytes += tag.size() + kTagEntryBytes;
      }
      PreparedEvent ready = PrepareEvent(std::move(append.events[j]));
      request.bytes += ready.payload.size() + ready.metadata.size() + kOverheadBytes;
      request.tagged |= ready.tagged;
      prepared.events.push_back(std::move(ready));
    }
    prepared.stream = std::move(append.stream);
    request.appends.push_back(std::move(prepared));
  }
  for (size_t i = 0; i < commit.claims.size(); ++i) {
    const Claim& claim = commit.claims[i];
    if (claim.key.size() > kMaxRowKeyBytes || claim.value.size() > kMaxRowBytes) {
      return CheckRow(absl::StrCat("commit.claims[", i, "]"), claim.key, claim.value.size());
    }
    request.bytes += claim.key.size() + claim.value.size() + kOverheadBytes;
  }
  for (size_t i = 0; i < commit.writes.size(); ++i) {
    const TableWrite& write = commit.writes[i];
    const size_t size = write.value.has_value() ? write.value->size() : 0;
    if (write.key.size() > kMaxRowKeyBytes || size > kMaxRowBytes) {
      return CheckRow(absl::StrCat("commit.writes[", i, "]"), write.key, size);
    }
    request.bytes += write.key.size() + size + kOverheadBytes;
  }
  DAYBOOK_ASSIGN_OR_RETURN(const size_t condition_bytes, CheckConditions(commit.conditions));
  request.bytes += condition_bytes;
  if (request.bytes > kMaxCommitBytes) {
    return InvalidFieldError("commit", absl::StrCat("must be at most ", kMaxCommitBytes,
                                                    " bytes in all, is ", request.bytes));
  }
  if (events == 0 && commit.claims.empty() && commit.writes.empty()) {
    return InvalidFieldError("commit", "must hold an event, a claim or a table write");
  }
  // What the store adds for itself is no reason to refuse a commit, but it takes room.
  request.bytes += index_bytes;
  request.conditions = std::move(commit.conditions);
  request.claims = std::move(commit.claims);
  request.writes = std::move(commit.writes);
  request.new_ids = commit.new_ids;
  request.chain = std::move(commit.chain);
  if (events > 1 || request.appends.size() > 1) DAYBOOK_RETURN_IF_ERROR(CheckDuplicates(request));
  return prepared_request;
}

}  // namespace daybook::internal
