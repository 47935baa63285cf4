#include "daybook/snapshots/snapshot_difference.h"

#include "absl/strings/str_cat.h"
#include "daybook/core/codec.h"
#include "daybook/core/errors.h"
#include "daybook/core/status_macros.h"
#include "daybook/core/stream_name.h"
#include "daybook/v1/snapshot.pb.h"

namespace daybook {
namespace {

constexpr absl::string_view kTable = "$snapshot-differences";

}  // namespace

absl::StatusOr<TableWrite> WriteSnapshotDifference(EventStore* store,
                                                   const SnapshotDifference& difference) {
  DAYBOOK_ASSIGN_OR_RETURN(const TableId table, store->OpenTable(kTable));
  v1::StoredSnapshotDifference stored;
  stored.set_stream(difference.stream);
  stored.set_version(difference.version);
  stored.set_fingerprint(difference.fingerprint);
  stored.set_found_micros(absl::ToUnixMicros(difference.found));
  return TableWrite{table, std::string(CategoryOf(difference.stream)), EncodeMessage(stored)};
}

absl::StatusOr<std::optional<SnapshotDifference>> FindSnapshotDifference(
    const EventStore& store, const StoreReader& reader, absl::string_view category,
    absl::string_view fingerprint) {
  const std::optional<TableId> table = FindTable(store, kTable);
  if (!table.has_value()) return std::nullopt;
  DAYBOOK_ASSIGN_OR_RETURN(const std::optional<std::string> row, reader.GetRow(*table, category));
  if (!row.has_value()) return std::nullopt;
  v1::StoredSnapshotDifference stored;
  if (!stored.ParseFromString(*row)) {
    return DamageError("row", Position(),
                       absl::StrCat("the snapshot that differed in ", category, " does not parse"));
  }
  if (stored.fingerprint() != fingerprint) return std::nullopt;
  return SnapshotDifference{stored.stream(), stored.version(), stored.fingerprint(),
                            absl::FromUnixMicros(stored.found_micros())};
}

}  // namespace daybook
