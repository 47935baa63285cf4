// How an application is opened.
#ifndef DAYBOOK_AGGREGATES_APP_OPTIONS_H_
#define DAYBOOK_AGGREGATES_APP_OPTIONS_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "daybook/core/open.h"
#include "daybook/projections/projection_engine.h"

namespace daybook {

// A value out of its range is refused by App::Open with InvalidArgument, naming the field.
struct AppOptions {
  // ---- behaviour
  StoreOptions store;
  // `projections.clock` is the store's when it is nullptr.
  ProjectionOptions projections;
  // How long a command's id gets its stored reply; later it is refused by name, never executed
  // again. Stored replies (about 100 bytes, without the events) that are older are removed while
  // commands are executed: those of rejections and of acceptances without events stay, since
  // nothing else tells that their ids were used. 1 second to 100 years.
  absl::Duration reply_retention = absl::Hours(24 * 7);
  // How often a command is decided again when a writer outside of App took the version that it was
  // decided on; then it fails with Aborted. Commands of one stream never count against each other.
  // 0 to 1,000.
  int max_conflict_retries = 16;
  // The build, as it stands in every event's metadata. At most 256 bytes.
  std::string producer;
  // Of the states that are loaded from a snapshot, one in so many is audited, behind the commands:
  // the stream is folded from its start, and a snapshot that is something else is deleted, counted
  // (SnapshotStats::differing) and named (AppStats::snapshot_audit). It finds an Evolve that
  // changed its meaning without a new evolve_revision. 1: each. 0: none.
  uint32_t snapshot_audit_every = 1'000;

  // ---- performance
  // States kept decoded after their last command, each as large as the state in memory; the least
  // recently used are dropped. 0 to 100,000,000.
  size_t cached_states = 100'000;
  // Streams whose snapshot waits to be written, each with its state; more are skipped and counted
  // (SnapshotStats::skipped). 1 to 1,000,000.
  size_t pending_snapshots = 1'024;
};

}  // namespace daybook

#endif  // DAYBOOK_AGGREGATES_APP_OPTIONS_H_
