// The table of a build's index entries: docs/formats/views.md.
#ifndef DAYBOOK_PROJECTIONS_SRC_INDEX_TABLE_H_
#define DAYBOOK_PROJECTIONS_SRC_INDEX_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "daybook/core/event_store.h"
#include "daybook/projections/view_index.h"
#include "daybook/proto/index_rows.h"

namespace daybook::internal {

// Its name.
std::string IndexTable(absl::string_view view, uint32_t generation);

// A line for each index, in the order of their numbers: empty where there is none.
std::string IndexLayout(absl::Span<const RowIndex> indexes);
// The line of one.
std::string IndexLine(const RowIndex& index);
// Its number in the build with this layout; nullopt: that does not have it, or another of its name.
std::optional<size_t> IndexNumber(absl::string_view layout, const RowIndex& index);

// An index in the table of a build.
struct StoredIndex {
  absl::string_view view;
  const RowIndex& index;
  TableId entries;
  size_t number;
};

// Whether `query` asks for the row with these values in its index.
bool AsksFor(const IndexQuery& query, absl::string_view values, absl::string_view key);
// Calls `visit` with each row that `query` asks for, in order, until it returns false or an error:
// the place of its entry, values and key, and the key. Those after `place` alone, if there is one.
// DataLoss when an entry is damaged.
absl::Status ScanIndex(
    const StoreReader& reader, const StoredIndex& index, const IndexQuery& query,
    Direction direction, const std::optional<std::string>& place,
    absl::FunctionRef<absl::StatusOr<bool>(absl::string_view place, absl::string_view key)> visit);
// The row that an entry names. DataLoss when it is not there.
absl::StatusOr<std::string> GetIndexedRow(const StoreReader& reader, const StoredIndex& index,
                                          TableId rows, absl::string_view key);

}  // namespace daybook::internal

#endif  // DAYBOOK_PROJECTIONS_SRC_INDEX_TABLE_H_
