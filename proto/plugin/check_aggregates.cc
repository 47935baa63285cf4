#include <map>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "checks.h"
#include "names.h"

namespace daybook::generator {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;

constexpr size_t kMaxCategoryBytes = 255;

void CheckAggregateNamed(const Model& model, const Descriptor& message, Role role,
                         const std::string& name, Diagnostics* diagnostics) {
  if (name.empty()) {
    diagnostics->AddMessage(message, OptionOf(role),
                            absl::StrCat("the ", NameOf(role), " names no aggregate"));
    return;
  }
  for (const auto& aggregate : model.aggregates) {
    if (aggregate->name == name) return;
  }
  for (const auto& aggregate : model.imported) {
    if (aggregate->name != name) continue;
    diagnostics->AddMessage(
        message, OptionOf(role),
        absl::StrCat("aggregate \"", name, "\" is declared in ", aggregate->state->file()->name(),
                     ": its ", NameOf(role), "s stand in one file with its state"));
    return;
  }
  diagnostics->AddMessage(
      message, OptionOf(role),
      absl::StrCat("aggregate \"", name, "\" is unknown: no state declares it"));
}

// A generated struct must not meet a message or enum of the package.
void CheckStructName(const Descriptor& message, Role role, const std::string& name,
                     Diagnostics* diagnostics) {
  const std::string& package = message.file()->package();
  const std::string full = package.empty() ? name : absl::StrCat(package, ".", name);
  const DescriptorPool* pool = message.file()->pool();
  if (pool->FindMessageTypeByName(full) == nullptr && pool->FindEnumTypeByName(full) == nullptr) {
    return;
  }
  diagnostics->AddMessage(message, OptionOf(role),
                          absl::StrCat(name, " is generated for it, but ", full, " is taken"));
}

void CheckCategory(const Model& model, const Aggregate& aggregate, Diagnostics* diagnostics) {
  const auto add = [&](absl::string_view text) {
    diagnostics->AddMessage(*aggregate.state, v1::kStateFieldNumber, text);
  };
  const std::string& category = aggregate.category;
  if (category.size() > kMaxCategoryBytes) {
    return add(absl::StrCat("a category has at most ", kMaxCategoryBytes, " bytes"));
  }
  if (!IsPrintable(category)) {
    return add("a category is valid UTF-8 without control characters");
  }
  if (absl::StrContains(category, '-') || absl::StrContains(category, '$')) {
    return add(absl::StrCat("category \"", category, "\" has a '-' or '$'"));
  }
  for (const auto* group : {&model.imported, &model.aggregates}) {
    for (const auto& other : *group) {
      if (other.get() == &aggregate) return;
      if (other->category != category) continue;
      return add(absl::StrCat("category \"", category, "\" is that of aggregate ", other->name,
                              " already"));
    }
  }
}

}  // namespace

void CheckRoles(const Model& model, Diagnostics* diagnostics) {
  for (const Descriptor* message : model.messages) {
    const std::vector<Role> roles = RolesOf(*message);
    if (roles.empty()) continue;
    if (roles.size() > 1) {
      diagnostics->AddMessage(*message, OptionOf(roles[1]),
                              absl::StrCat("is both ", NameOf(roles[0]), " and ", NameOf(roles[1]),
                                           ": a message has one role"));
      continue;
    }
    const auto& options = message->options();
    if (roles[0] == Role::kCommand) {
      CheckAggregateNamed(model, *message, roles[0], options.GetExtension(v1::command).aggregate(),
                          diagnostics);
    } else if (roles[0] == Role::kEvent) {
      CheckAggregateNamed(model, *message, roles[0], options.GetExtension(v1::event).aggregate(),
                          diagnostics);
    } else if (roles[0] == Role::kRejection) {
      CheckAggregateNamed(model, *message, roles[0],
                          options.GetExtension(v1::rejection).aggregate(), diagnostics);
    }
  }
}

void CheckAggregates(const Model& model, Diagnostics* diagnostics) {
  for (const Descriptor* message : model.messages) {
    if (RoleOf(*message) != Role::kState) continue;
    const std::string& name = message->options().GetExtension(v1::state).aggregate();
    const auto add = [&](absl::string_view text) {
      diagnostics->AddMessage(*message, v1::kStateFieldNumber, text);
    };
    if (!IsIdentifier(name)) {
      add(absl::StrCat("aggregate name \"", name, "\" is not a C++ identifier"));
      continue;
    }
    const Aggregate& aggregate = *model.Find(name).front();
    if (aggregate.state != message) {
      add(absl::StrCat("is a second state of aggregate ", name, ", after ",
                       WithPlace(*aggregate.state)));
      continue;
    }
    for (const auto& other : model.imported) {
      if (other->name != name || other->state->file()->package() != model.file->package()) continue;
      add(absl::StrCat("aggregate ", name, " is declared in ", other->state->file()->name(),
                       " already"));
    }
    CheckStructName(*message, Role::kState, absl::StrCat(name, "Aggregate"), diagnostics);
    CheckCategory(model, aggregate, diagnostics);
    if (aggregate.commands.empty()) add(absl::StrCat("aggregate ", name, " has no command"));
    if (aggregate.events.empty()) add(absl::StrCat("aggregate ", name, " has no event"));
  }
}

void CheckProjections(const Model& model, Diagnostics* diagnostics) {
  std::map<std::string, const Descriptor*> names;
  for (const Projection& projection : model.projections) {
    const Descriptor& row = *projection.row;
    const auto add = [&](absl::string_view text) {
      diagnostics->AddMessage(row, v1::kRowFieldNumber, text);
    };
    if (!IsIdentifier(projection.name)) {
      add(absl::StrCat("projection name \"", projection.name, "\" is not a C++ identifier"));
    } else if (const auto [first, fresh] = names.emplace(projection.name, &row); !fresh) {
      add(absl::StrCat("is a second row of projection ", projection.name, ", after ",
                       WithPlace(*first->second)));
    } else {
      CheckStructName(row, Role::kRow, absl::StrCat(projection.name, "Projection"), diagnostics);
    }
    const v1::RowOptions& options = row.options().GetExtension(v1::row);
    if (options.from_size() == 0) add("the row reads from no aggregate");
    std::map<const Aggregate*, std::string> read;
    for (const std::string& name : options.from()) {
      const std::vector<const Aggregate*> found = model.Find(name);
      if (found.empty()) {
        add(absl::StrCat("reads from aggregate \"", name,
                         "\", which is unknown: no state here or in an import declares it"));
      } else if (found.size() > 1) {
        add(absl::StrCat("reads from aggregate \"", name,
                         "\", of which there are several: write its package before it"));
      } else if (!read.emplace(found.front(), name).second) {
        add(absl::StrCat("reads from aggregate \"", name, "\" twice"));
      }
    }
  }
}

}  // namespace daybook::generator
