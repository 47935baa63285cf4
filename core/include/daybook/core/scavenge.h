// Reclaiming the space of events that are gone from their streams.
#ifndef DAYBOOK_CORE_SCAVENGE_H_
#define DAYBOOK_CORE_SCAVENGE_H_

#include <cstdint>
#include <functional>
#include <string>

namespace daybook {

struct ScavengeProgress {
  std::string stream;    // the one at hand, or the last one
  uint64_t streams = 0;  // looked at, of those that have limits or were deleted
  uint64_t events = 0;   // whose payloads were removed
  uint64_t bytes = 0;    // of these payloads
};

struct ScavengeOptions {
  // Called after each commit of the scavenge and after some hundred streams, on the thread that
  // called Scavenge. False: stop here; the next one goes on where this one stopped, also after a
  // crash. Not while files are rewritten.
  std::function<bool(const ScavengeProgress&)> progress;
  // Has the backend rewrite its files at the end, which is what gives the space back to the system.
  // It reads and writes the whole log. Without: the backend does it in time, as it goes.
  bool compact = true;
};

// Since it began, also where it began before a stop or a crash.
struct ScavengeReport {
  ScavengeProgress done;
  // Every stream was looked at; those before the place where it was first taken up, again then.
  // False: `progress` stopped it.
  bool finished = false;
  uint64_t disk_before = 0;  // StoreStats::disk_bytes when this call began, and
  uint64_t disk_after = 0;   // when it ended
};

}  // namespace daybook

#endif  // DAYBOOK_CORE_SCAVENGE_H_
