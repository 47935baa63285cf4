#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "emit.h"
#include "names.h"
#include "rule_words.h"

namespace daybook::generator {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

class RulesWriter {
 public:
  explicit RulesWriter(std::string* source) : source_(source) {}

  void Field(const FieldDescriptor& field) {
    const v1::FieldOptions& options = OptionsOf(field);
    const std::string get = absl::StrCat("message.", CppName(field));
    if (field.is_map()) {
      Begin("  {", field, "");
      if (options.required()) Refuse(absl::StrCat(get, "().empty()"), kMustBeSet);
      absl::StrAppend(source_, "    for ([[maybe_unused]] const auto& [key, value] : ", get,
                      "()) {\n");
      MapPart(*field.message_type()->map_key(), "key");
      MapPart(*field.message_type()->map_value(), "value");
      absl::StrAppend(source_, "    }\n  }\n");
    } else if (field.is_repeated()) {
      if (options.required() || options.has_repeated()) {
        Begin("  {", field, "");
        if (options.required()) Refuse(absl::StrCat(get, "_size() == 0"), kMustBeSet);
        Count(options.repeated(), absl::StrCat("static_cast<::std::size_t>(", get, "_size())"));
        absl::StrAppend(source_, "  }\n");
      }
      Begin(absl::StrCat("  for (int i = 0; i < ", get, "_size(); ++i) {"), field, ", i");
      absl::StrAppend(source_, "    [[maybe_unused]] const auto& value = ", get, "(i);\n");
      Value(field, options);
      absl::StrAppend(source_, "  }\n");
    } else {
      Begin("  {", field, "");
      absl::StrAppend(source_, "    [[maybe_unused]] const auto& value = ", get, "();\n");
      const std::string has = absl::StrCat("message.has_", CppName(field), "()");
      if (options.required() || RoleOf(*field.containing_type()) == Role::kCommand) {
        Required(field, options, has);
      }
      if (field.has_presence()) {
        absl::StrAppend(source_, "    if (", has, ") {\n");
        Value(field, options);
        absl::StrAppend(source_, "    }\n");
      } else {
        Value(field, options);
      }
      absl::StrAppend(source_, "  }\n");
    }
  }

 private:
  void Begin(absl::string_view open, const FieldDescriptor& field, absl::string_view index) {
    absl::StrAppend(source_, open, "\n    [[maybe_unused]] const FieldPath at{",
                    Literal(field.name()), ", &path", index, "};\n");
  }

  void Refuse(absl::string_view condition, absl::string_view words) {
    absl::StrAppend(source_, "    if (", condition, ") return internal::BrokenRule(at, ",
                    Literal(words), ");\n");
  }

  void Required(const FieldDescriptor& field, const v1::FieldOptions& options,
                const std::string& has) {
    const bool text = field.cpp_type() == FieldDescriptor::CPPTYPE_STRING;
    if (options.required()) {
      Refuse(field.has_presence() ? absl::StrCat("!", has)
             : text               ? "value.empty()"
                                  : "value == 0",
             kMustBeSet);
    } else if (options.key() && text) {
      Refuse("value.empty()", kKeyMustBeSet);
    }
  }

  void MapPart(const FieldDescriptor& part, absl::string_view value) {
    if (part.type() == FieldDescriptor::TYPE_STRING) Utf8(value);
    Nested(part, value);
  }

  void Utf8(absl::string_view value) {
    Refuse(absl::StrCat("!internal::IsUtf8(", value, ")"), kMustBeUtf8);
  }

  void Nested(const FieldDescriptor& field, absl::string_view value) {
    if (field.message_type() == nullptr || !HasFieldRules(*field.message_type())) return;
    absl::StrAppend(source_, "    if (::absl::Status status = FieldRules<",
                    CppName(*field.message_type()), ">::Check(", value,
                    ", at); !status.ok()) return status;\n");
  }

  void Value(const FieldDescriptor& field, const v1::FieldOptions& options) {
    if (field.type() == FieldDescriptor::TYPE_STRING) Utf8("value");
    if (options.has_string()) String(options.string());
    if (options.has_bytes()) Bytes(options.bytes());
    if (options.has_integer()) Integer(field, options.integer());
    if (options.has_floating()) Floating(field, options.floating());
    if (options.defined_only()) {
      Refuse(absl::StrCat("!", CppName(*field.enum_type()), "_IsValid(value)"),
             absl::StrCat("must be a value that ", field.enum_type()->name(), " defines"));
    }
    Nested(field, "value");
  }

