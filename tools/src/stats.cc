#include "commands.h"
#include "directory_mark.h"
#include "nlohmann/json.hpp"
#include "printable.h"
#include "store_session.h"

namespace daybook::tools {
namespace {

using nlohmann::ordered_json;

// disk_bytes counts every file of the store, data_bytes what the log, its indexes and the
// tables take once it is written out.
ordered_json StatsJson(const EventStore& store, const std::string& path) {
  uint64_t disk_bytes = 0;
  for (const auto& [file, size_and_time] : MarkDirectory(path)) {
    disk_bytes += size_and_time.first;
  }
  const StoreStats stats = store.Stats();
  std::vector<std::string> tables;
  for (const auto& [name, id] : store.Tables()) tables.push_back(name);
  return {
      {"events", stats.tip.sequence()},
      {"streams", stats.streams},
      {"categories", stats.categories},
      {"types", stats.types},
      {"disk_bytes", disk_bytes},
      {"data_bytes", stats.disk_bytes},
      {"tip", stats.tip.ToString()},
      {"chain", stats.chain_hex},
      {"tables", tables},
  };
}

}  // namespace

ExitCode Stats(const StatsArguments& arguments, Console& console) {
  const absl::StatusOr<StoreSession> session = OpenSession(arguments.store, console);
  if (!session.ok()) return FailToOpen(console, arguments.store, session.status());
  const ordered_json stats = StatsJson(*session->store, arguments.store);
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
