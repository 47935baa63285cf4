#include "progress.h"

#include <unistd.h>

#include <algorithm>

#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "tables.h"

namespace loans {

Progress::Progress(std::FILE* out, uint64_t total)
    : out_(out),
      total_(total),
      terminal_(out != nullptr && isatty(fileno(out)) == 1),
      interval_(terminal_ ? absl::Milliseconds(100) : absl::Seconds(2)),
      start_(absl::Now()),
      next_(start_ + interval_) {}

void Progress::At(uint64_t rows) {
  if (out_ == nullptr || rows % 256 != 0) return;
  const absl::Time now = absl::Now();
  if (now < next_) return;
  Show(rows, now, terminal_ ? "" : "\n");
  next_ = now + interval_;
}

void Progress::Finish(uint64_t rows) {
  if (out_ != nullptr) Show(rows, absl::Now(), "\n");
}

void Progress::Show(uint64_t rows, absl::Time now, const char* end) const {
  const double seconds = std::max(absl::ToDoubleSeconds(now - start_), 1e-3);
  const double percent = total_ == 0 ? 100 : 100.0 * static_cast<double>(rows) / total_;
  absl::FPrintF(out_, "%s%s of %s rows (%.0f %%), %s rows/s%s", terminal_ ? "\r\033[K" : "",
                Grouped(static_cast<int64_t>(rows)), Grouped(static_cast<int64_t>(total_)), percent,
                Grouped(static_cast<int64_t>(rows / seconds)), end);
  std::fflush(out_);
}

}  // namespace loans
