#include "names.h"

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "daybook/proto/field_rules.h"
#include "google/protobuf/compiler/cpp/names.h"

namespace daybook::generator {

namespace cpp = google::protobuf::compiler::cpp;
using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;

std::string ShortName(const Descriptor& message) {
  if (message.containing_type() == nullptr) return message.name();
  return absl::StrCat(ShortName(*message.containing_type()), ".", message.name());
}

std::string CppName(const Descriptor& message) {
  return cpp::QualifiedClassName(&message);
}

std::string CppName(const EnumDescriptor& enumeration) {
  return cpp::QualifiedClassName(&enumeration);
}

std::string CppName(const FieldDescriptor& field) {
  return cpp::FieldName(&field);
}

std::string Stem(const FileDescriptor& file) {
  return std::string(absl::StripSuffix(file.name(), ".proto"));
}

std::string BaseName(const FileDescriptor& file) {
  return file.name().substr(file.name().rfind('/') + 1);
}

std::string Namespace(const FileDescriptor& file) {
  return absl::StrReplaceAll(file.package(), {{".", "::"}});
}

std::string SnakeCase(absl::string_view name) {
  std::string snake;
  for (size_t i = 0; i < name.size(); ++i) {
    if (absl::ascii_isupper(name[i]) && i > 0 && name[i - 1] != '_') {
      const bool ends_acronym = i + 1 < name.size() && absl::ascii_islower(name[i + 1]);
      if (!absl::ascii_isupper(name[i - 1]) || ends_acronym) snake += '_';
    }
    snake += absl::ascii_tolower(name[i]);
  }
  return snake;
}

std::string CamelCase(absl::string_view name) {
  std::string camel;
  bool begins = true;
  for (const char c : name) {
    if (c != '_') camel += begins ? absl::ascii_toupper(c) : c;
    begins = c == '_';
  }
  return camel;
}

bool IsIdentifier(absl::string_view name) {
  if (name.empty() || !absl::ascii_isalpha(name[0])) return false;
  for (const char c : name) {
    if (!absl::ascii_isalnum(c) && c != '_') return false;
  }
  return true;
}

bool IsPrintable(absl::string_view text) {
  for (const char c : text) {
    if (absl::ascii_iscntrl(c)) return false;
  }
  return internal::IsUtf8(text);
}

std::string Literal(absl::string_view text) {
  // "??" would begin a trigraph in older modes of the compilers.
  return absl::StrCat("\"", absl::StrReplaceAll(absl::CEscape(text), {{"?", "\\?"}}), "\"");
}

}  // namespace daybook::generator
