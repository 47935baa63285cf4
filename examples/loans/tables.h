// Views as tables of text.
#ifndef DAYBOOK_EXAMPLES_LOANS_TABLES_H_
#define DAYBOOK_EXAMPLES_LOANS_TABLES_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "loans.pb.h"

namespace loans {

using Cell = std::variant<std::string, int64_t, absl::Duration>;

struct Table {
  std::string name;
  std::vector<std::string> columns;
  std::vector<std::vector<Cell>> rows;  // the row's key first
};

// The columns of a view's rows, behind their key, and a row's cells.
std::vector<std::string> ColumnsOf(const StateCount&);
std::vector<std::string> ColumnsOf(const EmployeeWork&);
std::vector<std::string> ColumnsOf(const ApplicationOffers&);
std::vector<std::string> ColumnsOf(const DayIntake&);
std::vector<std::string> ColumnsOf(const MonthApproved&);
std::vector<Cell> CellsOf(const StateCount& row);
std::vector<Cell> CellsOf(const EmployeeWork& row);
std::vector<Cell> CellsOf(const ApplicationOffers& row);
std::vector<Cell> CellsOf(const DayIntake& row);
std::vector<Cell> CellsOf(const MonthApproved& row);

// For people: aligned, thousands grouped, durations in hours, at most `limit` rows.
std::string ToText(const Table& table, size_t limit);
// For programs: a line for each row, fields (the view's name first) separated by tabs, durations in
// milliseconds. Tabs, line ends and backslashes in names are escaped with a backslash.
std::string ToTsv(const Table& table);

// 1234567 as "1,234,567".
std::string Grouped(int64_t number);

}  // namespace loans

#endif  // DAYBOOK_EXAMPLES_LOANS_TABLES_H_
