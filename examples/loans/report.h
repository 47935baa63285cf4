// What a run came to.
#ifndef DAYBOOK_EXAMPLES_LOANS_REPORT_H_
#define DAYBOOK_EXAMPLES_LOANS_REPORT_H_

#include <array>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "daybook/aggregates/app.h"
#include "run_log.h"

namespace loans {

struct Report {
  uint64_t rows = 0;
  uint64_t events = 0;                   // in the store
  std::array<uint64_t, 4> rejections{};  // by rule, 1 first
  int64_t cases = 0;                     // whose A_SUBMITTED was accepted
  int64_t declined = 0;
  int64_t cancelled = 0;
  int64_t approved = 0;  // accepted A_APPROVED
  int64_t approved_amount = 0;
  int64_t open_work_items = 0;
  double events_per_second = 0;  // of this run

  // Neither declined nor cancelled.
  int64_t undecided() const { return cases - declined - cancelled; }
};

// The figures of a run, with those of the views, once they cover everything that is in the store.
absl::StatusOr<Report> MakeReport(const daybook::App& app, const RunResult& run);

// One JSON object; its figures but `events_per_second` depend on the log alone.
std::string ToJson(const Report& report);

// Writes a file as a whole or not at all.
absl::Status WriteWhole(const std::string& path, const std::string& text);

}  // namespace loans

#endif  // DAYBOOK_EXAMPLES_LOANS_REPORT_H_
