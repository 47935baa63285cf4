#include "table.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace daybook::peers {
namespace {

// 1234567.8 as 1,234,568.
std::string Grouped(double value) {
  const std::string digits = absl::StrCat(static_cast<uint64_t>(std::llround(value)));
  std::string grouped;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) grouped += ',';
    grouped += digits[i];
  }
  return grouped;
}

// One member of the figures of all rounds.
std::vector<double> Column(const Row& row, const std::string& measure, double Figures::*member) {
  std::vector<double> values;
  for (const Figures& figures : row.rounds.at(measure)) values.push_back(figures.*member);
  return values;
}

double Median(const Row& row, const std::string& measure, double Figures::*member) {
  return Quantile(Column(row, measure, member), 0.5);
}

// "12,345 (0.50)"
std::string RateCell(const Row& row, const Row& first, const std::string& measure) {
  const double rate = Median(row, measure, &Figures::events_per_second);
  const double ratio = rate / Median(first, measure, &Figures::events_per_second);
  return absl::StrFormat("%s (%.2f)", Grouped(rate), ratio);
}

// "150 / 300"
std::string LatencyCell(const Row& row, const std::string& measure) {
  return absl::StrCat(Grouped(Median(row, measure, &Figures::p50_us)), " / ",
                      Grouped(Median(row, measure, &Figures::p99_us)));
}

std::string SpreadCell(const Row& row, const std::string& measure) {
  const std::vector<double> rates = Column(row, measure, &Figures::events_per_second);
  const auto [least, most] = std::minmax_element(rates.begin(), rates.end());
  return absl::StrCat(Grouped(*least), " to ", Grouped(*most));
}

std::string Rule(size_t columns) {
  std::string rule = "|";
  for (size_t i = 0; i < columns; ++i) absl::StrAppend(&rule, " --- |");
  return absl::StrCat(rule, "\n");
}

std::string AppendTable(const std::vector<Row>& rows, const std::vector<int>& clients) {
  std::string table = "| store |";
  for (const int count : clients) {
    absl::StrAppend(&table, " ", AppendName(count), " | p50 / p99 µs |");
  }
  absl::StrAppend(&table, " an acknowledged event is |\n", Rule(2 + 2 * clients.size()));
  for (const Row& row : rows) {
    absl::StrAppend(&table, "| ", row.name, " |");
    for (const int count : clients) {
      const std::string measure = AppendName(count);
      absl::StrAppend(&table, " ", RateCell(row, rows.front(), measure), " | ",
                      LatencyCell(row, measure), " |");
    }
    absl::StrAppend(&table, " ", row.durability, " |\n");
  }
  return table;
}

std::string ReadTable(const std::vector<Row>& rows) {
  std::string table = absl::StrCat("| store | ", kReadStream, " | ", kReadAll, " |\n", Rule(3));
  for (const Row& row : rows) {
    absl::StrAppend(&table, "| ", row.name, " | ", RateCell(row, rows.front(), kReadStream), " | ",
                    RateCell(row, rows.front(), kReadAll), " |\n");
  }
  return table;
}

std::string SpreadTable(const std::vector<Row>& rows, const std::vector<int>& clients) {
  std::vector<std::string> measures;
  for (const int count : clients) measures.push_back(AppendName(count));
  measures.insert(measures.end(), {kReadStream, kReadAll});
  std::string table = "| store |";
  for (const std::string& measure : measures) absl::StrAppend(&table, " ", measure, " |");
  absl::StrAppend(&table, "\n", Rule(1 + measures.size()));
  for (const Row& row : rows) {
    absl::StrAppend(&table, "| ", row.name, " |");
    for (const std::string& measure : measures) {
      absl::StrAppend(&table, " ", SpreadCell(row, measure), " |");
    }
    absl::StrAppend(&table, "\n");
  }
  return table;
}

}  // namespace

std::string AppendName(int clients) {
  return absl::StrCat(clients, clients == 1 ? " client" : " clients");
}

std::string Tables(const std::vector<Row>& rows, const std::vector<int>& clients) {
  return absl::StrCat("Durable appends, events/s (ratio to ", rows.front().name, ")\n\n",
                      AppendTable(rows, clients), "\nReads by one client, events/s (ratio to ",
                      rows.front().name, ")\n\n", ReadTable(rows),
                      "\nSmallest and largest of the rounds, events/s\n\n",
                      SpreadTable(rows, clients));
}

}  // namespace daybook::peers
