// Removes the payloads of events that are gone from their streams: stream by stream, some events
// with each commit, and beside the commits of everybody else.
#ifndef DAYBOOK_CORE_SRC_SCAVENGER_H_
#define DAYBOOK_CORE_SRC_SCAVENGER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
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
  enum class Step : uint8_t {
    kDone,   // nothing is left to do
    kAgain,  // there may be more
    kStop,   // `progress` said so
  };

  absl::Status LoadMark();
  // From the mark on, to the last stream. False: `progress` stopped it.
  absl::StatusOr<bool> CleanAll(const ScavengeOptions& options);
  absl::StatusOr<std::vector<std::string>> NextStreams() const;
  // Removes some events of the stream.
  absl::StatusOr<Step> Clean(const std::string& stream, const ScavengeOptions& options);
  absl::StatusOr<uint64_t> LastVersion(const Removal& removal,
                                       const std::shared_ptr<const KvSnapshot>& snapshot) const;
  // Reads the next events before version `first` into the removal.
  absl::Status Collect(uint64_t first, const KvSnapshot* snapshot, Removal* removal) const;
  absl::StatusOr<Step> Remove(const Removal& removal, const ScavengeOptions& options);
  bool Goes(const ScavengeOptions& options) const;
  absl::Status EndMark();
  absl::Status StoreMark(const std::optional<v1::ScavengeMark>& mark);

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
