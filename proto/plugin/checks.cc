#include "checks.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "names.h"

namespace daybook::generator {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;

// The first message that carries an option, itself or on a field.
const Descriptor& FirstThatSpeaks(const Model& model) {
  for (const Descriptor* message : model.messages) {
    if (RoleOf(*message) != Role::kNone) return *message;
    for (int i = 0; i < message->field_count(); ++i) {
      if (message->field(i)->options().HasExtension(v1::field)) return *message;
    }
  }
  return *model.messages.front();
}

// The first map field that a value of `message` can hold, however deep.
const FieldDescriptor* FindMap(const Descriptor& message, std::set<const Descriptor*>* seen) {
  if (!seen->insert(&message).second) return nullptr;
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor& field = *message.field(i);
    if (field.is_map()) return &field;
    if (field.message_type() == nullptr) continue;
    if (const FieldDescriptor* map = FindMap(*field.message_type(), seen)) return map;
  }
  return nullptr;
}

}  // namespace

void CheckMaps(const Model& model, Diagnostics* diagnostics) {
  constexpr absl::string_view kWhy = "the order of a map's entries is not fixed; repeat a message";
  for (const Descriptor* message : model.messages) {
    const Role role = RoleOf(*message);
    if (role != Role::kState && role != Role::kRow) continue;
    for (int i = 0; i < message->field_count(); ++i) {
      const FieldDescriptor& field = *message->field(i);
      if (field.is_map()) {
        diagnostics->AddField(field, 0, absl::StrCat("a ", NameOf(role), " has no map: ", kWhy));
        continue;
      }
      if (field.message_type() == nullptr) continue;
      std::set<const Descriptor*> seen;
      if (const FieldDescriptor* map = FindMap(*field.message_type(), &seen)) {
        diagnostics->AddField(field, 0,
                              absl::StrCat("a ", NameOf(role), " has no map, but ",
                                           ShortName(*map->containing_type()), ".", map->name(),
                                           " inside is one: ", kWhy));
      }
    }
  }
}

void CheckModel(const Model& model, Diagnostics* diagnostics) {
  if (!SpeaksOfDaybook(*model.file)) return;
  if (model.file->syntax() != FileDescriptor::SYNTAX_PROTO3) {
    diagnostics->AddMessage(FirstThatSpeaks(model), 0,
                            "options of Daybook stand in a proto2 file: only proto3 is supported");
    return;
  }
  CheckRoles(model, diagnostics);
  CheckAggregates(model, diagnostics);
  CheckProjections(model, diagnostics);
  CheckEvents(model, diagnostics);
  CheckMaps(model, diagnostics);
  for (const Descriptor* message : model.messages) {
    CheckIndexes(*message, diagnostics);
    CheckFieldOptions(*message, diagnostics);
    CheckFieldRules(*message, diagnostics);
  }
}

}  // namespace daybook::generator
