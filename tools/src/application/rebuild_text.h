// What a rebuild of a view comes to, for people and for programs.
#ifndef DAYBOOK_TOOLS_SRC_APPLICATION_REBUILD_TEXT_H_
#define DAYBOOK_TOOLS_SRC_APPLICATION_REBUILD_TEXT_H_

#include <string>

#include "absl/strings/string_view.h"
#include "daybook/projections/rebuild.h"
#include "nlohmann/json.hpp"

namespace daybook::tools {

// "Balance: 120,000 of 261,156 events, 412,000 a second, 1m2s to go"; without a line end.
std::string ProgressText(absl::string_view view, const RebuildProgress& progress);

// Lines: which build answers, what differs in which row, and the event that made the difference.
std::string ReportText(absl::string_view view, const RebuildReport& report);
nlohmann::ordered_json ReportJson(absl::string_view view, const RebuildReport& report);

}  // namespace daybook::tools

#endif  // DAYBOOK_TOOLS_SRC_APPLICATION_REBUILD_TEXT_H_
