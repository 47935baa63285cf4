#include "daybook/core/scavenge.h"

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "commands.h"
#include "daybook/snapshots/snapshot_store.h"
#include "nlohmann/json.hpp"
#include "printable.h"
#include "store_session.h"
#include "written_store.h"

namespace daybook::tools {
namespace {

constexpr absl::Duration kBetweenLines = absl::Milliseconds(200);

}  // namespace

ExitCode Scavenge(const ScavengeArguments& arguments, Console& console) {
  const absl::StatusOr<WrittenStore> store = OpenToWrite(arguments.store, console);
  if (!store.ok()) return FailToOpen(console, arguments.store, store.status());
  ScavengeOptions options;
  options.compact = !arguments.no_compact;
  absl::Time told = absl::Now();
  bool shown = false;
  options.progress = [&](const ScavengeProgress& progress) {
    if (console.show_progress && absl::Now() - told >= kBetweenLines) {
      told = absl::Now();
      shown = true;
      console.err << "\r\033[K" << progress.streams << " streams, " << progress.events
                  << " events, " << progress.bytes << " bytes, " << Printable(progress.stream)
                  << std::flush;
    }
    return console.wait(absl::ZeroDuration());
  };
  uint64_t snapshots = 0;
  bool goes_on = true;
  const absl::Status erased = SnapshotStore::EraseGone(*store->store, [&](uint64_t so_far) {
    snapshots = so_far;
    return goes_on = console.wait(absl::ZeroDuration());
  });
  // Of a running application's store an append may be refused for want of space: the scavenge,
  // which makes some, is not.
  if (!erased.ok() && !absl::IsResourceExhausted(erased)) return Fail(console, erased);
  const absl::StatusOr<ScavengeReport> report = store->store->Scavenge(options);
  if (shown) console.err << "\r\033[K" << std::flush;
  if (!report.ok()) return Fail(console, report.status());
  const bool finished = report->finished && goes_on && erased.ok();
  const nlohmann::ordered_json line = {{"finished", finished},
                                       {"streams", report->done.streams},
                                       {"events", report->done.events},
                                       {"bytes", report->done.bytes},
                                       {"snapshots", snapshots},
                                       {"disk_before", report->disk_before},
                                       {"disk_after", report->disk_after}};
  if (arguments.json) {
    console.out << JsonLine(line);
  } else {
    console.out << report->done.events << " events of " << report->done.streams
                << " streams with limits or deleted gave up " << report->done.bytes
                << " bytes of payload, " << snapshots
                << " snapshots of deleted streams were erased; " << report->disk_before
                << " bytes on disk before, " << report->disk_after << " now\n";
  }
  if (finished) return kSound;
  if (!erased.ok()) {
    return Fail(console, kOther,
                absl::StrCat("snapshots of deleted streams are left, to be erased by the next "
                             "scavenge: ",
                             erased.message()));
  }
  return Fail(console, kOther, "stopped; the next scavenge goes on where this one stopped");
}

}  // namespace daybook::tools
