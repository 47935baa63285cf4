// Building a view anew while the old build of it answers, and going back.
#ifndef DAYBOOK_PROJECTIONS_REBUILD_H_
#define DAYBOOK_PROJECTIONS_REBUILD_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "daybook/core/position.h"

namespace daybook {

namespace internal {
class RebuildState;
}  // namespace internal

// When a new build takes over from the one that answers. One of which events are parked does not
// by itself, until they are replayed or dropped.
enum class Flip : uint8_t {
  kWhenEqual,  // by itself where the two were compared and are equal; else when told to, so also
               // where they cannot be compared: the one that answers is of another definition, or
               // stopped
  kAlways,     // by itself, whatever the comparison says
  kOnRequest,  // when told to
};

struct RebuildOptions {
  // Whether the two are compared, at the same position, before one takes over.
  bool compare = true;
  Flip flip = Flip::kWhenEqual;
  // Differing rows that are listed; all are counted. At most 10,000.
  size_t max_differences = 100;
};

enum class RebuildPhase : uint8_t {
  kBuilding,   // catches up with the log
  kPaused,     // stands where it is; goes on after Resume
  kComparing,  // is held against the one that answers
  kBuilt,      // follows the log, and waits for TakeOver or Cancel
  kServing,    // took over
  kFailed,     // stopped at an event, or given up
};

// "building", "paused", "comparing", "built", "serving", "failed".
absl::string_view RebuildPhaseName(RebuildPhase phase);

struct RebuildProgress {
  RebuildPhase phase = RebuildPhase::kBuilding;
  uint32_t generation = 0;  // that is built
  Position position;        // it is the fold of the log up to here
  Position tip;
  double events_per_second = 0;       // since it was begun or went on
  std::optional<absl::Duration> eta;  // until it is at the tip; nullopt: nothing is known yet
};

struct FieldDifference {
  std::string field;
  // As text format writes it; empty where the field is not set.
  std::string before;
  std::string now;
};

// The first event that the two builds took differently.
struct DifferenceOrigin {
  Position position;
  std::string stream;
  uint64_t version = 0;
  std::string type;
  std::string what;  // "the old build took it twice"
};

struct RowDifference {
  std::string key;
  bool only_before = false;  // no row in the new build
  bool only_now = false;     // no row in the old one
  std::vector<FieldDifference> fields;
  // nullopt where it is not to be found: the old build's row is none that today's code makes of
  // the row's events with one of them, or one type, left out, or repeated, or from one on missing.
  // Looked for in the first 8 rows.
  std::optional<DifferenceOrigin> origin;
};

struct RebuildReport {
  uint32_t old_generation = 0;
  uint32_t new_generation = 0;
  // Both were folds of the log up to here when they were compared. nullopt: they were not, since it
  // was not asked for, or the old one stands still.
  std::optional<Position> compared_at;
  uint64_t rows_compared = 0;   // keys that one of them has, or both
  uint64_t rows_different = 0;  // of these
  std::vector<RowDifference> differences;
  // Keys that are parked, of each build: their rows lack events, which is why they differ. Of the
  // old one when they were compared, or else as of the new one: when it came to rest.
  uint64_t old_parked = 0;
  uint64_t new_parked = 0;
  bool serving = false;  // the new one took over
};

struct TakeOverOptions {
  // Even where events are parked of the new build: it answers with rows that lack them.
  bool with_parked = false;
};

// A rebuild, or a rollback, under way. Cheap to copy. Thread-safe. What it is told is done soon:
// Progress and Wait tell when. May be kept longer than the application; then all is over.
class RebuildHandle {
 public:
  explicit RebuildHandle(std::shared_ptr<internal::RebuildState> state)
      : state_(std::move(state)) {}

  RebuildProgress Progress() const;

  // Waits until nothing more happens by itself: it serves, or is built and waits to be told, or for
  // what is parked of it. Which it is, RebuildReport::serving and new_parked say: OK does not mean
  // that the new build answers.
  //   DeadlineExceeded  neither within `timeout`
  //   Cancelled         by Cancel
  //   Unavailable       the application was closed before that, or before what it was told was
  //                     done; the rebuild goes on when it is opened again
  //   what On returned, with the view and the event, or the store's own error: the new build
  //   stopped, and the old one goes on answering
  absl::StatusOr<RebuildReport> Wait(absl::Duration timeout = absl::InfiniteDuration()) const;

  // Stands still while it is building, over a restart too; and goes on.
  void Pause();
  void Resume();
  // Has it take over as soon as it can, whatever the comparison said or will say.
  void TakeOver(const TakeOverOptions& options = {});
  // Gives it up: its rows are deleted, and the old build goes on answering. Too late once it
  // serves.
  void Cancel();

 private:
  std::shared_ptr<internal::RebuildState> state_;
};

}  // namespace daybook

#endif  // DAYBOOK_PROJECTIONS_REBUILD_H_
