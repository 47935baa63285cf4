#include "index_table.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "daybook/core/errors.h"
#include "daybook/core/limits.h"
#include "daybook/projections/row_entries.h"
#include "daybook/proto/index_value.h"

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
    default:
      return 0;
  }
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
    absl::StrAppend(&line, " ", field->name(), " ", field->cpp_type_name());
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

std::string IndexPrefix(size_t number) {
  return std::string(1, static_cast<char>(number));
}

absl::StatusOr<absl::string_view> KeyOfPlace(absl::string_view view, const RowIndex& index,
                                             absl::string_view place) {
  for (const FieldDescriptor* field : index.fields) {
    if (!SkipIndexValue(WidthOf(*field), &place)) {
      return DamageError(
          "row", Position::Start(),
          absl::StrCat("an entry of index ", index.name, " of view ", view, " has no key"));
    }
  }
  return place;
}

}  // namespace daybook::internal
