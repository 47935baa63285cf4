#include "daybook/snapshots/backup.h"

#include "absl/strings/str_cat.h"
#include "backup_failure.h"
#include "commands.h"
#include "event_text.h"
#include "nlohmann/json.hpp"
#include "path_of.h"
#include "printable.h"
#include "store_session.h"
#include "written_store.h"

namespace daybook::tools {
namespace {

using nlohmann::ordered_json;

ordered_json InfoJson(const BackupInfo& info) {
  return {{"number", info.number},
          {"store", info.tip.store_id.ToString()},
          {"tip", info.tip.position.ToString()},
          {"chain", info.tip.chain_hex},
          {"made", TimeText(info.made)},
          {"files", info.files},
          {"bytes", info.bytes}};
}

std::string InfoText(const BackupInfo& info) {
  return absl::StrCat("backup ", info.number, ": ", TimeText(info.made), ", tip ",
                      info.tip.position.ToString(), ", chain ", info.tip.chain_hex, ", ",
                      info.files, " files, ", info.bytes, " bytes");
}

}  // namespace

ExitCode TakeBackup(const BackupArguments& arguments, Console& console) {
  const absl::StatusOr<WrittenStore> opened = OpenToWrite(arguments.store, console);
  if (absl::IsUnavailable(opened.status())) {
    return Fail(console, kInUse,
                absl::StrCat("the store ", arguments.store, " is in use. Let the application that ",
                             "has it open take the backup, or stop it"));
  }
  if (!opened.ok()) return FailToOpen(console, arguments.store, opened.status());
  const std::string directory = PathOf(console, arguments.directory);
  const absl::StatusOr<BackupInfo> info = Backup(*opened->store, directory);
  if (!info.ok()) return FailBackup(console, info.status());
  absl::StatusOr<uint64_t> removed = uint64_t{0};
  if (arguments.keep > 0) removed = RemoveOldBackups(directory, arguments.keep);
  if (arguments.json) {
    ordered_json line = InfoJson(*info);
    line["new_bytes"] = info->new_bytes;
    line["removed"] = removed.value_or(0);
    console.out << JsonLine(line);
  } else {
    console.out << InfoText(*info) << ", " << info->new_bytes << " of them new\n";
  }
  return removed.ok() ? kSound : FailBackup(console, removed.status());
}

ExitCode Backups(const BackupsArguments& arguments, Console& console) {
  const absl::StatusOr<std::vector<BackupInfo>> backups = ListBackups(arguments.directory);
  if (!backups.ok()) return FailBackup(console, backups.status());
  for (const BackupInfo& info : *backups) {
    console.out << (arguments.json ? JsonLine(InfoJson(info)) : InfoText(info) + "\n");
  }
  return kSound;
}

}  // namespace daybook::tools
