#include "daybook/core/schema_rules.h"

#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace daybook {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;

// The name within its package.
std::string ShortName(const Descriptor& message) {
  const std::string& package = message.file()->package();
  return package.empty() ? message.full_name() : message.full_name().substr(package.size() + 1);
}

std::string TypeName(const FieldDescriptor& field) {
  if (field.message_type() != nullptr) return field.message_type()->full_name();
  if (field.enum_type() != nullptr) return field.enum_type()->full_name();
  return field.type_name();
}

// Every value that was written is read as the same one.
bool MayBecome(FieldDescriptor::Type recorded, FieldDescriptor::Type today) {
  const std::pair change(recorded, today);
  return recorded == today ||
         change == std::pair(FieldDescriptor::TYPE_INT32, FieldDescriptor::TYPE_INT64) ||
         change == std::pair(FieldDescriptor::TYPE_UINT32, FieldDescriptor::TYPE_UINT64) ||
         change == std::pair(FieldDescriptor::TYPE_STRING, FieldDescriptor::TYPE_BYTES);
}

class Comparison {
 public:
  void Messages(const Descriptor& recorded, const Descriptor& today) {
    if (!seen_.insert({&recorded, &today}).second) return;
    for (int i = 0; i < recorded.field_count(); ++i) Field(*recorded.field(i), today);
  }
  std::vector<SchemaBreach> breaches() && { return std::move(breaches_); }

 private:
  void Add(const FieldDescriptor& field, std::string rule) {
    breaches_.push_back(
        {ShortName(*field.containing_type()), std::string(field.name()), std::move(rule)});
  }

  void Field(const FieldDescriptor& recorded, const Descriptor& message) {
    const FieldDescriptor* const by_name = message.FindFieldByName(recorded.name());
    if (by_name != nullptr && by_name->number() != recorded.number()) {
      return Add(recorded, absl::StrCat("keeps its number: ", recorded.number(), " became ",
                                        by_name->number()));
    }
    if (const FieldDescriptor* today = message.FindFieldByNumber(recorded.number())) {
      return Types(recorded, *today);
    }
    if (!message.IsReservedNumber(recorded.number())) {
      Add(recorded,
          absl::StrCat("is gone, so its number is reserved: reserved ", recorded.number(), ";"));
    }
  }

  void Types(const FieldDescriptor& recorded, const FieldDescriptor& today) {
    if (!MayBecome(recorded.type(), today.type())) {
      return Add(recorded, recorded.name() == today.name()
                               ? absl::StrCat("keeps its type: ", TypeName(recorded), " became ",
                                              TypeName(today))
                               : absl::StrCat("had the number ", recorded.number(),
                                              ", which is never used again: ", TypeName(today), " ",
                                              today.name(), " has it"));
    }
    if (recorded.is_repeated() != today.is_repeated()) {
      return Add(recorded, recorded.is_repeated() ? "stays repeated: it became single"
                                                  : "stays single: it became repeated");
    }
    if (recorded.message_type() != nullptr) {
      Messages(*recorded.message_type(), *today.message_type());
    }
    if (recorded.enum_type() != nullptr) {
      Values(recorded, *recorded.enum_type(), *today.enum_type());
    }
  }

  void Values(const FieldDescriptor& field, const EnumDescriptor& recorded,
              const EnumDescriptor& today) {
    for (int i = 0; i < recorded.value_count(); ++i) {
      const auto& value = *recorded.value(i);
      if (today.FindValueByNumber(value.number()) != nullptr) continue;
      Add(field, absl::StrCat("keeps the values of its enum: ", value.name(), " = ", value.number(),
                              " is gone"));
    }
  }

  std::set<std::pair<const Descriptor*, const Descriptor*>> seen_;
  std::vector<SchemaBreach> breaches_;
};

}  // namespace

std::vector<SchemaBreach> CompareSchemas(const Descriptor& recorded, const Descriptor& today) {
  Comparison comparison;
  comparison.Messages(recorded, today);
  return std::move(comparison).breaches();
}

}  // namespace daybook
