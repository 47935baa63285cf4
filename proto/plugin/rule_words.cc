#include "rule_words.h"

#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "google/protobuf/stubs/strutil.h"
#include "names.h"

namespace daybook::generator {

using google::protobuf::FieldDescriptor;

namespace {
std::string Counted(uint64_t count, absl::string_view what) {
  return absl::StrCat(count, " ", what, count == 1 ? "" : "s");
}
}  // namespace

std::string AtLeast(uint64_t count, absl::string_view what) {
  return absl::StrCat("must have at least ", Counted(count, what));
}

std::string AtMost(uint64_t count, absl::string_view what) {
  return absl::StrCat("must have at most ", Counted(count, what));
}

std::string OneOf(const google::protobuf::RepeatedField<int64_t>& values) {
  return absl::StrCat("must be one of ", absl::StrJoin(values, ", "));
}

std::string OneOf(const google::protobuf::RepeatedPtrField<std::string>& values) {
  return absl::StrCat("must be one of ",
                      absl::StrJoin(values, ", ", [](std::string* out, const std::string& value) {
                        absl::StrAppend(out, "\"", value, "\"");
                      }));
}

std::string DoubleWords(double value) {
  return google::protobuf::SimpleDtoa(value);
}

std::string IntLiteral(const FieldDescriptor& field, int64_t value) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_UINT32:
      return absl::StrCat(value, "u");
    case FieldDescriptor::CPPTYPE_UINT64:
      return absl::StrCat(value, "ull");
    default:
      break;
  }
  // The least value has no literal of its own.
  if (value == std::numeric_limits<int64_t>::min()) return "(-9223372036854775807ll - 1)";
  return absl::StrCat(value, "ll");
}

std::string DoubleLiteral(const FieldDescriptor& field, double value) {
  const std::string type = field.cpp_type() == FieldDescriptor::CPPTYPE_FLOAT ? "float" : "double";
  if (std::isinf(value)) {
    return absl::StrCat(value < 0 ? "-" : "", "::std::numeric_limits<", type, ">::infinity()");
  }
  return absl::StrCat("static_cast<", type, ">(", DoubleWords(value), ")");
}

}  // namespace daybook::generator
