#include "exit_code.h"

#include <string>

#include "printable.h"

namespace daybook::tools {

ExitCode ExitCodeOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return kSound;
    case absl::StatusCode::kDataLoss:
      return kDamaged;
    case absl::StatusCode::kInvalidArgument:
      return kUsage;
    case absl::StatusCode::kNotFound:
      return kNoStore;
    case absl::StatusCode::kUnavailable:
      return kInUse;
    default:
      return kOther;
  }
}

ExitCode Fail(Console& console, ExitCode code, absl::string_view message) {
  console.out.flush();
  console.err << console.program << ": " << Printable(message) << "\n";
  return code;
}

ExitCode Fail(Console& console, const absl::Status& status) {
  return Fail(console, ExitCodeOf(status), status.message());
}

}  // namespace daybook::tools
