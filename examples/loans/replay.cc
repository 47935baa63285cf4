#include "replay.h"

#include <optional>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "daybook/core/errors.h"
#include "daybook/core/status_macros.h"
#include "loan_views.h"

namespace loans {

absl::StatusOr<daybook::RebuildReport> Replay(daybook::App& app, absl::string_view view,
                                              const daybook::RebuildOptions& options) {
  std::optional<absl::StatusOr<daybook::RebuildHandle>> begun;
  std::string names;
  Views::ForEach([&]<typename View>() {
    absl::StrAppend(&names, names.empty() ? "" : ", ", View::kName);
    if (View::kName == view) begun = app.Rebuild<View>(options);
  });
  if (!begun.has_value()) return daybook::InvalidFieldError("view", "one of " + names);
  DAYBOOK_RETURN_IF_ERROR(begun->status());
  return (*begun)->Wait();
}

std::string ToText(absl::string_view view, const daybook::RebuildReport& report) {
  std::string text = absl::StrCat(view, ": generation ", report.new_generation,
                                  report.serving ? " answers\n" : " is built, and waits\n");
  if (report.compared_at.has_value()) {
    absl::StrAppend(&text, "compared at position ", report.compared_at->ToString(), ": ",
                    report.rows_compared, " rows, ", report.rows_different, " different\n");
  }
  for (const daybook::RowDifference& row : report.differences) {
    absl::StrAppend(&text, "  ", absl::CHexEscape(row.key),
                    row.only_before ? ": no longer there"
                    : row.only_now  ? ": was not there"
                                    : "",
                    "\n");
    for (const daybook::FieldDifference& field : row.fields) {
      absl::StrAppend(&text, "    ", field.field, ": ", field.before, " -> ", field.now, "\n");
    }
    if (row.origin.has_value()) {
      absl::StrAppend(&text, "    from position ", row.origin->position.ToString(), ", ",
                      row.origin->type, " of ", row.origin->stream, ": ", row.origin->what, "\n");
    }
  }
  return text;
}

}  // namespace loans
