// What a command that proved a store tells of it.
#ifndef DAYBOOK_TOOLS_SRC_SOUNDNESS_H_
#define DAYBOOK_TOOLS_SRC_SOUNDNESS_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "console.h"
#include "daybook/core/open.h"
#include "exit_code.h"

namespace daybook::tools {

// "<word>: 5 events in 3 streams, tip 5, chain …", or as an object of JSON whose member "sound" is
// true.
ExitCode TellSound(absl::string_view word, const VerifyReport& report, bool json, Console& console);

// Of DataLoss: "damaged: …", or as an object whose member "sound" is false.
ExitCode TellDamaged(const absl::Status& status, bool json, Console& console);

}  // namespace daybook::tools

#endif  // DAYBOOK_TOOLS_SRC_SOUNDNESS_H_
