// Which streams were cut short or deleted, and where they start: docs/formats/store.md, table
// `$streams`. Derived from the events of `$$` streams; a store in which there are none has no such
// table, and nothing is looked up.
#ifndef DAYBOOK_CORE_SRC_STREAM_LIFECYCLES_H_
#define DAYBOOK_CORE_SRC_STREAM_LIFECYCLES_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "daybook/core/commit.h"
#include "daybook/core/stream_limits.h"
#include "daybook/v1/stream_metadata.pb.h"
#include "format.h"
#include "kv.h"

namespace daybook::internal {

inline constexpr absl::string_view kStreamTable = "$streams";
inline constexpr absl::string_view kMetadataPrefix = "$$";
inline constexpr absl::string_view kMetadataType = "$metadata";

inline bool IsMetadataStream(absl::string_view stream) {
  return stream.substr(0, kMetadataPrefix.size()) == kMetadataPrefix;
}
// The stream that a metadata stream is about.
inline absl::string_view SubjectOf(absl::string_view metadata_stream) {
  return metadata_stream.substr(kMetadataPrefix.size());
}

// The metadata in the payload of an event. InvalidArgument (InvalidField `field`) when they are
// none, or break a rule.
absl::StatusOr<v1::StreamMetadata> ParseMetadata(absl::string_view payload,
                                                 absl::string_view field);
// NotFound or FailedPrecondition, with a StreamTombstoned.
absl::Status TombstonedError(absl::StatusCode code, absl::string_view stream);

// A row of the table. DataLoss.
absl::StatusOr<v1::StreamLifecycle> ParseLifecycle(absl::string_view stream, absl::string_view row);

// The position of a version in the index; nullopt: there is no entry. DataLoss.
absl::StatusOr<std::optional<uint64_t>> FindVersion(const Kv& kv, const KvSnapshot* snapshot,
                                                    StreamId stream, uint64_t version);

// Thread-safe.
class StreamLifecycles {
 public:
  // 0: there is no table. Set before anything of it is published.
  TableId table() const { return table_.load(std::memory_order_acquire); }
  void SetTable(TableId table) { table_.store(table, std::memory_order_release); }

  // nullopt: nothing was ever said of the stream. DataLoss.
  absl::StatusOr<std::optional<v1::StreamLifecycle>> Find(const Kv& kv, const KvSnapshot* snapshot,
                                                          absl::string_view stream) const;
  // Calls `visit` for each row behind that of `after`, in the order of the names, until it returns
  // false. DataLoss.
  absl::Status ForEach(
      const Kv& kv, std::shared_ptr<const KvSnapshot> snapshot, absl::string_view after,
      absl::FunctionRef<absl::StatusOr<bool>(absl::string_view stream, const v1::StreamLifecycle&)>
          visit) const;

 private:
  std::atomic<TableId> table_{0};
};

// Where a stream starts at `now`, whose last version is `last`. DataLoss.
absl::StatusOr<StreamStart> FindStart(const Kv& kv, const KvSnapshot* snapshot, StreamId stream,
                                      const v1::StreamLifecycle& lifecycle, uint64_t last,
                                      absl::Time now);

// A stream that has a tombstone, or was deleted and not made anew, is not there.
inline bool IsThere(const v1::StreamLifecycle& lifecycle, uint64_t last) {
  return !lifecycle.metadata().tombstoned() && last >= lifecycle.metadata().deleted_before();
}

}  // namespace daybook::internal

#endif  // DAYBOOK_CORE_SRC_STREAM_LIFECYCLES_H_
