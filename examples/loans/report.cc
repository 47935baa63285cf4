#include "report.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "daybook/core/status_macros.h"
#include "loan_views.h"

namespace loans {
namespace {

template <typename View, typename Add>
absl::Status ForEachRow(const daybook::App& app, Add add) {
  daybook::RangeOptions all;
  all.at_least = daybook::Token(app.store().Tip());
  return app.Scan<View>(all, [&add](absl::string_view key, const typename View::Row& row) {
    add(key, row);
    return true;
  });
}

}  // namespace

absl::StatusOr<Report> MakeReport(const daybook::App& app, const RunResult& run) {
  Report report;
  report.rows = run.rows;
  report.events = app.store().Tip().sequence();
  report.rejections = run.rejections;
  const double seconds = std::max(absl::ToDoubleSeconds(run.time), 1e-6);
  report.events_per_second = static_cast<double>(run.accepted - run.repeated) / seconds;
  DAYBOOK_RETURN_IF_ERROR(ForEachRow<DailyIntake>(
      app,
      [&report](absl::string_view, const DayIntake& day) { report.cases += day.applications(); }));
  DAYBOOK_RETURN_IF_ERROR(ForEachRow<ApplicationsByState>(
      app, [&report](absl::string_view state, const StateCount& row) {
        if (state == "A_DECLINED") report.declined = row.applications();
        if (state == "A_CANCELLED") report.cancelled = row.applications();
      }));
  DAYBOOK_RETURN_IF_ERROR(
      ForEachRow<ApprovedPerMonth>(app, [&report](absl::string_view, const MonthApproved& month) {
        report.approved += month.applications();
        report.approved_amount += month.amount();
      }));
  DAYBOOK_RETURN_IF_ERROR(
      ForEachRow<WorkItemsPerEmployee>(app, [&report](absl::string_view, const EmployeeWork& row) {
        report.open_work_items += row.open();
      }));
  return report;
}

std::string ToJson(const Report& report) {
  return absl::StrFormat(
      "{\n"
      "  \"rows\": %d,\n"
      "  \"events\": %d,\n"
      "  \"rejections\": {\"1\": %d, \"2\": %d, \"3\": %d, \"4\": %d},\n"
      "  \"cases\": %d,\n"
      "  \"declined\": %d,\n"
      "  \"cancelled\": %d,\n"
      "  \"undecided\": %d,\n"
      "  \"approved\": %d,\n"
      "  \"approved_amount\": %d,\n"
      "  \"open_work_items\": %d,\n"
      "  \"events_per_second\": %.0f\n"
      "}\n",
      report.rows, report.events, report.rejections[0], report.rejections[1], report.rejections[2],
      report.rejections[3], report.cases, report.declined, report.cancelled, report.undecided(),
      report.approved, report.approved_amount, report.open_work_items, report.events_per_second);
}

absl::Status WriteWhole(const std::string& path, const std::string& text) {
  struct stat info;
  // A pipe or a terminal is written to as it stands.
  const bool in_place = stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode);
  const std::string beside = in_place ? path : absl::StrCat(path, ".new");
  errno = 0;
  std::ofstream file(beside, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (!file.fail() && (in_place || std::rename(beside.c_str(), path.c_str()) == 0)) {
    return absl::OkStatus();
  }
  absl::Status status = absl::ErrnoToStatus(errno == 0 ? EIO : errno, path);
  if (!in_place) std::remove(beside.c_str());
  return status;
}

}  // namespace loans
