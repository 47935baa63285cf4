#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "emit.h"
#include "names.h"

namespace daybook::generator {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::OneofDescriptor;

std::string ValueType(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return "::std::int32_t";
    case FieldDescriptor::CPPTYPE_INT64:
      return "::std::int64_t";
    case FieldDescriptor::CPPTYPE_UINT32:
      return "::std::uint32_t";
    case FieldDescriptor::CPPTYPE_UINT64:
      return "::std::uint64_t";
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return "double";
    case FieldDescriptor::CPPTYPE_FLOAT:
      return "float";
    case FieldDescriptor::CPPTYPE_BOOL:
      return "bool";
    case FieldDescriptor::CPPTYPE_ENUM:
      return CppName(*field.enum_type());
    case FieldDescriptor::CPPTYPE_STRING:
      return "::std::string";
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return CppName(*field.message_type());
  }
  return "";
}

std::string MemberType(const FieldDescriptor& field) {
  if (field.is_map()) {
    return absl::StrCat("MapInit<", ValueType(*field.message_type()->map_key()), ", ",
                        ValueType(*field.message_type()->map_value()), ">");
  }
  const std::string value = ValueType(field);
  if (field.is_repeated()) return absl::StrCat("RepeatedInit<", value, ">");
  if (field.message_type() != nullptr) return absl::StrCat("MessageInit<", value, ">");
  if (field.has_presence()) return absl::StrCat("::std::optional<", value, ">");
  return value;
}

void EmitSet(const FieldDescriptor& field, std::string* source) {
  const std::string name = CppName(field);
  if (field.is_repeated()) {
    absl::StrAppend(source, "  init.", name, ".MoveTo(message->mutable_", name, "());\n");
  } else if (field.message_type() != nullptr) {
    absl::StrAppend(source, "  if (init.", name, ".has_value()) *message->mutable_", name,
                    "() = ::std::move(*init.", name, ");\n");
  } else if (field.has_presence()) {
    absl::StrAppend(source, "  if (init.", name, ".has_value()) message->set_", name,
                    "(::std::move(*init.", name, "));\n");
  } else {
    absl::StrAppend(source, "  message->set_", name, "(::std::move(init.", name, "));\n");
  }
}

void EmitOneofCheck(const OneofDescriptor& oneof, std::string* source) {
  std::vector<std::string> given;
  for (int i = 0; i < oneof.field_count(); ++i) {
    given.push_back(absl::StrCat("init.", CppName(*oneof.field(i)), ".has_value()"));
  }
  absl::StrAppend(source, "  internal::CheckOneof(", absl::StrJoin(given, " + "), ", ",
                  Literal(oneof.full_name()), ");\n");
}

}  // namespace

void EmitFields(const Descriptor& message, Output* out) {
  const std::string type = CppName(message);
  absl::StrAppend(&out->header, "\ntemplate <>\nstruct Fields<", type, "> {\n  struct Init {\n");
  absl::StrAppend(&out->source, "\nvoid Fields<", type,
                  ">::Set([[maybe_unused]] Init&& init, [[maybe_unused]] ", type, "* message) {\n");
  for (int i = 0; i < message.real_oneof_decl_count(); ++i) {
    EmitOneofCheck(*message.oneof_decl(i), &out->source);
  }
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor& field = *message.field(i);
    absl::StrAppend(&out->header, "    ", MemberType(field), " ", CppName(field), "{};\n");
    EmitSet(field, &out->source);
  }
  absl::StrAppend(&out->header, "  };\n  static void Set(Init&& init, ", type, "* message);\n};\n");
  absl::StrAppend(&out->source, "}\n");
}

}  // namespace daybook::generator
