#include "field_kinds.h"

#include "absl/strings/str_cat.h"

namespace daybook::generator {

using google::protobuf::FieldDescriptor;

bool IsString(const FieldDescriptor& field) {
  return field.type() == FieldDescriptor::TYPE_STRING;
}

bool IsBytes(const FieldDescriptor& field) {
  return field.type() == FieldDescriptor::TYPE_BYTES;
}

bool IsInteger(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
    case FieldDescriptor::CPPTYPE_INT64:
    case FieldDescriptor::CPPTYPE_UINT32:
    case FieldDescriptor::CPPTYPE_UINT64:
      return true;
    default:
      return false;
  }
}

bool IsFloating(const FieldDescriptor& field) {
  return field.cpp_type() == FieldDescriptor::CPPTYPE_DOUBLE ||
         field.cpp_type() == FieldDescriptor::CPPTYPE_FLOAT;
}

bool IsBool(const FieldDescriptor& field) {
  return field.cpp_type() == FieldDescriptor::CPPTYPE_BOOL;
}

bool IsEnum(const FieldDescriptor& field) {
  return field.cpp_type() == FieldDescriptor::CPPTYPE_ENUM;
}

bool IsMessage(const FieldDescriptor& field) {
  return field.message_type() != nullptr;
}

bool IsTimestamp(const FieldDescriptor& field) {
  return IsMessage(field) && field.message_type()->full_name() == "google.protobuf.Timestamp";
}

bool IsOrdered(const FieldDescriptor& field) {
  return !field.is_repeated() && !IsFloating(field) && (!IsMessage(field) || IsTimestamp(field));
}

std::string KindOf(const FieldDescriptor& field) {
  if (field.is_map()) return "a map";
  const std::string type = IsMessage(field) ? absl::StrCat("message ", field.message_type()->name())
                           : IsEnum(field)  ? absl::StrCat("enum ", field.enum_type()->name())
                                            : std::string(field.type_name());
  if (field.is_repeated()) return absl::StrCat("repeated ", type);
  if (IsMessage(field) || IsEnum(field) || IsBytes(field)) return type;
  return absl::StrCat(IsInteger(field) && type[0] == 'i' ? "an " : "a ", type);
}

std::string WithArticle(Role role) {
  return absl::StrCat(role == Role::kEvent ? "an " : "a ", NameOf(role));
}

}  // namespace daybook::generator
