// The words of the field rules, and the literals of their bounds in C++.
#ifndef DAYBOOK_PROTO_PLUGIN_RULE_WORDS_H_
#define DAYBOOK_PROTO_PLUGIN_RULE_WORDS_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/repeated_field.h"

namespace daybook::generator {

inline constexpr absl::string_view kMustBeSet = "must be set";
inline constexpr absl::string_view kKeyMustBeSet = "must be set: it is the key of the stream";
inline constexpr absl::string_view kMustBeUtf8 = "must be valid UTF-8";

// "must have at least 1 item", "must have at most 3 characters".
std::string AtLeast(uint64_t count, absl::string_view what);
std::string AtMost(uint64_t count, absl::string_view what);
// "must be one of 1, 2", "must be one of \"EUR\", \"USD\"".
std::string OneOf(const google::protobuf::RepeatedField<int64_t>& values);
std::string OneOf(const google::protobuf::RepeatedPtrField<std::string>& values);
// "0.5", "inf".
std::string DoubleWords(double value);

// Literals of the field's own type.
std::string IntLiteral(const google::protobuf::FieldDescriptor& field, int64_t value);
std::string DoubleLiteral(const google::protobuf::FieldDescriptor& field, double value);

}  // namespace daybook::generator

#endif  // DAYBOOK_PROTO_PLUGIN_RULE_WORDS_H_
