#include "application/predicate.h"

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "daybook/core/status_macros.h"

namespace daybook::tools {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

absl::Status Wrong(absl::string_view text, absl::string_view rule) {
  return absl::InvalidArgumentError(absl::StrCat("the condition '", text, "': ", rule));
}

absl::StatusOr<std::vector<const FieldDescriptor*>> FindPath(const Descriptor* message,
                                                             absl::string_view names,
                                                             absl::string_view text) {
  std::vector<const FieldDescriptor*> path;
  for (const absl::string_view name : absl::StrSplit(names, '.')) {
    const FieldDescriptor* field =
        message == nullptr ? nullptr : message->FindFieldByName(std::string(name));
    if (field == nullptr) {
      return Wrong(text, absl::StrCat("'", name, "' is no field of ",
                                      message == nullptr ? "a field that is no message"
                                                         : message->full_name()));
    }
    if (field->is_repeated()) return Wrong(text, absl::StrCat(name, " is a list"));
    path.push_back(field);
    message = field->message_type();
  }
  if (message != nullptr) return Wrong(text, "a message is not compared: name a field of it");
  return path;
}

}  // namespace

absl::StatusOr<Predicate> Predicate::Parse(const Descriptor* message, absl::string_view text) {
  Predicate predicate;
  const size_t at = text.find_first_of("=!<>");
  if (at == absl::string_view::npos) return Wrong(text, "FIELD OP VALUE, with = != < <= > or >=");
  const bool wide = at + 1 < text.size() && text[at] != '=' && text[at + 1] == '=';
  switch (text[at]) {
    case '=':
      predicate.op_ = Op::kEqual;
      break;
    case '<':
      predicate.op_ = wide ? Op::kLessOrEqual : Op::kLess;
      break;
    case '>':
      predicate.op_ = wide ? Op::kGreaterOrEqual : Op::kGreater;
      break;
    default:
      if (!wide) return Wrong(text, "'!' is no comparison: != is");
      predicate.op_ = Op::kNotEqual;
  }
  const absl::string_view names = absl::StripAsciiWhitespace(text.substr(0, at));
  DAYBOOK_ASSIGN_OR_RETURN(predicate.path_, FindPath(message, names, text));
  const FieldDescriptor& field = *predicate.path_.back();
  const std::string value(absl::StripAsciiWhitespace(text.substr(at + (wide ? 2 : 1))));
  absl::StatusOr<Value> parsed = ParseValue(field, value);
  if (!parsed.ok()) return Wrong(text, parsed.status().message());
  predicate.value_ = *std::move(parsed);
  const bool ordered = field.cpp_type() != FieldDescriptor::CPPTYPE_BOOL &&
                       field.cpp_type() != FieldDescriptor::CPPTYPE_ENUM;
  if (!ordered && predicate.op_ != Op::kEqual && predicate.op_ != Op::kNotEqual) {
    return Wrong(text, absl::StrCat(field.name(), " has no order: use = or !="));
  }
  return predicate;
}

absl::StatusOr<Predicate::Value> Predicate::ParseValue(const FieldDescriptor& field,
                                                       const std::string& text) {
  const auto no_such = [&](absl::string_view kind) {
    return absl::InvalidArgumentError(
        absl::StrCat(field.name(), " is ", kind, ", and '", text, "' is none"));
  };
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
    case FieldDescriptor::CPPTYPE_INT64: {
      int64_t number = 0;
      if (!absl::SimpleAtoi(text, &number)) return no_such("a whole number");
      return number;
    }
    case FieldDescriptor::CPPTYPE_UINT32:
    case FieldDescriptor::CPPTYPE_UINT64: {
      uint64_t number = 0;
      if (!absl::SimpleAtoi(text, &number)) return no_such("a whole number from 0");
      return number;
    }
    case FieldDescriptor::CPPTYPE_FLOAT: {
      float number = 0;  // rounded as the field's value is
      if (!absl::SimpleAtof(text, &number)) return no_such("a number");
      return static_cast<double>(number);
    }
    case FieldDescriptor::CPPTYPE_DOUBLE: {
      double number = 0;
      if (!absl::SimpleAtod(text, &number)) return no_such("a number");
      return number;
    }
    case FieldDescriptor::CPPTYPE_BOOL:
      if (text != "true" && text != "false") return no_such("true or false");
      return text == "true";
    case FieldDescriptor::CPPTYPE_ENUM: {
      const auto* value = field.enum_type()->FindValueByName(text);
      if (value == nullptr) return no_such(absl::StrCat("a ", field.enum_type()->full_name()));
      return static_cast<int64_t>(value->number());
    }
    default:
      if (field.type() == FieldDescriptor::TYPE_BYTES) {
        return absl::InvalidArgumentError(absl::StrCat(field.name(), " is bytes, not text"));
      }
      return text;
  }
}

Predicate::Value Predicate::Get(const Message& message, const FieldDescriptor& field) {
  const google::protobuf::Reflection& get = *message.GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return static_cast<int64_t>(get.GetInt32(message, &field));
    case FieldDescriptor::CPPTYPE_INT64:
      return static_cast<int64_t>(get.GetInt64(message, &field));
    case FieldDescriptor::CPPTYPE_UINT32:
      return static_cast<uint64_t>(get.GetUInt32(message, &field));
    case FieldDescriptor::CPPTYPE_UINT64:
      return static_cast<uint64_t>(get.GetUInt64(message, &field));
    case FieldDescriptor::CPPTYPE_FLOAT:
      return static_cast<double>(get.GetFloat(message, &field));
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return get.GetDouble(message, &field);
    case FieldDescriptor::CPPTYPE_BOOL:
      return get.GetBool(message, &field);
    case FieldDescriptor::CPPTYPE_ENUM:
      return static_cast<int64_t>(get.GetEnumValue(message, &field));
    default:
      return get.GetString(message, &field);
  }
}

bool Predicate::Holds(const Message& message) const {
  const Message* at = &message;
  for (size_t i = 0; i + 1 < path_.size(); ++i) {
    at = &at->GetReflection()->GetMessage(*at, path_[i]);
  }
  const Value value = Get(*at, *path_.back());
  switch (op_) {
    case Op::kEqual:
      return value == value_;
    case Op::kNotEqual:
      return value != value_;
    case Op::kLess:
      return value < value_;
    case Op::kLessOrEqual:
      return value <= value_;
    case Op::kGreater:
      return value > value_;
    case Op::kGreaterOrEqual:
      return value >= value_;
  }
  return false;
}

}  // namespace daybook::tools
