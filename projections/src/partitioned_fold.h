// The rows of one view, dealt out over several folds by a hash of their keys.
#ifndef DAYBOOK_PROJECTIONS_SRC_PARTITIONED_FOLD_H_
#define DAYBOOK_PROJECTIONS_SRC_PARTITIONED_FOLD_H_

#include <cstddef>
#include <memory>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "daybook/projections/projection.h"
#include "daybook/projections/row_fold.h"

namespace daybook::internal {

// Each part folds every event into those rows that are its own, in order: so a row sees the same
// events in the same order, however many parts there are, and comes out the same (G6). Parts may be
// folded by several threads at a time; everything else is as RowFold says. An event that one part
// could not take may have changed the rows of others: then only Clear is left.
class PartitionedFold final : public RowFold {
 public:
  PartitionedFold(const ProjectionDefinition& definition, size_t parts);

  // Which of `parts` parts the row of `key` belongs to.
  static size_t PartOf(absl::string_view key, size_t parts);

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
  std::vector<std::unique_ptr<RowFold>> parts_;
};

}  // namespace daybook::internal

#endif  // DAYBOOK_PROJECTIONS_SRC_PARTITIONED_FOLD_H_
