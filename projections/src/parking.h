// What one build of a view does with events that it cannot take.
#ifndef DAYBOOK_PROJECTIONS_SRC_PARKING_H_
#define DAYBOOK_PROJECTIONS_SRC_PARKING_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "daybook/core/clock.h"
#include "daybook/core/event.h"
#include "daybook/core/event_store.h"
#include "daybook/projections/row_fold.h"
#include "daybook/v1/parked.pb.h"
#include "key_deal.h"
#include "parked_keys.h"
#include "view.h"
#include "view_tables.h"

namespace daybook::internal {

// The row of an event that cannot be decoded: that of its stream's key, where this is the row of
// every handler that it may be for; nullopt: not known. `handlers` as Reading::Target::handlers.
std::optional<absl::string_view> RowOfStream(const ProjectionDefinition& definition,
                                             absl::Span<const size_t> handlers,
                                             const RecordedEvent& event);

// Not thread-safe, but that what names a part may be called for different parts at a time. A part
// is that of a PartitionedFold; without one there is part 0 alone.
class Parking {
 public:
  // All must outlive this.
  Parking(const Generation* generation, ViewTables tables, Clock* clock)
      : generation_(*generation), tables_(tables), clock_(*clock) {}

  // Forgets everything, and goes on from what is stored as of `reader`, in the parts of `deal`, or
  // in one where that is null. DataLoss.
  absl::Status Load(const StoreReader& reader, const KeyDeal* deal);

  size_t PartOf(absl::string_view key) const;
  ParkedKeys& keys(size_t part) { return parts_[part]->keys; }
  // All that are held, in the order of their bytes.
  std::vector<std::string> Keys() const;

  // For an event of the log that is to be folded into the part: asks for what is held, and takes
  // down what is refused. nullptr: nothing is held, and nothing may be refused.
  RowByRow* Begin(size_t part);
  // After that the fold returned OK: has the event parked, or skipped, for the rows that did not
  // take it.
  void End(size_t part, const RecordedEvent& event);
  // An event that cannot be decoded, of a row that is known. False: it is neither held nor may it
  // be refused.
  bool Refuse(size_t part, absl::string_view key, const RecordedEvent& event,
              const absl::Status& why);

  // An event is passed over for good. `key` is empty where it is not known.
  void Skip(size_t part, absl::string_view key, Position position, const absl::Status& why);
  void CountDropped() { ++dropped_; }

  // When the first retry is due, and one that is.
  absl::Time NextRetry() const;
  std::optional<std::string> Due(absl::Time now) const;

  // ResourceExhausted, when keys were parked since the last call and are too many now.
  absl::Status CheckRoom();
  size_t key_count() const;
  size_t retrying() const;
  size_t bytes() const;

  // As ParkedKeys; a count that changed is a change.
  bool changed() const;
  size_t changed_bytes() const;
  void Flush(ParkedKeys::WriteEntry write);
  void FlushDone(bool stored);
  // Of the checkpoint that is written now.
  v1::HandlerFailures Failures() const;

 private:
  struct Part {
    explicit Part(ParkedKeys parked);
    ParkedKeys keys;
    RowByRow rows;
    bool parked_more = false;
    uint64_t skipped = 0;
    std::optional<v1::SkippedEvent> last_skipped;
  };

  const FailureOptions& options() const { return generation_.on_failure; }
  bool counts_changed() const;
  void TakeRefusal(size_t part, absl::string_view key, Position position, const absl::Status& why);

  const Generation& generation_;
  const ViewTables tables_;
  Clock& clock_;
  const KeyDeal* deal_ = nullptr;
  std::vector<std::unique_ptr<Part>> parts_;
  v1::HandlerFailures loaded_;
  uint64_t dropped_ = 0;
  // What was skipped and dropped up to the last flush, and up to the one before.
  uint64_t counts_flushed_ = 0;
  uint64_t counts_flushing_ = 0;
};

}  // namespace daybook::internal

#endif  // DAYBOOK_PROJECTIONS_SRC_PARKING_H_
