#include "model.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "names.h"

namespace daybook::generator {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;

void Collect(const Descriptor& message, std::vector<const Descriptor*>* messages) {
  if (message.options().map_entry()) return;
  messages->push_back(&message);
  for (int i = 0; i < message.nested_type_count(); ++i) Collect(*message.nested_type(i), messages);
}

// The aggregate that a command, event, state or rejection names.
std::string AggregateOf(const Descriptor& message, Role role) {
  switch (role) {
    case Role::kCommand:
      return message.options().GetExtension(v1::command).aggregate();
    case Role::kEvent:
      return message.options().GetExtension(v1::event).aggregate();
    case Role::kState:
      return message.options().GetExtension(v1::state).aggregate();
    case Role::kRejection:
      return message.options().GetExtension(v1::rejection).aggregate();
    default:
      return "";
  }
}

std::vector<std::unique_ptr<Aggregate>> AggregatesOf(const std::vector<const Descriptor*>& all) {
  std::vector<std::unique_ptr<Aggregate>> aggregates;
  std::map<std::string, Aggregate*> by_name;
  for (const Descriptor* message : all) {
    if (RoleOf(*message) != Role::kState) continue;
    const v1::StateOptions& options = message->options().GetExtension(v1::state);
    if (options.aggregate().empty() || by_name.count(options.aggregate()) > 0) continue;
    auto aggregate = std::make_unique<Aggregate>();
    aggregate->name = options.aggregate();
    aggregate->category =
        options.category().empty() ? SnakeCase(options.aggregate()) : options.category();
    aggregate->snapshot_every = options.snapshot_every();
    aggregate->evolve_revision = options.evolve_revision();
    aggregate->state = message;
    by_name[aggregate->name] = aggregate.get();
    aggregates.push_back(std::move(aggregate));
  }
  for (const Descriptor* message : all) {
    const Role role = RoleOf(*message);
    const auto found = by_name.find(AggregateOf(*message, role));
    if (found == by_name.end()) continue;
    if (role == Role::kCommand) found->second->commands.push_back(message);
    if (role == Role::kEvent) {
      (IsPast(*message) ? found->second->past_events : found->second->events).push_back(message);
    }
    if (role == Role::kRejection) found->second->rejections.push_back(message);
  }
  return aggregates;
}

void CollectImports(const FileDescriptor& file, std::set<const FileDescriptor*>* seen,
                    std::vector<const FileDescriptor*>* imports) {
  for (int i = 0; i < file.dependency_count(); ++i) {
    const FileDescriptor* dependency = file.dependency(i);
    if (!seen->insert(dependency).second) continue;
    imports->push_back(dependency);
    CollectImports(*dependency, seen, imports);
  }
}

}  // namespace

std::vector<Role> RolesOf(const Descriptor& message) {
  std::vector<Role> roles;
  const auto& options = message.options();
  if (options.HasExtension(v1::command)) roles.push_back(Role::kCommand);
  if (options.HasExtension(v1::event)) roles.push_back(Role::kEvent);
  if (options.HasExtension(v1::state)) roles.push_back(Role::kState);
  if (options.HasExtension(v1::row)) roles.push_back(Role::kRow);
  if (options.HasExtension(v1::rejection)) roles.push_back(Role::kRejection);
  return roles;
}

Role RoleOf(const Descriptor& message) {
  const std::vector<Role> roles = RolesOf(message);
  return roles.empty() ? Role::kNone : roles.front();
}

const char* NameOf(Role role) {
  switch (role) {
    case Role::kCommand:
      return "command";
    case Role::kEvent:
      return "event";
    case Role::kState:
      return "state";
    case Role::kRow:
      return "row";
    case Role::kRejection:
      return "rejection";
    case Role::kNone:
      break;
  }
  return "plain message";
}

