#include <map>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "checks.h"
#include "names.h"

namespace daybook::generator {
namespace {

using google::protobuf::Descriptor;

constexpr size_t kMaxEventNameBytes = 255;
constexpr uint32_t kMaxSchemaVersion = 65535;

using Names = std::map<std::string, const Descriptor*>;
using Versions = std::map<std::pair<std::string, uint32_t>, const Descriptor*>;

// The events that the imported aggregates have taken the names of.
void TakeImported(const Model& model, Names* today, Versions* past) {
  for (const auto& aggregate : model.imported) {
    for (const Descriptor* event : aggregate->events) today->emplace(EventName(*event), event);
    for (const Descriptor* event : aggregate->past_events) {
      past->emplace(std::pair(EventName(*event), SchemaVersion(*event)), event);
    }
  }
}

// What is wrong with the name alone; empty: nothing.
std::string NameProblem(const std::string& name) {
  if (name.size() > kMaxEventNameBytes) {
    return absl::StrCat("an event's name has at most ", kMaxEventNameBytes, " bytes, this one ",
                        name.size());
  }
  if (!IsPrintable(name)) return "an event's name is valid UTF-8 without control characters";
  if (name[0] == '$') return absl::StrCat("event name \"", name, "\" begins with '$'");
  return "";
}

}  // namespace

void CheckEvents(const Model& model, Diagnostics* diagnostics) {
  Names today;
  Versions past;
  TakeImported(model, &today, &past);
  const auto add = [&](const Descriptor* message, absl::string_view text) {
    diagnostics->AddMessage(*message, v1::kEventFieldNumber, text);
  };
  for (const Descriptor* message : model.messages) {
    if (RoleOf(*message) != Role::kEvent) continue;
    const std::string name = EventName(*message);
    const uint32_t version = SchemaVersion(*message);
    if (const std::string problem = NameProblem(name); !problem.empty()) {
      add(message, problem);
    } else if (IsPast(*message)) {
      const auto [first, fresh] = past.emplace(std::pair(name, version), message);
      if (!fresh) {
        add(message, absl::StrCat("event name \"", name, "\", schema_version ", version,
                                  ", is that of ", WithPlace(*first->second), " already"));
      }
    } else if (const auto [first, fresh] = today.emplace(name, message); !fresh) {
      add(message, absl::StrCat("event name \"", name, "\" is that of ", WithPlace(*first->second),
                                " already"));
    }
    if (version > kMaxSchemaVersion) {
      add(message, absl::StrCat("schema_version ", version, " is above ", kMaxSchemaVersion));
    }
    if (!IsPast(*message) && message->options().GetExtension(v1::event).upcast_revision() != 0) {
      add(message, "upcast_revision is for an event that is past");
    }
  }
  for (const Descriptor* message : model.messages) {
    if (RoleOf(*message) != Role::kEvent || !IsPast(*message)) continue;
    const auto newest = today.find(EventName(*message));
    if (newest == today.end() || SchemaVersion(*message) < SchemaVersion(*newest->second)) continue;
    add(message, absl::StrCat("is past, so its schema_version ", SchemaVersion(*message),
                              " is below that of ", WithPlace(*newest->second), ", ",
                              SchemaVersion(*newest->second)));
  }
}

}  // namespace daybook::generator
