// The table of a build's index entries: docs/formats/views.md.
#ifndef DAYBOOK_PROJECTIONS_SRC_INDEX_TABLE_H_
#define DAYBOOK_PROJECTIONS_SRC_INDEX_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "daybook/core/event_store.h"
#include "daybook/projections/view_index.h"

namespace daybook::internal {

// Its name.
std::string IndexTable(absl::string_view view, uint32_t generation);

// A line for each index, in the order of their numbers: empty where there is none.
std::string IndexLayout(absl::Span<const RowIndex> indexes);
// The line of one.
std::string IndexLine(const RowIndex& index);
// Its number in the build with this layout; nullopt: that does not have it, or another of its name.
std::optional<size_t> IndexNumber(absl::string_view layout, const RowIndex& index);

// What the entries of the index with this number begin with.
std::string IndexPrefix(size_t number);
// The row's key in `place`, an entry without its prefix. DataLoss when that is none.
absl::StatusOr<absl::string_view> KeyOfPlace(absl::string_view view, const RowIndex& index,
                                             absl::string_view place);

}  // namespace daybook::internal

#endif  // DAYBOOK_PROJECTIONS_SRC_INDEX_TABLE_H_
