#include <filesystem>
#include <system_error>

#include "backup_failure.h"
#include "commands.h"
#include "daybook/core/mutex.h"
#include "daybook/core/open.h"
#include "daybook/snapshots/backup.h"
#include "soundness.h"
#include "store_session.h"
#include "tool_socket.h"

namespace daybook::tools {
namespace {

ExitCode VerifyFiles(const VerifyArguments& arguments, Console& console) {
  bool progress_shown = false;
  const absl::StatusOr<VerifyReport> report =
      VerifyStore(arguments.store, StoreOptions(), [&](Position position) {
        if (!console.show_progress) return;
        console.err << "\rverified to " << position.ToString() << std::flush;
        progress_shown = true;
      });
  if (progress_shown) console.err << "\r\033[K" << std::flush;
  if (report.ok()) return TellSound("sound", *report, arguments.json, console);
  if (absl::IsDataLoss(report.status())) {
    return TellDamaged(report.status(), arguments.json, console);
  }
  return FailToOpen(console, arguments.store, report.status());
}

// The files of an open store change all the while, so a copy of them is verified, as of one moment:
// a backup within the store's directory, restored, proved and removed.
ExitCode VerifyRunning(const VerifyArguments& arguments, Console& console) {
  static Mutex one_at_a_time;  // The copy's place is always the same.
  MutexLock lock(&one_at_a_time);
  const std::filesystem::path copy = std::filesystem::path(console.running->path) / kVerifiedCopy;
  const auto remove = [&copy] {
    std::error_code ignored;  // Backup says what it cannot write to.
    std::filesystem::remove_all(copy, ignored);
  };
  remove();
  absl::StatusOr<VerifyReport> report = VerifyReport();
  absl::Status backup = Backup(*console.running->store, (copy / "backup").string()).status();
  if (backup.ok()) report = Rehearse((copy / "backup").string(), (copy / "store").string());
  remove();
  if (!backup.ok()) report = std::move(backup);
  if (report.ok()) {
    const ExitCode code = TellSound("sound", *report, arguments.json, console);
    console.err << console.program
                << ": the store is open: the witness is checked when it is opened or closed\n";
    return code;
  }
  if (absl::IsDataLoss(report.status())) {
    return TellDamaged(report.status(), arguments.json, console);
  }
  return FailBackup(console, report.status());
}

}  // namespace

ExitCode Verify(const VerifyArguments& arguments, Console& console) {
  return console.running != nullptr ? VerifyRunning(arguments, console)
                                    : VerifyFiles(arguments, console);
}

}  // namespace daybook::tools
