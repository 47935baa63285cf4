#include "daybook/projections/view_index.h"

#include <cstdint>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "daybook/core/errors.h"

namespace daybook::internal {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;

template <typename T>
bool AppendNumber(absl::string_view text, std::string* bytes) {
  T value = 0;
  if (!absl::SimpleAtoi(text, &value)) return false;
  AppendIndexValue(value, bytes);
  return true;
}

bool AppendText(const FieldDescriptor& field, absl::string_view text, std::string* bytes) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return AppendNumber<int32_t>(text, bytes);
    case FieldDescriptor::CPPTYPE_INT64:
      return AppendNumber<int64_t>(text, bytes);
    case FieldDescriptor::CPPTYPE_UINT32:
      return AppendNumber<uint32_t>(text, bytes);
    case FieldDescriptor::CPPTYPE_UINT64:
      return AppendNumber<uint64_t>(text, bytes);
    case FieldDescriptor::CPPTYPE_BOOL:
      if (text != "true" && text != "false") return false;
      AppendIndexValue(text == "true", bytes);
      return true;
    case FieldDescriptor::CPPTYPE_ENUM:
      if (const EnumValueDescriptor* value =
              field.enum_type()->FindValueByName(std::string(text))) {
        AppendIndexValue(static_cast<int32_t>(value->number()), bytes);
        return true;
      }
      return AppendNumber<int32_t>(text, bytes);
    case FieldDescriptor::CPPTYPE_MESSAGE: {
      absl::Time time;
      if (!absl::ParseTime(absl::RFC3339_full, text, &time, /*err=*/nullptr)) return false;
      AppendIndexValue(time, bytes);
      return true;
    }
    default:
      AppendIndexValue(text, bytes);
      return true;
  }
}

std::string WordsFor(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return "true or false";
    case FieldDescriptor::CPPTYPE_ENUM:
      return absl::StrCat("a value of ", field.enum_type()->full_name());
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return "a time such as 2026-03-01T12:00:00Z";
    default:
      return absl::StrCat("an ", field.cpp_type_name());
  }
}

absl::Status AppendValue(absl::string_view path, const FieldDescriptor& field,
                         absl::string_view text, std::string* bytes) {
  if (AppendText(field, text, bytes)) return absl::OkStatus();
  return InvalidFieldError(path, absl::StrCat(WordsFor(field), ", for field ", field.name()));
}

std::string FieldNames(const RowIndex& index) {
  return absl::StrJoin(index.fields, ", ", [](std::string* out, const FieldDescriptor* field) {
    out->append(field->name());
  });
}

absl::StatusOr<std::string> Bound(absl::string_view path, const RowIndex& index, size_t given,
                                  absl::string_view text) {
  if (given == index.fields.size()) {
    return InvalidFieldError(
        path, absl::StrCat("a bound of a field behind those in equals: index ", index.name,
                           " has no more than ", FieldNames(index)));
  }
  std::string bytes;
  DAYBOOK_RETURN_IF_ERROR(AppendValue(path, *index.fields[given], text, &bytes));
  return bytes;
}

}  // namespace

std::vector<RowIndex> RowIndexes(const Descriptor* row, absl::Span<const DeclaredIndex> declared) {
  std::vector<RowIndex> indexes;
  for (const DeclaredIndex& index : declared) {
    indexes.push_back({std::string(index.name), {}});
    for (const std::string& name : std::vector<std::string>(absl::StrSplit(index.fields, ", "))) {
      indexes.back().fields.push_back(row->FindFieldByName(name));
    }
  }
  return indexes;
}

absl::StatusOr<IndexQuery> ParseIndexText(absl::string_view view,
                                          absl::Span<const RowIndex> indexes,
                                          const IndexText& text) {
  const RowIndex* index = nullptr;
  std::vector<absl::string_view> names;
  for (const RowIndex& known : indexes) {
    if (known.name == text.index) index = &known;
    names.push_back(known.name);
  }
  if (index == nullptr) {
    return InvalidFieldError(
        "index", absl::StrCat("one of view ", view, ", which has ",
                              names.empty() ? "none" : absl::StrJoin(names, ", "), ": \"",
                              text.index, "\" is not"));
  }
  const size_t given = text.equals.size();
  if (given > index->fields.size()) {
    return InvalidFieldError("equals", absl::StrCat("at most ", index->fields.size(),
                                                    " values, of ", FieldNames(*index)));
  }
  IndexQuery query;
  query.index = index->name;
  for (size_t i = 0; i < given; ++i) {
    DAYBOOK_RETURN_IF_ERROR(AppendValue(absl::StrCat("equals[", i, "]"), *index->fields[i],
                                        text.equals[i], &query.equal));
  }
  if (text.from.has_value()) {
    DAYBOOK_ASSIGN_OR_RETURN(query.from, Bound("from", *index, given, *text.from));
  }
  if (text.until.has_value()) {
    DAYBOOK_ASSIGN_OR_RETURN(query.until, Bound("until", *index, given, *text.until));
  }
  return query;
}

}  // namespace daybook::internal
