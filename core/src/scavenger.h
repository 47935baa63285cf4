// Removes the payloads of events that are gone from their streams: stream by stream, some events
// with each commit, and beside the commits of everybody else.
#ifndef DAYBOOK_CORE_SRC_SCAVENGER_H_
#define DAYBOOK_CORE_SRC_SCAVENGER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "daybook/core/scavenge.h"
#include "kv.h"
#include "publication.h"
#include "sequencer.h"
#include "stream_lifecycles.h"

namespace daybook::internal {

// For one call of Run; the only one at work on the store.
class Scavenger {
 public:
  struct Parts {
    Kv* kv;
    const StreamLifecycles* lifecycles;
    const Publication* publication;
    Sequencer* sequencer;
    Clock* clock;
  };
  // All must outlive it.
  explicit Scavenger(const Parts& parts)
      : kv_(*parts.kv),
        lifecycles_(*parts.lifecycles),
        publication_(*parts.publication),
        sequencer_(*parts.sequencer),
        clock_(*parts.clock) {}

  absl::StatusOr<ScavengeReport> Run(const ScavengeOptions& options);

 private:
  using Stream = std::pair<std::string, v1::StreamLifecycle>;

  absl::Status LoadMark();
  absl::StatusOr<std::vector<Stream>> NextStreams() const;
  // Both: false, where `progress` said stop.
  absl::StatusOr<bool> Clean(const Stream& stream, const ScavengeOptions& options);
  absl::StatusOr<bool> Remove(const Removal& removal, const ScavengeOptions& options);
  // Reads the next events from version `from` on, before `first`, into the removal.
  absl::StatusOr<Removal> Collect(const std::string& stream, StreamId id, uint64_t from,
                                  uint64_t first, const KvSnapshot* snapshot);
  absl::Status EndMark();

  Kv& kv_;
  const StreamLifecycles& lifecycles_;
  const Publication& publication_;
  Sequencer& sequencer_;
  Clock& clock_;
  v1::ScavengeMark mark_;
  bool marked_ = false;  // the store has a mark
  ScavengeProgress progress_;
};

}  // namespace daybook::internal

#endif  // DAYBOOK_CORE_SRC_SCAVENGER_H_
