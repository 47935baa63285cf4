// Which rows of a view are asked for by one of its indexes.
#ifndef DAYBOOK_PROJECTIONS_SRC_ASKED_INDEX_H_
#define DAYBOOK_PROJECTIONS_SRC_ASKED_INDEX_H_

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "daybook/proto/index_rows.h"
#include "index_table.h"
#include "view.h"

namespace daybook::internal {

class AskedIndex {
 public:
  // InvalidArgument (InvalidField "index"): the view, which must outlive this, has no such index.
  static absl::StatusOr<AskedIndex> Of(const View& view, IndexQuery query);

  const std::string& name() const { return index().name; }
  // Its number in the view's definition.
  size_t number() const { return number_; }
  const IndexQuery& query() const { return query_; }
  // What stands for the rows in the hash of a token, each part told from the next.
  std::vector<absl::string_view> Parts() const;
  // Its entries in a build. Unavailable: that is of a definition without it.
  absl::StatusOr<StoredIndex> In(const Generation& generation) const;

 private:
  AskedIndex(const View& view, size_t number, IndexQuery query);
  const RowIndex& index() const { return view_->definition().indexes()[number_]; }

  const View* view_;
  size_t number_;
  std::string line_;
  IndexQuery query_;
};

}  // namespace daybook::internal

#endif  // DAYBOOK_PROJECTIONS_SRC_ASKED_INDEX_H_
