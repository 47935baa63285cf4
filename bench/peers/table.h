// What was measured, as tables in Markdown.
#ifndef DAYBOOK_BENCH_PEERS_TABLE_H_
#define DAYBOOK_BENCH_PEERS_TABLE_H_

#include <map>
#include <string>
#include <vector>

#include "measure.h"

namespace daybook::peers {

// The names of the measures, which are the columns.
inline constexpr char kReadStream[] = "one stream";
inline constexpr char kReadAll[] = "everything";
std::string AppendName(int clients);

struct Row {
  std::string name;
  std::string durability;
  std::map<std::string, std::vector<Figures>> rounds;  // by the name of the measure
};

// Medians of the rounds, with the ratio to the first row. `clients`: which measures of appends
// there are.
std::string Tables(const std::vector<Row>& rows, const std::vector<int>& clients);

}  // namespace daybook::peers

#endif  // DAYBOOK_BENCH_PEERS_TABLE_H_
