#include <string>

#include "backup_failure.h"
#include "commands.h"
#include "daybook/snapshots/backup.h"
#include "soundness.h"

namespace daybook::tools {

ExitCode RestoreBackup(const RestoreArguments& arguments, Console& console) {
  const absl::StatusOr<VerifyReport> report =
      Restore(arguments.directory, arguments.store, {.number = arguments.number});
  if (!report.ok()) return FailBackup(console, report.status());
  return TellSound("restored", *report, arguments.json, console);
}

ExitCode RehearseRestore(const RehearseArguments& arguments, Console& console) {
  const std::string place =
      arguments.place.empty() ? arguments.directory + "/rehearsal" : arguments.place;
  const absl::StatusOr<VerifyReport> report =
      Rehearse(arguments.directory, place, {.number = arguments.number});
  if (report.ok()) return TellSound("sound", *report, arguments.json, console);
  if (absl::IsDataLoss(report.status())) {
    return TellDamaged(report.status(), arguments.json, console);
  }
  return FailBackup(console, report.status());
}

}  // namespace daybook::tools
