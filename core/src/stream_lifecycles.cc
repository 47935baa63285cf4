#include "stream_lifecycles.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "daybook/core/errors.h"
#include "daybook/core/limits.h"
#include "daybook/core/status_macros.h"
#include "record.h"

namespace daybook::internal {
namespace {

// The parts of a Duration as Protocol Buffers bounds them: 10,000 years.
constexpr int64_t kMaxSeconds = 315'576'000'000;

absl::StatusOr<int64_t> MicrosOf(const google::protobuf::Duration& duration) {
  const bool whole = duration.seconds() >= 0 && duration.seconds() <= kMaxSeconds &&
                     duration.nanos() >= 0 && duration.nanos() < 1'000'000'000;
  const int64_t micros = whole ? duration.seconds() * 1'000'000 + duration.nanos() / 1'000 : 0;
  if (micros > 0) return micros;
  return absl::InvalidArgumentError("1 microsecond to 10,000 years");
}

// The first version from `first` to `last` that was recorded at `micros` or later; last + 1 where
// none was. Recorded times never decrease along versions (G1).
absl::StatusOr<uint64_t> FirstSince(const Kv& kv, const KvSnapshot* snapshot, StreamId stream,
                                    uint64_t first, uint64_t last, int64_t micros) {
  uint64_t low = first;
  uint64_t high = last + 1;
  while (low < high) {
    const uint64_t middle = low + (high - low) / 2;
    DAYBOOK_ASSIGN_OR_RETURN(const std::optional<uint64_t> sequence,
                             FindVersion(kv, snapshot, stream, middle));
    if (!sequence.has_value()) {
      return DamageError("stream index", Position(), absl::StrCat("it lacks version ", middle));
    }
    DAYBOOK_ASSIGN_OR_RETURN(const auto value, kv.Get(snapshot, Family::kLog, LogKey(*sequence)));
    if (!value.has_value()) {
      return DamageError("event", Position(*sequence), "it is not in the log");
    }
    DAYBOOK_ASSIGN_OR_RETURN(const RecordView record, RecordView::Parse(*sequence, value->view()));
    if (record.recorded_micros() < micros) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

}  // namespace

absl::StatusOr<v1::StreamMetadata> ParseMetadata(absl::string_view payload,
                                                 absl::string_view field) {
  const auto path = [&](absl::string_view name) { return absl::StrCat(field, ".", name); };
  v1::StreamMetadata metadata;
  if (!metadata.ParseFromArray(payload.data(), static_cast<int>(payload.size()))) {
    return InvalidFieldError(field, "must be a daybook.v1.StreamMetadata");
  }
  if (metadata.has_max_age()) {
    const absl::Status status = MicrosOf(metadata.max_age()).status();
    if (!status.ok()) return InvalidFieldError(path("max_age"), status.message());
  }
  if (metadata.has_max_count() && metadata.max_count() == 0) {
    return InvalidFieldError(path("max_count"), "at least 1");
  }
  for (const auto& [name, version] : {std::pair("truncate_before", metadata.truncate_before()),
                                      std::pair("deleted_before", metadata.deleted_before())}) {
    if (version > kMaxVersion) {
      return InvalidFieldError(path(name), absl::StrCat("at most ", kMaxVersion));
    }
  }
  return metadata;
}

absl::Status TombstonedError(absl::StatusCode code, absl::string_view stream) {
  absl::Status status(code, absl::StrCat("stream ", stream, " has a tombstone"));
  v1::StreamTombstoned payload;
  payload.set_stream(std::string(stream));
  SetErrorPayload(status, payload);
  return status;
}

absl::StatusOr<v1::StreamLifecycle> ParseLifecycle(absl::string_view stream,
                                                   absl::string_view row) {
  v1::StreamLifecycle lifecycle;
  if (lifecycle.ParseFromArray(row.data(), static_cast<int>(row.size()))) return lifecycle;
  return DamageError("row", Position(),
                     absl::StrCat("what is known of stream ", stream, " does not parse"));
}

absl::StatusOr<std::optional<uint64_t>> FindVersion(const Kv& kv, const KvSnapshot* snapshot,
                                                    StreamId stream, uint64_t version) {
  DAYBOOK_ASSIGN_OR_RETURN(const auto entry,
                           kv.Get(snapshot, Family::kStreams, StreamKey(stream, version)));
  if (!entry.has_value()) return std::nullopt;
  absl::string_view bytes = entry->view();
  uint64_t sequence = 0;
  if (ConsumeVarint(&bytes, &sequence) && bytes.empty()) return sequence;
  return DamageError("stream index", Position(), "an entry holds no position");
}

absl::StatusOr<std::optional<v1::StreamLifecycle>> StreamLifecycles::Find(
    const Kv& kv, const KvSnapshot* snapshot, absl::string_view stream) const {
  const TableId table = this->table();
  if (table == 0) return std::nullopt;
  DAYBOOK_ASSIGN_OR_RETURN(const auto row, kv.Get(snapshot, Family::kRows, RowKey(table, stream)));
  if (!row.has_value()) return std::nullopt;
  return ParseLifecycle(stream, row->view());
}

absl::Status StreamLifecycles::ForEach(
    const Kv& kv, std::shared_ptr<const KvSnapshot> snapshot, absl::string_view after,
    absl::FunctionRef<absl::StatusOr<bool>(absl::string_view stream, const v1::StreamLifecycle&)>
        visit) const {
  const TableId table = this->table();
  if (table == 0) return absl::OkStatus();
  // No name is empty, so that the row without one stands before all others.
  const std::string first = RowKey(table, absl::StrCat(after, absl::string_view("\0", 1)));
  auto it = kv.NewIterator(std::move(snapshot), Family::kRows,
                           {.lower = first, .upper = RowKey(table + 1, "")});
  for (it->Seek(first); it->Valid(); it->Next()) {
    const absl::string_view stream = it->key().substr(sizeof(TableId));
    DAYBOOK_ASSIGN_OR_RETURN(const v1::StreamLifecycle lifecycle,
                             ParseLifecycle(stream, it->value()));
    DAYBOOK_ASSIGN_OR_RETURN(const bool more, visit(stream, lifecycle));
    if (!more) return absl::OkStatus();
  }
  return it->status();
}

absl::StatusOr<StreamStart> FindStart(const Kv& kv, const KvSnapshot* snapshot, StreamId stream,
                                      const v1::StreamLifecycle& lifecycle, uint64_t last,
                                      absl::Time now) {
  const v1::StreamMetadata& metadata = lifecycle.metadata();
  const uint64_t next = last + 1;
  StreamStart start;
  start.began = metadata.tombstoned() ? next : std::min(metadata.deleted_before(), next);
  start.first = std::max({start.began, metadata.truncate_before(), lifecycle.removed_before()});
  if (metadata.has_max_count() && metadata.max_count() < next) {
    start.first = std::max(start.first, next - metadata.max_count());
  }
  start.first = std::min(start.first, next);
  if (!metadata.has_max_age() || start.first == next) return start;
  DAYBOOK_ASSIGN_OR_RETURN(const int64_t age, MicrosOf(metadata.max_age()));
  DAYBOOK_ASSIGN_OR_RETURN(start.first, FirstSince(kv, snapshot, stream, start.first, last,
                                                   absl::ToUnixMicros(now) - age));
  return start;
}

}  // namespace daybook::internal
