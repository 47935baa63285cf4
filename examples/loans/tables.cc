#include "tables.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"

namespace loans {
namespace {

// The characters of UTF-8 text, for alignment.
size_t Width(absl::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

std::string ForPeople(const Cell& cell) {
  if (const auto* number = std::get_if<int64_t>(&cell)) return Grouped(*number);
  if (const auto* duration = std::get_if<absl::Duration>(&cell)) {
    return absl::StrFormat("%.1f h", absl::ToDoubleHours(*duration));
  }
  return std::get<std::string>(cell);
}

std::string ForPrograms(const Cell& cell) {
  if (const auto* number = std::get_if<int64_t>(&cell)) return absl::StrCat(*number);
  if (const auto* duration = std::get_if<absl::Duration>(&cell)) {
    return absl::StrCat(absl::ToInt64Milliseconds(*duration));
  }
  return absl::StrReplaceAll(std::get<std::string>(cell),
                             {{"\\", "\\\\"}, {"\t", "\\t"}, {"\n", "\\n"}, {"\r", "\\r"}});
}

void AppendPadded(absl::string_view text, size_t width, bool to_the_right, std::string* out) {
  const std::string space(width - Width(text), ' ');
  absl::StrAppend(out, "  ", to_the_right ? space : "", text, to_the_right ? "" : space);
}

void AppendLine(const std::vector<std::string>& cells, const std::vector<size_t>& widths,
                const std::vector<bool>& to_the_right, std::string* out) {
  std::string line;
  for (size_t i = 0; i < cells.size(); ++i) {
    AppendPadded(cells[i], widths[i], to_the_right[i], &line);
  }
  absl::StrAppend(out, absl::string_view(line).substr(0, line.find_last_not_of(' ') + 1), "\n");
}

}  // namespace

std::vector<std::string> ColumnsOf(const StateCount&) {
  return {"applications"};
}

std::vector<Cell> CellsOf(const StateCount& row) {
  return {row.applications()};
}

std::vector<std::string> ColumnsOf(const EmployeeWork&) {
  return {"started", "completed", "open", "waited", "waiting", "working"};
}

std::vector<Cell> CellsOf(const EmployeeWork& row) {
  return {row.started(),
          row.completed(),
          row.open(),
          row.waited(),
          absl::Milliseconds(row.waiting_ms()),
          absl::Milliseconds(row.working_ms())};
}

std::vector<std::string> ColumnsOf(const ApplicationOffers&) {
  return {"selected", "created", "sent", "sent back", "accepted", "declined", "cancelled", "last"};
}

std::vector<Cell> CellsOf(const ApplicationOffers& row) {
  return {row.selected(), row.created(),  row.sent(),      row.sent_back(),
          row.accepted(), row.declined(), row.cancelled(), row.last()};
}

std::vector<std::string> ColumnsOf(const DayIntake&) {
  return {"applications", "amount"};
}

std::vector<Cell> CellsOf(const DayIntake& row) {
  return {row.applications(), row.amount()};
}

std::vector<std::string> ColumnsOf(const MonthApproved&) {
  return {"applications", "amount"};
}

std::vector<Cell> CellsOf(const MonthApproved& row) {
  return {row.applications(), row.amount()};
}

std::string ToText(const Table& table, size_t limit) {
  const size_t shown = std::min(limit, table.rows.size());
  std::vector<size_t> widths;
  std::vector<bool> to_the_right(table.columns.size(), false);
  for (const std::string& column : table.columns) widths.push_back(Width(column));
  std::vector<std::vector<std::string>> lines;
  for (size_t r = 0; r < shown; ++r) {
    std::vector<std::string>& line = lines.emplace_back();
    for (size_t c = 0; c < table.rows[r].size(); ++c) {
      line.push_back(ForPeople(table.rows[r][c]));
      widths[c] = std::max(widths[c], Width(line.back()));
      to_the_right[c] = !std::holds_alternative<std::string>(table.rows[r][c]);
    }
  }
  std::string text = absl::StrCat(table.name, "\n");
  AppendLine(table.columns, widths, to_the_right, &text);
  for (const std::vector<std::string>& line : lines) {
    AppendLine(line, widths, to_the_right, &text);
  }
  if (shown < table.rows.size()) {
    absl::StrAppend(&text, "  and ", Grouped(static_cast<int64_t>(table.rows.size() - shown)),
                    " more\n");
  }
  return text;
}

std::string ToTsv(const Table& table) {
  std::string text;
  for (const std::vector<Cell>& row : table.rows) {
    absl::StrAppend(&text, table.name);
    for (const Cell& cell : row) absl::StrAppend(&text, "\t", ForPrograms(cell));
    text.push_back('\n');
  }
  return text;
}

std::string Grouped(int64_t number) {
  const std::string digits = absl::StrCat(number);
  std::string text;
  for (size_t i = 0; i < digits.size(); ++i) {
    const bool after_digit = i > 0 && digits[i - 1] != '-';
    if (after_digit && (digits.size() - i) % 3 == 0) text.push_back(',');
    text.push_back(digits[i]);
  }
  return text;
}

}  // namespace loans
