#include "prepare_entries.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "chain.h"
#include "daybook/core/errors.h"
#include "daybook/core/limits.h"
#include "daybook/core/status_macros.h"
#include "sha256.h"

namespace daybook::internal {
namespace {

absl::StatusOr<Hash> HashOf(absl::string_view hex, absl::string_view field) {
  Hash hash;
  const bool digits = std::all_of(hex.begin(), hex.end(), absl::ascii_isxdigit);
  if (hex.size() != 2 * hash.size() || !digits) {
    return InvalidFieldError(field, "must be 64 hexadecimal digits");
  }
  const std::string bytes = absl::HexStringToBytes(hex);
  std::copy(bytes.begin(), bytes.end(), hash.begin());
  return hash;
}

// What only a recorded event has.
struct Recorded {
  EventId id;
  bool id_given;
  std::optional<RemovedPayload> removed;
};

absl::Status CheckEntry(const LogEntry& entry, const LogEntry& first, size_t n) {
  if (entry.position.partition() != 0 ||
      entry.position.sequence() != first.position.sequence() + n) {
    return InvalidFieldError("position", absl::StrCat("must follow that of the event before it, ",
                                                      "is ", entry.position.ToString()));
  }
  if (entry.recorded_time != first.recorded_time) {
    return InvalidFieldError("recorded_time", "must be the same for all events of a commit");
  }
  if (entry.event.id.is_nil()) return InvalidFieldError("id", "must not be all zeros");
  if (!entry.removed.has_value()) return absl::OkStatus();
  if (!entry.event.payload.empty()) {
    return InvalidFieldError("payload", "must be absent where it was removed");
  }
  if (entry.removed->size > kMaxPayloadBytes) {
    return InvalidFieldError("removed.size",
                             absl::StrCat("must be at most ", kMaxPayloadBytes, " bytes"));
  }
  return HashOf(entry.removed->digest_hex, "removed.digest").status();
}

// Puts the event where it belongs: behind the events of its stream, or first of its stream.
absl::Status AddTo(Commit* commit, LogEntry entry) {
  if (commit->appends.empty() || commit->appends.back().stream != entry.stream) {
    StreamAppend& append = commit->appends.emplace_back();
    append.expected = entry.version == 0 ? ExpectedVersion::NoStream()
                                         : ExpectedVersion::Exactly(entry.version - 1);
    append.stream = std::move(entry.stream);
  } else if (const StreamAppend& append = commit->appends.back();
             entry.version !=
             append.expected.exact().value_or(~uint64_t{0}) + 1 + append.events.size()) {
    return InvalidFieldError("version", "must follow that of the stream's event before it");
  }
  commit->appends.back().events.push_back(std::move(entry.event));
  return absl::OkStatus();
}

absl::Status Restore(const Recorded& recorded, PreparedEvent* event) {
  event->id = recorded.id;
  event->id_given = recorded.id_given;
  if (!recorded.removed.has_value()) return absl::OkStatus();
  event->removed = true;
  event->payload_size = recorded.removed->size;
  DAYBOOK_ASSIGN_OR_RETURN(event->payload_digest,
                           HashOf(recorded.removed->digest_hex, "removed.digest"));
  event->payload = std::string(DigestBytes(event->payload_digest));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Request>> PrepareEntries(std::vector<LogEntry> entries) {
  AsRecorded as_recorded;
  as_recorded.first = entries.front().position.sequence();
  as_recorded.recorded_micros = absl::ToUnixMicros(entries.front().recorded_time);
  DAYBOOK_ASSIGN_OR_RETURN(as_recorded.chain, HashOf(entries.back().commit_chain_hex, "chain"));
  std::vector<Recorded> recorded;
  Commit commit;
  for (size_t i = 0; i < entries.size(); ++i) {
    DAYBOOK_RETURN_IF_ERROR(CheckEntry(entries[i], entries.front(), i));
    recorded.push_back({entries[i].event.id, entries[i].id_given, entries[i].removed});
  }
  for (LogEntry& entry : entries) DAYBOOK_RETURN_IF_ERROR(AddTo(&commit, std::move(entry)));
  DAYBOOK_ASSIGN_OR_RETURN(std::unique_ptr<Request> request, PrepareCommit(std::move(commit)));
  size_t next = 0;
  for (PreparedAppend& append : request->appends) {
    for (PreparedEvent& event : append.events) {
      DAYBOOK_RETURN_IF_ERROR(Restore(recorded[next++], &event));
    }
  }
  request->as_recorded = as_recorded;
  return request;
}

}  // namespace daybook::internal
