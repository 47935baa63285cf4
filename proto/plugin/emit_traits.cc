#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "emit.h"
#include "names.h"

namespace daybook::generator {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

const FieldDescriptor* KeyOf(const Descriptor& message) {
  for (int i = 0; i < message.field_count(); ++i) {
    if (OptionsOf(*message.field(i)).key()) return message.field(i);
  }
  return nullptr;
}

// An expression for the field's value that absl::StrCat takes.
std::string Text(const FieldDescriptor& field) {
  const std::string get = absl::StrCat("message.", CppName(field), "()");
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return absl::StrCat("(", get, " ? \"true\" : \"false\")");
    case FieldDescriptor::CPPTYPE_ENUM: {
      // A value that this build does not know has no name.
      const std::string type = CppName(*field.enum_type());
      return absl::StrCat("(", type, "_IsValid(", get, ") ? ", type, "_Name(", get,
                          ") : ::absl::StrCat(static_cast<int>(", get, ")))");
    }
    default:
      return get;
  }
}

void EmitKey(const std::string& function, const FieldDescriptor& key, Output* out) {
  const std::string type = CppName(*key.containing_type());
  absl::StrAppend(&out->header, "  static ::std::string ", function, "(const ", type,
                  "& message);\n");
  absl::StrAppend(&out->source, "\n::std::string MessageTraits<", type, ">::", function, "(const ",
                  type, "& message) {\n  return ::absl::StrCat(", Text(key), ");\n}\n");
}

void EmitTags(const Descriptor& event, Output* out) {
  const std::string type = CppName(event);
  absl::StrAppend(&out->header, "  static ::std::vector<::std::string> Tags(const ", type,
                  "& message);\n");
  absl::StrAppend(&out->source, "\n::std::vector<::std::string> MessageTraits<", type,
                  ">::Tags([[maybe_unused]] const ", type,
                  "& message) {\n  ::std::vector<::std::string> tags;\n");
  for (int i = 0; i < event.field_count(); ++i) {
    const FieldDescriptor& field = *event.field(i);
    if (!OptionsOf(field).tag()) continue;
    const std::string guard =
        field.has_presence() ? absl::StrCat("if (message.has_", CppName(field), "()) ") : "";
    absl::StrAppend(&out->source, "  ", guard, "tags.push_back(::absl::StrCat(",
                    Literal(absl::StrCat(field.name(), ":")), ", ", Text(field), "));\n");
  }
  absl::StrAppend(&out->source, "  return tags;\n}\n");
}

void EmitValidate(const Descriptor& command, Output* out) {
  const std::string type = CppName(command);
  absl::StrAppend(&out->header, "  static ::absl::Status Validate(const ", type, "& message);\n");
  absl::StrAppend(&out->source, "\n::absl::Status MessageTraits<", type, ">::Validate(const ", type,
                  "& message) {\n  return FieldRules<", type, ">::Check(message, FieldPath{",
                  Literal(command.name()), "});\n}\n");
}

}  // namespace

void EmitTraits(const Descriptor& message, Output* out) {
  const Role role = RoleOf(message);
  const FieldDescriptor* key = KeyOf(message);
  absl::StrAppend(&out->header, "\ntemplate <>\nstruct MessageTraits<", CppName(message),
                  "> {\n  static constexpr ::absl::string_view kTypeName = ",
                  Literal(role == Role::kEvent ? EventName(message) : message.full_name()), ";\n");
  if (role == Role::kCommand) {
    EmitKey("StreamKey", *key, out);
    EmitValidate(message, out);
  }
  if (role == Role::kEvent) {
    absl::StrAppend(&out->header,
                    "  static constexpr ::std::uint32_t kSchemaVersion = ", SchemaVersion(message),
                    ";\n  static constexpr bool kPast = ", IsPast(message) ? "true" : "false",
                    ";\n  static constexpr ::std::uint32_t kUpcastRevision = ",
                    message.options().GetExtension(v1::event).upcast_revision(),
                    ";\n  static constexpr bool kHasKey = ", key != nullptr ? "true" : "false",
                    ";\n");
    if (key != nullptr) EmitKey("Key", *key, out);
    EmitTags(message, out);
  }
  absl::StrAppend(&out->header, "};\n");
}

}  // namespace daybook::generator
