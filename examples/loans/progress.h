// Shows how far a run is.
#ifndef DAYBOOK_EXAMPLES_LOANS_PROGRESS_H_
#define DAYBOOK_EXAMPLES_LOANS_PROGRESS_H_

#include <cstdint>
#include <cstdio>

#include "absl/time/time.h"

namespace loans {

// On a terminal one line that is written over ten times a second, elsewhere a plain line each other
// second. Used by one thread.
class Progress {
 public:
  // `out` must outlive it; nullptr: shows nothing.
  Progress(std::FILE* out, uint64_t total);

  void At(uint64_t rows);
  // The last word, whether the run came to its end or not.
  void Finish(uint64_t rows);

 private:
  void Show(uint64_t rows, absl::Time now, const char* end) const;

  std::FILE* const out_;
  const uint64_t total_;
  const bool terminal_;
  const absl::Duration interval_;
  const absl::Time start_;
  absl::Time next_;
};

}  // namespace loans

#endif  // DAYBOOK_EXAMPLES_LOANS_PROGRESS_H_
