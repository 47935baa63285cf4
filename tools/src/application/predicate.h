// A condition on a field of a row or a state: "sent >= 2".
#ifndef DAYBOOK_TOOLS_SRC_APPLICATION_PREDICATE_H_
#define DAYBOOK_TOOLS_SRC_APPLICATION_PREDICATE_H_

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace daybook::tools {

// FIELD OP VALUE. FIELD is a name as in the .proto, or a path of them, "address.zip"; OP is one of
// = != < <= > >=; VALUE is what stands behind it, without blanks around it. Enum values go by their
// name, and have no order; nor has a bool. Strings are compared byte by byte.
class Predicate {
 public:
  // InvalidArgument when the text is not in that form, or does not fit a field of `message`.
  static absl::StatusOr<Predicate> Parse(const google::protobuf::Descriptor* message,
                                         absl::string_view text);

  // Requires a message of the descriptor. A field that is not set has its default.
  bool Holds(const google::protobuf::Message& message) const;

 private:
  enum class Op : uint8_t { kEqual, kNotEqual, kLess, kLessOrEqual, kGreater, kGreaterOrEqual };
  using Value = std::variant<bool, int64_t, uint64_t, double, std::string>;

  static absl::StatusOr<Value> ParseValue(const google::protobuf::FieldDescriptor& field,
                                          const std::string& text);
  static Value Get(const google::protobuf::Message& message,
                   const google::protobuf::FieldDescriptor& field);

  std::vector<const google::protobuf::FieldDescriptor*> path_;  // the last one is compared
  Op op_ = Op::kEqual;
  Value value_;
};

}  // namespace daybook::tools

#endif  // DAYBOOK_TOOLS_SRC_APPLICATION_PREDICATE_H_
