#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "emit.h"
#include "names.h"

namespace daybook::generator {
namespace {

using google::protobuf::FieldDescriptor;

// How the value of an indexed field is given.
std::string ArgumentType(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return "::std::int32_t";
    case FieldDescriptor::CPPTYPE_INT64:
      return "::std::int64_t";
    case FieldDescriptor::CPPTYPE_UINT32:
      return "::std::uint32_t";
    case FieldDescriptor::CPPTYPE_UINT64:
      return "::std::uint64_t";
    case FieldDescriptor::CPPTYPE_BOOL:
      return "bool";
    case FieldDescriptor::CPPTYPE_ENUM:
      return CppName(*field.enum_type());
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return "::absl::Time";  // of a Timestamp
    default:
      return "::absl::string_view";
  }
}

// The function that takes the first `given` fields.
void EmitQuery(const Index& index, size_t given, std::string* header) {
  const std::string rows =
      given < index.fields.size()
          ? absl::StrCat("::daybook::IndexRange<Row, ", ArgumentType(*index.fields[given]), ">")
          : "::daybook::IndexRows<Row>";
  std::vector<std::string> parameters;
  std::string arguments = Literal(index.name);
  for (size_t i = 0; i < given; ++i) {
    const std::string name = CppName(*index.fields[i]);
    parameters.push_back(absl::StrCat(ArgumentType(*index.fields[i]), " ", name));
    absl::StrAppend(&arguments, ", ", name);
  }
  absl::StrAppend(header, "  static ", rows, " ", CamelCase(index.name), "(",
                  absl::StrJoin(parameters, ", "), ") {\n    return ", rows, "(", arguments,
                  ");\n  }\n");
}

std::string FieldNames(const Index& index) {
  return absl::StrJoin(index.fields, ", ", [](std::string* out, const FieldDescriptor* field) {
    absl::StrAppend(out, field->name());
  });
}

}  // namespace

void EmitIndexes(const Projection& projection, std::string* header) {
  for (const Index& index : projection.indexes) {
    absl::StrAppend(header, "\n  // Rows by ", FieldNames(index), ".\n");
    for (size_t given = 0; given <= index.fields.size(); ++given) EmitQuery(index, given, header);
  }
  absl::StrAppend(header, "\n  // Of the engine: its indexes, and the values of a row in one.\n",
                  "  static constexpr ::std::array<::daybook::DeclaredIndex, ",
                  projection.indexes.size(), "> kIndexes = {{\n");
  for (const Index& index : projection.indexes) {
    absl::StrAppend(header, "      {", Literal(index.name), ", ", Literal(FieldNames(index)),
                    "},\n");
  }
  absl::StrAppend(header,
                  "  }};\n  static void AppendIndexValues(::std::size_t index, const Row& row, "
                  "::std::string* bytes) {\n    switch (index) {\n");
  for (size_t i = 0; i < projection.indexes.size(); ++i) {
    absl::StrAppend(header, "      case ", i, ":\n");
    for (const FieldDescriptor* field : projection.indexes[i].fields) {
      absl::StrAppend(header, "        ::daybook::internal::AppendIndexValue(row.", CppName(*field),
                      "(), bytes);\n");
    }
    absl::StrAppend(header, "        break;\n");
  }
  absl::StrAppend(header, "    }\n  }\n");
}

}  // namespace daybook::generator
