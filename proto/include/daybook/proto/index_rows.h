// Which rows of a view are asked for by one of its indexes. A projection's generated base has a
// function of the index's name for each number of leading fields that may be given:
//
//   message Task {
//     option (daybook.v1.row) = {
//       projection: "Tasks" from: "Project"
//       index: {name: "by_assignee" fields: ["assignee", "due"]}
//     };
//     string assignee = 1;
//     int64 due = 2;
//   }
//
//   TaskView::ByAssignee()                             all rows, by assignee, due and key
//   TaskView::ByAssignee("ann")                        ann's, by due and key
//   TaskView::ByAssignee("ann").From(10).Until(20)     of these, due from 10 to 19
//   TaskView::ByAssignee("ann", 10)                    ann's that are due at 10, by key
//
// and App::Find answers: `app.Find<TaskView>(TaskView::ByAssignee("ann"), {.limit = 20})`.
#ifndef DAYBOOK_PROTO_INDEX_ROWS_H_
#define DAYBOOK_PROTO_INDEX_ROWS_H_

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "daybook/proto/index_value.h"

namespace daybook {

// What generated code tells of an index: its fields by name, as in "assignee, due".
struct DeclaredIndex {
  absl::string_view name;
  absl::string_view fields;
};

namespace internal {

// The same without the types: values as their bytes (index_value.h).
struct IndexQuery {
  std::string index;
  std::string equal;                       // of the leading fields
  std::optional<std::string> from, until;  // of the field behind them
};

}  // namespace internal

// Rows of a view of `R`, as a plain value.
template <typename R>
class IndexRows {
 public:
  using Row = R;

  // Of generated code, and of ParseIndexRows.
  explicit IndexRows(internal::IndexQuery query) : query_(std::move(query)) {}
  template <typename... Values>
  explicit IndexRows(absl::string_view index, const Values&... equal) {
    query_.index = std::string(index);
    (internal::AppendIndexValue(equal, &query_.equal), ...);
  }

  const internal::IndexQuery& query() const { return query_; }

 protected:
  internal::IndexQuery query_;
};

// The same where a field is left, whose values are `V`s: it may be bounded.
template <typename R, typename V>
class IndexRange : public IndexRows<R> {
 public:
  using IndexRows<R>::IndexRows;

  // Only rows with this value of that field or a greater one.
  IndexRange& From(V value) {
    internal::AppendIndexValue(value, &this->query_.from.emplace());
    return *this;
  }
  // Only rows with a lesser one.
  IndexRange& Until(V value) {
    internal::AppendIndexValue(value, &this->query_.until.emplace());
    return *this;
  }
};

}  // namespace daybook

#endif  // DAYBOOK_PROTO_INDEX_ROWS_H_
