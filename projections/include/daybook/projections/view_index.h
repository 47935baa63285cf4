// The indexes of a view, and asking by them in text: for tools and web pages. An application that
// knows what it asks for calls the functions of its projection (daybook/proto/index_rows.h).
#ifndef DAYBOOK_PROJECTIONS_VIEW_INDEX_H_
#define DAYBOOK_PROJECTIONS_VIEW_INDEX_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "daybook/core/status_macros.h"
#include "daybook/proto/index_rows.h"
#include "google/protobuf/descriptor.h"

namespace daybook {

// An index of a view: its rows in the order of these fields, then of their keys.
struct RowIndex {
  std::string name;
  std::vector<const google::protobuf::FieldDescriptor*> fields;
};

// Which rows, in text: an integer in decimal, a bool as "true" or "false", an enum by name or
// number, a Timestamp as in RFC 3339, string and bytes as they are.
struct IndexText {
  std::string index;
  std::vector<std::string> equals;  // of the leading fields: none, some or all of them
  // Bounds of the field behind those: its least value, and the first that is too great.
  std::optional<std::string> from;
  std::optional<std::string> until;
};

namespace internal {

// Those that `row` declares so.
std::vector<RowIndex> RowIndexes(const google::protobuf::Descriptor* row,
                                 absl::Span<const DeclaredIndex> declared);
absl::StatusOr<IndexQuery> ParseIndexText(absl::string_view view,
                                          absl::Span<const RowIndex> indexes,
                                          const IndexText& text);

// The indexes of a projection.
template <typename P>
std::vector<RowIndex> IndexesOf() {
  if constexpr (requires { P::kIndexes; }) {
    return RowIndexes(P::Row::descriptor(), P::kIndexes);
  } else {
    return {};
  }
}

}  // namespace internal

// What `text` asks for, to be given to Find.
//   InvalidArgument  (InvalidField) "index": the view has none of that name; "equals": more values
//                    than fields; "equals[1]", "from", "until": not a value of its field, or no
//                    field is left
template <typename P>
absl::StatusOr<IndexRows<typename P::Row>> ParseIndexRows(const IndexText& text) {
  DAYBOOK_ASSIGN_OR_RETURN(internal::IndexQuery query,
                           internal::ParseIndexText(P::kName, internal::IndexesOf<P>(), text));
  return IndexRows<typename P::Row>(std::move(query));
}

}  // namespace daybook

#endif  // DAYBOOK_PROJECTIONS_VIEW_INDEX_H_