int OptionOf(Role role) {
  switch (role) {
    case Role::kCommand:
      return v1::kCommandFieldNumber;
    case Role::kEvent:
      return v1::kEventFieldNumber;
    case Role::kState:
      return v1::kStateFieldNumber;
    case Role::kRow:
      return v1::kRowFieldNumber;
    case Role::kRejection:
      return v1::kRejectionFieldNumber;
    case Role::kNone:
      break;
  }
  return 0;
}

const v1::FieldOptions& OptionsOf(const FieldDescriptor& field) {
  return field.options().GetExtension(v1::field);
}

std::string EventName(const Descriptor& event) {
  const std::string& name = event.options().GetExtension(v1::event).name();
  return name.empty() ? event.full_name() : name;
}

uint32_t SchemaVersion(const Descriptor& event) {
  const uint32_t version = event.options().GetExtension(v1::event).schema_version();
  return version == 0 ? 1 : version;
}

bool IsPast(const Descriptor& event) {
  return event.options().GetExtension(v1::event).past();
}

std::vector<Index> IndexesOf(const Descriptor& row) {
  std::vector<Index> indexes;
  for (const v1::IndexOptions& options : row.options().GetExtension(v1::row).index()) {
    Index& index = indexes.emplace_back();
    index.name = options.name();
    for (const std::string& name : options.fields()) {
      if (const FieldDescriptor* field = row.FindFieldByName(name)) index.fields.push_back(field);
    }
  }
  for (int i = 0; i < row.field_count(); ++i) {
    const FieldDescriptor* field = row.field(i);
    if (OptionsOf(*field).indexed()) {
      indexes.push_back({absl::StrCat("by_", field->name()), {field}});
    }
  }
  return indexes;
}

std::vector<const Descriptor*> MessagesOf(const FileDescriptor& file) {
  std::vector<const Descriptor*> messages;
  for (int i = 0; i < file.message_type_count(); ++i) Collect(*file.message_type(i), &messages);
  return messages;
}

bool SpeaksOfDaybook(const FileDescriptor& file) {
  for (const Descriptor* message : MessagesOf(file)) {
    if (RoleOf(*message) != Role::kNone) return true;
    for (int i = 0; i < message->field_count(); ++i) {
      if (message->field(i)->options().HasExtension(v1::field)) return true;
    }
  }
  return false;
}

std::vector<const Aggregate*> Model::Find(const std::string& name) const {
  std::vector<const Aggregate*> found;
  for (const auto* group : {&aggregates, &imported}) {
    for (const auto& aggregate : *group) {
      const std::string& package = aggregate->state->file()->package();
      const std::string qualified =
          package.empty() ? aggregate->name : absl::StrCat(package, ".", aggregate->name);
      if (aggregate->name == name || qualified == name) found.push_back(aggregate.get());
    }
    // One's own comes before a namesake elsewhere.
    if (!found.empty()) break;
  }
  return found;
}

Model ReadModel(const FileDescriptor& file) {
  Model model;
  model.file = &file;
  model.messages = MessagesOf(file);
  model.aggregates = AggregatesOf(model.messages);

  std::set<const FileDescriptor*> seen;
  std::vector<const FileDescriptor*> imports;
  CollectImports(file, &seen, &imports);
  for (const FileDescriptor* import : imports) {
    for (auto& aggregate : AggregatesOf(MessagesOf(*import))) {
      model.imported.push_back(std::move(aggregate));
    }
  }

  for (const Descriptor* message : model.messages) {
    if (RoleOf(*message) != Role::kRow) continue;
    const v1::RowOptions& options = message->options().GetExtension(v1::row);
    Projection projection;
    projection.name = options.projection();
    projection.revision = options.revision();
    projection.row = message;
    projection.indexes = IndexesOf(*message);
    for (const std::string& name : options.from()) {
      const std::vector<const Aggregate*> found = model.Find(name);
      if (found.size() == 1) projection.from.push_back(found.front());
    }
    model.projections.push_back(std::move(projection));
  }
  return model;
}

}  // namespace daybook::generator
