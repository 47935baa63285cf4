#include "absl/strings/str_cat.h"
#include "commands.h"
#include "daybook/core/errors.h"
#include "daybook/core/open.h"
#include "nlohmann/json.hpp"
#include "printable.h"
#include "store_session.h"

namespace daybook::tools {
namespace {

ExitCode TellSound(const VerifyReport& report, bool json, Console& console) {
  if (json) {
    console.out << JsonLine({{"sound", true},
                             {"events", report.events},
                             {"streams", report.streams},
                             {"tip", report.tip.ToString()},
                             {"chain", report.chain}});
  } else {
    console.out << "sound: " << report.events << " events in " << report.streams << " streams, tip "
                << report.tip.ToString() << ", chain " << report.chain << "\n";
  }
  return kSound;
}

ExitCode TellDamaged(const absl::Status& status, bool json, Console& console) {
  const v1::Damage damage = ErrorPayload<v1::Damage>(status).value_or(v1::Damage());
  if (json) {
    nlohmann::ordered_json line = {{"sound", false}};
    // The first bad position, where one is known.
    if (damage.position() != 0) line["position"] = damage.position();
    line["what"] = damage.what();
    line["problem"] = std::string(status.message());
    console.out << JsonLine(line);
  } else {
    console.out << "damaged";
    if (damage.position() != 0) console.out << ": the first bad position is " << damage.position();
    console.out << ": " << Printable(status.message()) << "\n";
  }
  return kDamaged;
}

}  // namespace

ExitCode Verify(const VerifyArguments& arguments, Console& console) {
  bool progress_shown = false;
  const absl::StatusOr<VerifyReport> report =
      VerifyStore(arguments.store, StoreOptions(), [&](Position position) {
        if (!console.show_progress) return;
        console.err << "\rverified to " << position.ToString() << std::flush;
        progress_shown = true;
      });
  if (progress_shown) console.err << "\r\033[K" << std::flush;
  if (report.ok()) return TellSound(*report, arguments.json, console);
  if (absl::IsDataLoss(report.status())) {
    return TellDamaged(report.status(), arguments.json, console);
  }
  return FailToOpen(console, arguments.store, report.status());
}

}  // namespace daybook::tools
