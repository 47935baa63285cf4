#include "application/rebuild_text.h"

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "printable.h"

namespace daybook::tools {
namespace {

const char* OnlyIn(const RowDifference& row) {
  if (row.only_before) return "old";
  return row.only_now ? "new" : "";
}

std::string DifferenceText(const RowDifference& row) {
  std::string text = absl::StrCat("  ", Printable(row.key),
                                  row.only_before ? ": only in the old build"
                                  : row.only_now  ? ": only in the new build"
                                                  : "",
                                  "\n");
  for (const FieldDifference& field : row.fields) {
    absl::StrAppend(&text, "    ", field.field, ": ", Printable(field.before), " -> ",
                    Printable(field.now), "\n");
  }
  if (row.origin.has_value()) {
    absl::StrAppend(&text, "    from position ", row.origin->position.ToString(), ", ",
                    row.origin->type, " of ", Printable(row.origin->stream), ": ", row.origin->what,
                    "\n");
  }
  return text;
}

nlohmann::ordered_json DifferenceJson(const RowDifference& row) {
  nlohmann::ordered_json json = {{"key", row.key}};
  if (row.only_before || row.only_now) json["only_in"] = OnlyIn(row);
  json["fields"] = nlohmann::ordered_json::array();
  for (const FieldDifference& field : row.fields) {
    json["fields"].push_back({{"field", field.field}, {"old", field.before}, {"new", field.now}});
  }
  if (row.origin.has_value()) {
    json["origin"] = {{"position", row.origin->position.sequence()},
                      {"stream", row.origin->stream},
                      {"version", row.origin->version},
                      {"type", row.origin->type},
                      {"what", row.origin->what}};
  }
  return json;
}

}  // namespace

std::string ProgressText(absl::string_view view, const RebuildProgress& progress) {
  std::string text =
      absl::StrCat(view, ": ", RebuildPhaseName(progress.phase), ", ", progress.position.sequence(),
                   " of ", progress.tip.sequence(), " events");
  if (progress.events_per_second > 0) {
    absl::StrAppend(&text, ", ", static_cast<uint64_t>(progress.events_per_second), " a second");
  }
  if (progress.eta.has_value()) {
    absl::StrAppend(&text, ", ", absl::FormatDuration(absl::Ceil(*progress.eta, absl::Seconds(1))),
                    " to go");
  }
  return text;
}

std::string ReportText(absl::string_view view, const RebuildReport& report) {
  std::string text = absl::StrCat(view, ": generation ", report.new_generation,
                                  report.serving ? " answers\n" : " is built, and waits\n");
  if (report.compared_at.has_value()) {
    absl::StrAppend(&text, "compared at position ", report.compared_at->ToString(), ": ",
                    report.rows_compared, " rows, ", report.rows_different, " different\n");
  }
  if (report.old_parked + report.new_parked > 0) {
    absl::StrAppend(&text, "parked keys: ", report.old_parked, " of the old build, ",
                    report.new_parked, " of the new one\n");
  }
  for (const RowDifference& row : report.differences) text += DifferenceText(row);
  return text;
}

nlohmann::ordered_json ReportJson(absl::string_view view, const RebuildReport& report) {
  nlohmann::ordered_json json = {{"view", view},
                                 {"old_generation", report.old_generation},
                                 {"generation", report.new_generation},
                                 {"serving", report.serving},
                                 {"old_parked", report.old_parked},
                                 {"new_parked", report.new_parked}};
  if (report.compared_at.has_value()) {
    json["compared_at"] = report.compared_at->sequence();
    json["rows_compared"] = report.rows_compared;
    json["rows_different"] = report.rows_different;
    json["differences"] = nlohmann::ordered_json::array();
    for (const RowDifference& row : report.differences) {
      json["differences"].push_back(DifferenceJson(row));
    }
  }
  return json;
}

}  // namespace daybook::tools
