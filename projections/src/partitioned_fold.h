// The rows of one view, dealt out over several folds by their keys.
#ifndef DAYBOOK_PROJECTIONS_SRC_PARTITIONED_FOLD_H_
#define DAYBOOK_PROJECTIONS_SRC_PARTITIONED_FOLD_H_

#include <cstddef>
#include <memory>
#include <vector>

#include "absl/types/span.h"
#include "daybook/projections/projection.h"
#include "daybook/projections/row_fold.h"
#include "key_deal.h"

namespace daybook::internal {

// Each part folds every event into those rows that are its own, in order: so a row sees the same
// events in the same order, however many parts there are, and comes out the same (G6). Parts may be
// folded by several threads at a time; everything else is as RowFold says. An event that one part
// could not take may have changed the rows of others: then only Clear is left.
class PartitionedFold final : public RowFold {
 public:
  PartitionedFold(const ProjectionDefinition& definition, size_t parts);

  // Whose rows are whose. Another deal is taken only after Clear, or where nothing has changed and
  // Evict was called.
  KeyDeal& deal() { return deal_; }
  RowFold& part(size_t index) { return *parts_[index]; }
  size_t parts() const { return parts_.size(); }
  // After parts were folded: brings the sizes of the whole up to them.
  void AddUp();

  absl::Status ApplyByRow(absl::Span<const Handling> handlings, const RecordedEvent& event,
                          LoadRow load, RowByRow* rows) override;
  bool Wants(absl::Span<const size_t> handlers, const RecordedEvent& event) const override;
  absl::Status Flush(WriteRow write, WriteEntry write_entry) override;
  void FlushDone(bool stored) override;
  void Evict() override;
  void Clear() override;
  void Measure() override;

 private:
  KeyDeal deal_;
  std::vector<std::unique_ptr<RowFold>> parts_;
};

}  // namespace daybook::internal

#endif  // DAYBOOK_PROJECTIONS_SRC_PARTITIONED_FOLD_H_
