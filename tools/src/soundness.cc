#include "soundness.h"

#include "daybook/core/errors.h"
#include "nlohmann/json.hpp"
#include "printable.h"

namespace daybook::tools {

ExitCode TellSound(absl::string_view word, const VerifyReport& report, bool json,
                   Console& console) {
  if (json) {
    console.out << JsonLine({{"sound", true},
                             {"events", report.events},
                             {"streams", report.streams},
                             {"tip", report.tip.ToString()},
                             {"chain", report.chain}});
  } else {
    console.out << word << ": " << report.events << " events in " << report.streams
                << " streams, tip " << report.tip.ToString() << ", chain " << report.chain << "\n";
  }
  return kSound;
}

ExitCode TellDamaged(const absl::Status& status, bool json, Console& console) {
  const v1::Damage damage = ErrorPayload<v1::Damage>(status).value_or(v1::Damage());
  if (json) {
    nlohmann::ordered_json line = {{"sound", false}};
    // The first bad position, where one is known.
    if (damage.position() != 0) line["position"] = damage.position();
    // RocksDB names the file in its message alone.
    line["what"] = damage.what().empty() ? "files" : damage.what();
    line["problem"] = std::string(status.message());
    console.out << JsonLine(line);
  } else {
    console.out << "damaged";
    if (damage.position() != 0) console.out << ": the first bad position is " << damage.position();
    console.out << ": " << Printable(status.message()) << "\n";
  }
  return kDamaged;
}

}  // namespace daybook::tools
