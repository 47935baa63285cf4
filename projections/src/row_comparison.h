// Two tables of rows of one message, held against each other.
#ifndef DAYBOOK_PROJECTIONS_SRC_ROW_COMPARISON_H_
#define DAYBOOK_PROJECTIONS_SRC_ROW_COMPARISON_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "daybook/core/event_store.h"
#include "daybook/projections/rebuild.h"
#include "google/protobuf/descriptor.h"

namespace daybook::internal {

// The fields in which two rows differ. A row that is not there has none set; bytes that do not
// parse make the one difference "(bytes)".
std::vector<FieldDifference> CompareRows(const google::protobuf::Descriptor* row,
                                         const std::optional<std::string>& before,
                                         const std::optional<std::string>& now);

// Compares some rows with each step, as of one moment. Equal means byte for byte (G6). Not
// thread-safe.
class RowComparison {
 public:
  // A row of which at least one table has another one, or none.
  struct Difference {
    std::string key;
    std::optional<std::string> before;
    std::optional<std::string> now;
  };

  // Keeps the first `max_differences`, and counts all.
  RowComparison(std::shared_ptr<const StoreReader> reader, TableId before, TableId now,
                size_t max_differences);

  // False when all is compared. DataLoss where the store is damaged.
  absl::StatusOr<bool> Step();

  uint64_t compared() const { return compared_; }
  uint64_t different() const { return different_; }
  const std::vector<Difference>& differences() const { return differences_; }

 private:
  using Rows = std::vector<std::pair<std::string, std::string>>;
  absl::StatusOr<Rows> Read(TableId table) const;

  const std::shared_ptr<const StoreReader> reader_;
  const TableId before_;
  const TableId now_;
  const size_t max_differences_;
  std::string from_;  // the first key that is not compared
  uint64_t compared_ = 0;
  uint64_t different_ = 0;
  std::vector<Difference> differences_;
};

}  // namespace daybook::internal

#endif  // DAYBOOK_PROJECTIONS_SRC_ROW_COMPARISON_H_
