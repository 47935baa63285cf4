#include "index_table.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "daybook/core/errors.h"
#include "daybook/core/limits.h"
#include "daybook/core/status_macros.h"
#include "daybook/projections/row_entries.h"
#include "daybook/proto/index_value.h"
#include "view_tables.h"

namespace daybook::internal {
namespace {

using google::protobuf::FieldDescriptor;

// Of the values of a field, as AppendIndexValue makes them; 0: of text.
size_t WidthOf(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return 1;
    case FieldDescriptor::CPPTYPE_INT32:
    case FieldDescriptor::CPPTYPE_UINT32:
    case FieldDescriptor::CPPTYPE_ENUM:
      return 4;
    case FieldDescriptor::CPPTYPE_INT64:
    case FieldDescriptor::CPPTYPE_UINT64:
      return 8;
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return kIndexTimeBytes;
    default:
      return 0;
  }
}

// What the entries of the index with this number begin with.
std::string IndexPrefix(size_t number) {
  return std::string(1, static_cast<char>(number));
}

// The first place that `query` asks for, and the first one beyond.
std::string FirstPlace(const IndexQuery& query) {
  return absl::StrCat(query.equal, query.from.value_or(""));
}
std::optional<std::string> EndPlace(const IndexQuery& query, absl::string_view prefix) {
  if (!query.until.has_value()) return AfterPrefix(absl::StrCat(prefix, query.equal));
  return absl::StrCat(prefix, query.equal, *query.until);
}

// The row's key in `place`, an entry without its prefix.
absl::StatusOr<absl::string_view> KeyOfPlace(const StoredIndex& index, absl::string_view place) {
  for (const FieldDescriptor* field : index.index.fields) {
    if (!SkipIndexValue(WidthOf(*field), &place)) {
      return DamageError("row", Position::Start(),
                         absl::StrCat("an entry of index ", index.index.name, " of view ",
                                      index.view, " has no key"));
    }
  }
  return place;
}

}  // namespace

std::string IndexEntry(size_t number, absl::string_view values, absl::string_view key) {
  return absl::StrCat(IndexPrefix(number), values, key);
}

absl::Status CheckEntryFits(absl::string_view index, absl::string_view values,
                            absl::string_view key) {
  const size_t bytes = IndexPrefix(0).size() + values.size() + key.size();
  if (bytes <= kMaxRowKeyBytes) return absl::OkStatus();
  return InvalidFieldError(
      "row", absl::StrCat("at most ", kMaxRowKeyBytes, " bytes for its values in index ", index,
                          " with its key; they take ", bytes));
}

std::string IndexTable(absl::string_view view, uint32_t generation) {
  return absl::StrCat("index/", view, "/", generation);
}

std::string IndexLine(const RowIndex& index) {
  std::string line = absl::StrCat("index ", index.name);
  for (const FieldDescriptor* field : index.fields) {
    absl::StrAppend(&line, " ", field->name(), " ",
                    field->message_type() != nullptr ? field->message_type()->full_name()
                                                     : field->cpp_type_name());
  }
  return line;
}

std::string IndexLayout(absl::Span<const RowIndex> indexes) {
  std::string layout;
  for (const RowIndex& index : indexes) absl::StrAppend(&layout, IndexLine(index), "\n");
  return layout;
}

std::optional<size_t> IndexNumber(absl::string_view layout, const RowIndex& index) {
  const std::string mine = IndexLine(index);
  size_t number = 0;
  for (const absl::string_view line : absl::StrSplit(layout, '\n', absl::SkipEmpty())) {
    if (line == mine) return number;
    ++number;
  }
  return std::nullopt;
}

bool AsksFor(const IndexQuery& query, absl::string_view values, absl::string_view key) {
  const std::string place = absl::StrCat(values, key);
  const std::optional<std::string> end = EndPlace(query, /*prefix=*/"");
  return place >= FirstPlace(query) && (!end.has_value() || place < *end);
}

absl::Status ScanIndex(
    const StoreReader& reader, const StoredIndex& index, const IndexQuery& query,
    Direction direction, const std::optional<std::string>& place,
    absl::FunctionRef<absl::StatusOr<bool>(absl::string_view place, absl::string_view key)> visit) {
  const std::string prefix = IndexPrefix(index.number);
  ScanOptions scan{.from = absl::StrCat(prefix, FirstPlace(query)),
                   .until = EndPlace(query, prefix),
                   .direction = direction};
  if (place.has_value() && direction == Direction::kForwards) {
    scan.from = std::max(scan.from, absl::StrCat(prefix, *place, absl::string_view("\0", 1)));
  } else if (place.has_value()) {
    const std::string until = absl::StrCat(prefix, *place);
    if (!scan.until.has_value() || until < *scan.until) scan.until = until;
  }
  absl::Status visited;
  DAYBOOK_RETURN_IF_ERROR(
      reader.ScanRows(index.entries, scan, [&](absl::string_view entry, absl::string_view) {
        const absl::string_view at = entry.substr(prefix.size());
        const absl::StatusOr<absl::string_view> key = KeyOfPlace(index, at);
        const absl::StatusOr<bool> more = key.ok() ? visit(at, *key) : key.status();
        visited = more.status();
        return more.value_or(false);
      }));
  return visited;
}

absl::StatusOr<std::string> GetIndexedRow(const StoreReader& reader, const StoredIndex& index,
                                          TableId rows, absl::string_view key) {
  DAYBOOK_ASSIGN_OR_RETURN(std::optional<std::string> row, reader.GetRow(rows, key));
  if (row.has_value()) return *std::move(row);
  return DamageError("row", Position::Start(),
                     absl::StrCat("the row \"", absl::CHexEscape(key), "\" of view ", index.view,
                                  " stands in index ", index.index.name, " and is missing"));
}

}  // namespace daybook::internal
