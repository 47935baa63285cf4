// Threads that do the parts of one piece of work, and the caller with them.
#ifndef DAYBOOK_PROJECTIONS_SRC_FOLD_CREW_H_
#define DAYBOOK_PROJECTIONS_SRC_FOLD_CREW_H_

#include <cstddef>
#include <memory>
#include <vector>

#include "absl/functional/function_ref.h"
#include "daybook/core/runtime.h"

namespace daybook::internal {

// Not thread-safe.
class FoldCrew {
 public:
  using Part = absl::FunctionRef<void(size_t part)>;

  // Of `size` members, the caller among them. `runtime` must outlive it.
  FoldCrew(Runtime* runtime, size_t size);
  ~FoldCrew();

  size_t size() const { return members_.size() + 1; }
  // Calls `part` for 0 to size() - 1, the caller with 0 and each member with another, and returns
  // when all are done.
  void Do(Part part);

 private:
  class Member;

  Runtime* const runtime_;
  std::vector<std::unique_ptr<Member>> members_;
};

}  // namespace daybook::internal

#endif  // DAYBOOK_PROJECTIONS_SRC_FOLD_CREW_H_
