// Why a backup or a restore was refused.
#ifndef DAYBOOK_TOOLS_SRC_BACKUP_FAILURE_H_
#define DAYBOOK_TOOLS_SRC_BACKUP_FAILURE_H_

#include "absl/status/status.h"
#include "console.h"
#include "exit_code.h"

namespace daybook::tools {

// Tells the error of a function of daybook/snapshots/backup.h.
ExitCode FailBackup(Console& console, const absl::Status& status);

}  // namespace daybook::tools

#endif  // DAYBOOK_TOOLS_SRC_BACKUP_FAILURE_H_
