// Names and literals of the generated C++.
#ifndef DAYBOOK_PROTO_PLUGIN_NAMES_H_
#define DAYBOOK_PROTO_PLUGIN_NAMES_H_

#include <string>

#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"

namespace daybook::generator {

// The name within its package: "Withdraw", "Outer.Inner".
std::string ShortName(const google::protobuf::Descriptor& message);
// "::bank::Withdraw", "::bank::Outer_Inner".
std::string CppName(const google::protobuf::Descriptor& message);
std::string CppName(const google::protobuf::EnumDescriptor& enumeration);
// The name of the field's accessors: in lower case, a keyword with '_' behind it.
std::string CppName(const google::protobuf::FieldDescriptor& field);
// "bank" of "a/b/bank.proto" -> "a/b/bank".
std::string Stem(const google::protobuf::FileDescriptor& file);
// "bank.proto" of "a/b/bank.proto".
std::string BaseName(const google::protobuf::FileDescriptor& file);
// "bank::v1", empty for no package.
std::string Namespace(const google::protobuf::FileDescriptor& file);

// "LoanApplication" -> "loan_application", "HTTPServer" -> "http_server".
std::string SnakeCase(absl::string_view name);
// "by_customer" -> "ByCustomer".
std::string CamelCase(absl::string_view name);
bool IsIdentifier(absl::string_view name);
// UTF-8 without control characters.
bool IsPrintable(absl::string_view text);
// A C++ string literal, quotes included, of any bytes.
std::string Literal(absl::string_view text);

}  // namespace daybook::generator

#endif  // DAYBOOK_PROTO_PLUGIN_NAMES_H_
