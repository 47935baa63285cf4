#include "view_tables.h"

#include <string>
#include <utility>

#include "daybook/core/status_macros.h"
#include "loan_views.h"

namespace loans {
namespace {

// What the keys of a view's rows are.
template <typename View>
constexpr const char* kKeyColumn = "";
template <>
constexpr const char* kKeyColumn<ApplicationsByState> = "state";
template <>
constexpr const char* kKeyColumn<WorkItemsPerEmployee> = "employee";
template <>
constexpr const char* kKeyColumn<OffersPerApplication> = "application";
template <>
constexpr const char* kKeyColumn<DailyIntake> = "day";
template <>
constexpr const char* kKeyColumn<ApprovedPerMonth> = "month";

template <typename View>
absl::StatusOr<Table> ReadTable(const daybook::App& app) {
  Table table;
  table.name = std::string(View::kName);
  table.columns = ColumnsOf(typename View::Row());
  table.columns.insert(table.columns.begin(), kKeyColumn<View>);
  daybook::RangeOptions all;
  all.at_least = daybook::Token(app.store().Tip());
  DAYBOOK_RETURN_IF_ERROR(
      app.Scan<View>(all, [&table](absl::string_view key, const typename View::Row& row) {
        std::vector<Cell> cells = CellsOf(row);
        cells.insert(cells.begin(), std::string(key));
        table.rows.push_back(std::move(cells));
        return true;
      }));
  return table;
}

}  // namespace

absl::StatusOr<std::vector<Table>> ReadTables(const daybook::App& app) {
  std::vector<Table> tables;
  absl::Status status;
  Views::ForEach([&]<typename View>() {
    if (!status.ok()) return;
    absl::StatusOr<Table> table = ReadTable<View>(app);
    if (table.ok()) {
      tables.push_back(*std::move(table));
    } else {
      status = std::move(table).status();
    }
  });
  DAYBOOK_RETURN_IF_ERROR(status);
  return tables;
}

}  // namespace loans
