// Threads that do the pieces of one piece of work, and the caller with them.
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
  using DoPiece = absl::FunctionRef<void(size_t piece)>;

  // Of `size` members, the caller among them. `runtime` must outlive it.
  FoldCrew(Runtime* runtime, size_t size);
  ~FoldCrew();

  size_t size() const { return members_.size() + 1; }
  // Calls `do_piece` once for each of 0 to pieces - 1 and returns when all are done. Whoever has
  // nothing to do takes the next one: the longest ones belong first.
  void Do(size_t pieces, DoPiece do_piece);

 private:
  struct Work;
  class Member;

  Runtime* const runtime_;
  std::vector<std::unique_ptr<Member>> members_;
};

}  // namespace daybook::internal

#endif  // DAYBOOK_PROJECTIONS_SRC_FOLD_CREW_H_
