#include "commands.h"
#include "nlohmann/json.hpp"
#include "printable.h"
#include "store_session.h"

namespace daybook::tools {
namespace {

using nlohmann::ordered_json;

ordered_json StatsJson(const EventStore& store) {
  const StoreStats stats = store.Stats();
  std::vector<std::string> tables;
  for (const auto& [name, id] : store.Tables()) tables.push_back(name);
  return {
      {"events", stats.tip.sequence()}, {"streams", stats.streams},
      {"categories", stats.categories}, {"types", stats.types},
      {"disk_bytes", stats.disk_bytes}, {"tip", stats.tip.ToString()},
      {"chain", stats.chain_hex},       {"tables", tables},
  };
}

}  // namespace

ExitCode Stats(const StatsArguments& arguments, Console& console) {
  const absl::StatusOr<StoreSession> session = OpenSession(arguments.store);
  if (!session.ok()) return FailToOpen(console, arguments.store, session.status());
  const ordered_json stats = StatsJson(*session->store);
  if (arguments.json) {
    console.out << JsonLine(stats);
    return kSound;
  }
  for (const auto& [name, value] : stats.items()) {
    console.out << name << ":";
    if (value.is_array()) {
      for (const auto& entry : value) console.out << " " << Printable(entry.get<std::string>());
    } else {
      console.out << " " << (value.is_string() ? value.get<std::string>() : value.dump());
    }
    console.out << "\n";
  }
  return kSound;
}

}  // namespace daybook::tools