  void Count(const v1::RepeatedRules& rules, const std::string& size) {
    if (rules.has_min_items()) {
      Refuse(absl::StrCat(size, " < ", rules.min_items(), "u"), AtLeast(rules.min_items(), "item"));
    }
    if (rules.has_max_items()) {
      Refuse(absl::StrCat(size, " > ", rules.max_items(), "u"), AtMost(rules.max_items(), "item"));
    }
  }

  void String(const v1::StringRules& rules) {
    if (rules.has_min_len()) {
      Refuse(absl::StrCat("internal::CodePoints(value) < ", rules.min_len(), "u"),
             AtLeast(rules.min_len(), "character"));
    }
    if (rules.has_max_len()) {
      Refuse(absl::StrCat("internal::CodePoints(value) > ", rules.max_len(), "u"),
             AtMost(rules.max_len(), "character"));
    }
    if (rules.has_pattern()) {
      absl::StrAppend(source_, "    static const auto* const pattern = new internal::Pattern(",
                      Literal(rules.pattern()), ");\n");
      Refuse("!pattern->Matches(value)", absl::StrCat("must match ", rules.pattern()));
    }
    if (rules.in_size() > 0) {
      Refuse(absl::StrJoin(rules.in(), " && ",
                           [](std::string* out, const std::string& value) {
                             absl::StrAppend(out, "value != ::absl::string_view(", Literal(value),
                                             ", ", value.size(), ")");
                           }),
             OneOf(rules.in()));
    }
  }

  void Bytes(const v1::BytesRules& rules) {
    if (rules.has_min_len()) {
      Refuse(absl::StrCat("value.size() < ", rules.min_len(), "u"),
             AtLeast(rules.min_len(), "byte"));
    }
    if (rules.has_max_len()) {
      Refuse(absl::StrCat("value.size() > ", rules.max_len(), "u"),
             AtMost(rules.max_len(), "byte"));
    }
  }

  void Integer(const FieldDescriptor& field, const v1::IntRules& rules) {
    const auto literal = [&](int64_t bound) { return IntLiteral(field, bound); };
    if (rules.has_gt()) Bound("value <= ", literal(rules.gt()), "must be > ", rules.gt());
    if (rules.has_gte()) Bound("value < ", literal(rules.gte()), "must be >= ", rules.gte());
    if (rules.has_lt()) Bound("value >= ", literal(rules.lt()), "must be < ", rules.lt());
    if (rules.has_lte()) Bound("value > ", literal(rules.lte()), "must be <= ", rules.lte());
    if (rules.in_size() > 0) {
      Refuse(absl::StrJoin(rules.in(), " && ",
                           [&](std::string* out, int64_t value) {
                             absl::StrAppend(out, "value != ", literal(value));
                           }),
             OneOf(rules.in()));
    }
  }

  void Bound(absl::string_view condition, const std::string& literal, absl::string_view words,
             int64_t bound) {
    Refuse(absl::StrCat(condition, literal), absl::StrCat(words, bound));
  }

  // The conditions are negated, so that NaN satisfies none.
  void Floating(const FieldDescriptor& field, const v1::DoubleRules& rules) {
    const auto add = [&](absl::string_view op, double bound) {
      Refuse(absl::StrCat("!(value ", op, " ", DoubleLiteral(field, bound), ")"),
             absl::StrCat("must be ", op, " ", DoubleWords(bound)));
    };
    if (rules.has_gt()) add(">", rules.gt());
    if (rules.has_gte()) add(">=", rules.gte());
    if (rules.has_lt()) add("<", rules.lt());
    if (rules.has_lte()) add("<=", rules.lte());
  }

  std::string* source_;
};

}  // namespace

bool HasFieldRules(const Descriptor& message) {
  const Role role = RoleOf(message);
  return (role == Role::kNone || role == Role::kCommand) && SpeaksOfDaybook(*message.file());
}

void EmitFieldRules(const Descriptor& message, Output* out) {
  const std::string type = CppName(message);
  absl::StrAppend(&out->header, "\ntemplate <>\nstruct FieldRules<", type,
                  "> {\n  static ::absl::Status Check(const ", type,
                  "& message, const FieldPath& path);\n};\n");
  absl::StrAppend(&out->source, "\n::absl::Status FieldRules<", type,
                  ">::Check([[maybe_unused]] const ", type,
                  "& message,\n    [[maybe_unused]] const FieldPath& path) {\n");
  RulesWriter writer(&out->source);
  for (int i = 0; i < message.field_count(); ++i) writer.Field(*message.field(i));
  absl::StrAppend(&out->source, "  return ::absl::OkStatus();\n}\n");
}

}  // namespace daybook::generator
