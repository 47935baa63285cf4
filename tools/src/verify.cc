#include "commands.h"
#include "daybook/core/open.h"
#include "soundness.h"
#include "store_session.h"

namespace daybook::tools {
ExitCode Verify(const VerifyArguments& arguments, Console& console) {
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

}  // namespace daybook::tools
